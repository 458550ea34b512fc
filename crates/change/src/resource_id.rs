use std::fmt;

use crate::{BadName, Kind, Name};

/// Which resource: its kind, its name and, for asset filters, the asset it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId {
    kind: Kind,
    parent: Option<Name>,
    name: Name,
}

impl ResourceId {
    /// A resource that stands directly in the account.
    ///
    /// # Panics
    /// Never for the kinds without a parent; use [`ResourceId::asset_filter`] for the one kind that has one.
    #[must_use]
    pub fn new(kind: Kind, name: Name) -> Self {
        assert!(kind.parent().is_none(), "{kind} have a parent");
        Self {
            kind,
            parent: None,
            name,
        }
    }

    /// A filter of an asset.
    #[must_use]
    pub const fn asset_filter(asset: Name, name: Name) -> Self {
        Self {
            kind: Kind::AssetFilters,
            parent: Some(asset),
            name,
        }
    }

    /// Puts an identity together from parts that come from outside.
    ///
    /// # Errors
    /// [`BadName`] when a name is bad, or when the parent is missing (reported as empty) or not wanted (reported
    /// as forbidden `/`).
    pub fn from_parts(
        kind: Kind,
        parent: Option<String>,
        name: impl Into<String>,
    ) -> Result<Self, BadName> {
        let name = Name::new(name)?;
        match (kind.parent(), parent) {
            (Some(_), Some(parent)) => Ok(Self::asset_filter(Name::new(parent)?, name)),
            (Some(_), None) => Err(BadName::Empty),
            (None, None) => Ok(Self::new(kind, name)),
            (None, Some(_)) => Err(BadName::Forbidden('/')),
        }
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The name within the account or the parent.
    #[must_use]
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// The asset that an asset filter belongs to.
    #[must_use]
    pub const fn parent(&self) -> Option<&Name> {
        self.parent.as_ref()
    }

    /// The path segments below the account, not yet percent-encoded: `["assets", "film", "assetFilters", "hd"]`.
    #[must_use]
    pub fn segments(&self) -> Vec<&str> {
        match (&self.parent, self.kind.parent()) {
            (Some(parent), Some(kind)) => vec![
                kind.as_str(),
                parent.as_str(),
                self.kind.as_str(),
                self.name.as_str(),
            ],
            _ => vec![self.kind.as_str(), self.name.as_str()],
        }
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.segments().join("/"))
    }
}
