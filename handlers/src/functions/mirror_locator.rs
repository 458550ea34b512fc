//! A streaming locator, with whatever it depends on.

use change::Kind;

use super::Function;

pub(super) const FUNCTION: Function =
    Function::Mirror("mirror-locator", &[Kind::StreamingLocators]);
