//! A content key policy.

use change::Kind;

use super::Function;

pub(super) const FUNCTION: Function =
    Function::Mirror("mirror-content-key-policy", &[Kind::ContentKeyPolicies]);
