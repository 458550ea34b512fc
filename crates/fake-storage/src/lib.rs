//! fake-storage
