//! A streaming policy, with the content key policies that it names.

use change::Kind;

use super::Function;

pub(super) const FUNCTION: Function =
    Function::Mirror("mirror-streaming-policy", &[Kind::StreamingPolicies]);
