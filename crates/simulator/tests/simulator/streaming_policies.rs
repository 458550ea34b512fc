//! streaming_policies
