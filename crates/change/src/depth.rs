use std::{fmt, str::FromStr};

/// How closely a walk looks. Each compares what those before it compare, but for [`Depth::Updated`], which compares nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Depth {
    /// Names what the primary's list says was updated lately. Only where the service can be asked for that, and never in place of a list.
    Updated,
    /// What the pages of both lists show.
    List,
    /// Also the filters of each asset: a list each.
    Children,
    /// Also the values of content keys and the secrets of policies: each resource read whole.
    Keys,
    /// Also the blobs of each asset: both containers listed.
    Bytes,
}

impl Depth {
    /// All of them, shallow first.
    pub const ALL: [Self; 5] = [
        Self::Updated,
        Self::List,
        Self::Children,
        Self::Keys,
        Self::Bytes,
    ];

    /// The word in messages, logs, settings and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Updated => "updated",
            Self::List => "list",
            Self::Children => "children",
            Self::Keys => "keys",
            Self::Bytes => "bytes",
        }
    }
}

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no [`Depth`]. Remedy: use one of those that the message lists.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a depth; the depths are updated, list, children, keys, bytes")]
pub struct UnknownDepth(String);

impl FromStr for Depth {
    type Err = UnknownDepth;

    fn from_str(text: &str) -> Result<Self, UnknownDepth> {
        Self::ALL
            .into_iter()
            .find(|depth| depth.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownDepth(text.chars().take(40).collect()))
    }
}
