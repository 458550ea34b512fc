//! A filter, of the account or of an asset.

use change::Kind;

use super::Function;

pub(super) const FUNCTION: Function =
    Function::Mirror("mirror-filter", &[Kind::AccountFilters, Kind::AssetFilters]);
