//! content_key_policies
