//! Which events of storage accounts count, and how many messages come of them.

use std::time::Duration;

use settings::{AccountIdentity, EventTopics, StorageMap};

use crate::debounce::Debounce;

/// What `blob-changed` knows.
pub struct BlobEvents {
    accounts: Option<Vec<String>>,
    pub(crate) debounce: Debounce,
}

impl BlobEvents {
    /// Events of the primary's storage accounts, each container looked at no more often than once in `delay`.
    ///
    /// On Azure Media Services the map names the accounts. On MK.IO it names storage records, and which accounts they are only the service
    /// knows, which event functions do not ask: there `mirror-asset` finds out whether an asset has the container.
    #[must_use]
    pub fn new(primary: &AccountIdentity, map: &StorageMap, delay: Duration) -> Self {
        let accounts = match primary {
            AccountIdentity::Ams { .. } => {
                Some(map.pairs().map(|(from, _)| from.to_owned()).collect())
            }
            AccountIdentity::Mkio { .. } => None,
        };
        Self {
            accounts,
            debounce: Debounce::new(delay),
        }
    }

    /// The storage account behind a topic, if its events are accepted.
    pub(crate) fn accepted<'a>(&self, topics: &EventTopics, topic: &'a str) -> Option<&'a str> {
        let account = storage_account(topic)?;
        match topics {
            EventTopics::None => return None,
            EventTopics::Custom(ids) if !ids.iter().any(|id| id.eq_ignore_ascii_case(topic)) => {
                return None;
            }
            EventTopics::System | EventTopics::Custom(_) => {}
        }
        let known = self.accounts.as_ref();
        known
            .is_none_or(|known| known.iter().any(|one| one == account))
            .then_some(account)
    }
}

/// The name of the storage account whose resource ID this is.
fn storage_account(topic: &str) -> Option<&str> {
    let parts: Vec<&str> = topic.split('/').collect();
    let ["", a, subscription, b, group, c, d, e, account] = parts[..] else {
        return None;
    };
    let words = [
        (a, "subscriptions"),
        (b, "resourceGroups"),
        (c, "providers"),
        (d, "Microsoft.Storage"),
        (e, "storageAccounts"),
    ];
    let fits = words
        .iter()
        .all(|(word, expected)| word.eq_ignore_ascii_case(expected))
        && !subscription.is_empty()
        && !group.is_empty()
        && change::is_storage_account(account);
    fits.then_some(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/";

    fn events(primary: &AccountIdentity) -> BlobEvents {
        let map = StorageMap::new(vec![("weststore".to_owned(), "northstore".to_owned())]);
        BlobEvents::new(primary, &map, Duration::ZERO)
    }

    fn ams() -> AccountIdentity {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaServices/m";
        AccountIdentity::Ams {
            id: id.parse().unwrap(),
            audience: String::new(),
        }
    }

    #[test]
    fn only_accounts_of_the_map_count_where_it_names_accounts() {
        let events = events(&ams());
        let accepted = |topic: &str| events.accepted(&EventTopics::System, topic).is_some();
        assert!(accepted(&format!("{ID}weststore")));
        assert!(accepted(
            &format!("{ID}weststore").replace("resourceGroups", "RESOURCEGROUPS")
        ));
        for foreign in [
            format!("{ID}northstore"),
            format!("{ID}weststore2"),
            format!("{ID}weststore/blobServices/default"),
            format!("{ID}weststore").replace("Microsoft.Storage", "Microsoft.Other"),
            format!("{ID}weststore").replace("/g/", "//"),
            "weststore".to_owned(),
            String::new(),
        ] {
            assert!(!accepted(&foreign), "{foreign}");
        }
    }

    #[test]
    fn a_list_of_topics_restricts_and_widens_nothing() {
        let west = format!("{ID}weststore");
        let other = format!("{ID}otherstore");
        let listed = |id: &str| EventTopics::Custom(vec![id.to_ascii_uppercase()]);
        let mkio = AccountIdentity::Mkio {
            project: "p".to_owned(),
            token: "t".to_owned().into(),
        };
        for (events, of_any) in [(events(&ams()), false), (events(&mkio), true)] {
            for (topics, topic, expected) in [
                (listed(&west), &west, true),
                (listed(&other), &west, false),
                (listed(&other), &other, of_any),
                (EventTopics::System, &other, of_any),
                (EventTopics::None, &west, false),
            ] {
                let accepted = events.accepted(&topics, topic).is_some();
                assert_eq!(accepted, expected, "{topics:?} {topic}");
            }
        }
    }
}
