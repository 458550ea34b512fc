//! Reads a path: whose account, and which resource in it.

use crate::state::{Action, Kind};

/// A path under a subscription that ARM would send to `Microsoft.Media`.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub subscription: String,
    /// Empty for the list of a subscription's accounts.
    pub resource_group: String,
    /// `None`: the accounts themselves are asked for.
    pub account: Option<String>,
    pub place: Place,
}

/// What stands behind the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// The list of accounts.
    Accounts,
    Account,
    Collection(Kind, Option<String>),
    Item(Kind, Option<String>, String),
    Action(Kind, Option<String>, String, Action),
    /// Nothing the service knows.
    Unknown(String),
}

impl Place {
    pub(crate) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Collection(kind, _) | Self::Item(kind, ..) | Self::Action(kind, ..) => {
                Some(*kind)
            }
            _ => None,
        }
    }

    /// The resource's name; the parent's for a listing of children.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Collection(_, parent) => parent.as_deref(),
            Self::Item(_, _, name) | Self::Action(_, _, name, _) => Some(name),
            _ => None,
        }
    }

    pub(crate) fn action(&self) -> Option<Action> {
        match self {
            Self::Action(_, _, _, action) => Some(*action),
            _ => None,
        }
    }
}

impl Target {
    /// Reads a path, its fixed segments in any letter case. `None`: not such a path.
    pub(crate) fn read(path: &str) -> Option<Self> {
        let segments: Vec<String> = path.trim_matches('/').split('/').map(decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let is = |segment: &str, fixed: &str| segment.eq_ignore_ascii_case(fixed);
        let (subscription, resource_group, rest) = match segments.as_slice() {
            [first, subscription, second, resource_group, rest @ ..]
                if is(first, "subscriptions") && is(second, "resourceGroups") =>
            {
                (*subscription, *resource_group, rest)
            }
            [first, subscription, rest @ ..] if is(first, "subscriptions") => {
                (*subscription, "", rest)
            }
            _ => return None,
        };
        let [providers, namespace, kind, rest @ ..] = rest else {
            return None;
        };
        if !(is(providers, "providers")
            && is(namespace, "Microsoft.Media")
            && is(kind, "mediaServices"))
        {
            return None;
        }
        let (account, place) = match rest {
            [] => (None, Place::Accounts),
            [account] => (Some((*account).to_owned()), Place::Account),
            [account, rest @ ..] => (Some((*account).to_owned()), place(rest)),
        };
        if resource_group.is_empty() && place != Place::Accounts {
            return None;
        }
        Some(Self {
            subscription: subscription.to_owned(),
            resource_group: resource_group.to_owned(),
            account,
            place,
        })
    }
}

fn place(rest: &[&str]) -> Place {
    let unknown = || {
        Place::Unknown(
            rest.iter()
                .step_by(2)
                .copied()
                .collect::<Vec<_>>()
                .join("/"),
        )
    };
    let Some(kind) = rest.first().and_then(|segment| Kind::read(segment, None)) else {
        return unknown();
    };
    let child = rest
        .get(2)
        .and_then(|segment| Kind::read(segment, Some(kind)));
    let (kind, parent, tail) = match child {
        Some(child) => (child, Some(rest[1].to_owned()), &rest[3..]),
        None => (kind, None, &rest[1..]),
    };
    match tail {
        [] => Place::Collection(kind, parent),
        [name] => Place::Item(kind, parent, (*name).to_owned()),
        [name, action] => match Action::read(action, kind) {
            Some(action) => Place::Action(kind, parent, (*name).to_owned(), action),
            None => unknown(),
        },
        _ => unknown(),
    }
}

/// Undoes percent-encoding; what is not UTF-8 is replaced.
fn decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let hex = |at: usize| {
            tail.get(at)
                .and_then(|digit| char::from(*digit).to_digit(16))
        };
        match (byte, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                rest = &tail[2..];
            }
            _ => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str =
        "/SUBSCRIPTIONS/s/resourcegroups/g/Providers/microsoft.media/MediaServices/acct";

    fn read(tail: &str) -> Place {
        Target::read(&format!("{BASE}{tail}")).unwrap().place
    }

    #[test]
    fn fixed_segments_are_read_in_any_letter_case() {
        assert_eq!(
            read("/ASSETS/My%20film"),
            Place::Item(Kind::Assets, None, "My film".into())
        );
        assert_eq!(
            read("/assets/a/AssetFilters/f"),
            Place::Item(Kind::AssetFilters, Some("a".into()), "f".into())
        );
        assert_eq!(
            read("/streamingLocators/l/listcontentkeys"),
            Place::Action(
                Kind::StreamingLocators,
                None,
                "l".into(),
                Action::ListContentKeys
            )
        );
        assert_eq!(
            read("/transforms/t/jobs"),
            Place::Collection(Kind::Jobs, Some("t".into()))
        );
        assert_eq!(read(""), Place::Account);
    }

    #[test]
    fn what_the_service_does_not_know_is_said_so() {
        assert_eq!(read("/liveEvents/e"), Place::Unknown("liveEvents".into()));
        assert_eq!(
            read("/assets/a/listPaths"),
            Place::Unknown("assets/listPaths".into())
        );
        assert!(Target::read("/subscriptions/s/resourceGroups/g").is_none());
        assert!(Target::read("/_sim/health").is_none());
    }

    #[test]
    fn a_subscription_lists_its_accounts() {
        let target =
            Target::read("/subscriptions/s/providers/Microsoft.Media/mediaservices").unwrap();
        assert_eq!((target.account, target.place), (None, Place::Accounts));
    }
}
