//! An asset: container, blobs, the asset, its filters; then its locators.

use change::Kind;

use super::Function;

pub(super) const FUNCTION: Function = Function::Mirror("mirror-asset", &[Kind::Assets]);
