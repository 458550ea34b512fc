//! The name of an account in Azure.

use std::{fmt, str::FromStr};

/// The ARM resource ID of a media-services account.
///
/// Compared without regard to letter case: the service answers in a case of its own.
#[derive(Clone, Debug)]
pub struct AccountId {
    subscription: String,
    resource_group: String,
    account: String,
}

/// A text that is not the resource ID of a media-services account. Remedy: copy it from the account's properties:
/// `/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Media/mediaServices/<account>`.
#[derive(Debug, thiserror::Error)]
#[error(
    "expected /subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Media/mediaServices/<account>"
)]
pub struct BadAccountId;

impl AccountId {
    /// The account's name.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// What stands behind this account's ID in the ID of something in it (`streamingLocators/film`), empty for the
    /// account itself, `None` for anything that is not in this account.
    #[must_use]
    pub fn within<'a>(&self, resource_id: &'a str) -> Option<&'a str> {
        let prefix = self.to_string();
        let head = resource_id.get(..prefix.len())?;
        let tail = &resource_id[prefix.len()..];
        if !head.eq_ignore_ascii_case(&prefix) {
            return None;
        }
        match tail.strip_prefix('/') {
            Some(tail) => Some(tail),
            None => tail.is_empty().then_some(tail),
        }
    }

    /// Whether the account is, or lies in, this subscription, resource group or account.
    #[must_use]
    pub fn is_within(&self, resource_id: &str) -> bool {
        let own = self.to_string();
        let scope = resource_id.trim_end_matches('/');
        match own.get(..scope.len()) {
            Some(head) if !scope.is_empty() && head.eq_ignore_ascii_case(scope) => {
                let rest = &own[scope.len()..];
                rest.is_empty() || rest.starts_with('/')
            }
            _ => false,
        }
    }
}

impl PartialEq for AccountId {
    fn eq(&self, other: &Self) -> bool {
        self.to_string().eq_ignore_ascii_case(&other.to_string())
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Media/mediaServices/{}",
            self.subscription, self.resource_group, self.account
        )
    }
}

impl FromStr for AccountId {
    type Err = BadAccountId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.trim().trim_matches('/').split('/').collect();
        let [
            subscriptions,
            subscription,
            groups,
            group,
            providers,
            provider,
            kind,
            account,
        ] = parts[..]
        else {
            return Err(BadAccountId);
        };
        let words = [subscriptions, groups, providers, provider, kind];
        let expected = [
            "subscriptions",
            "resourceGroups",
            "providers",
            "Microsoft.Media",
            "mediaServices",
        ];
        let fits = words
            .iter()
            .zip(expected)
            .all(|(word, expected)| word.eq_ignore_ascii_case(expected));
        if !fits
            || [subscription, group, account]
                .iter()
                .any(|part| part.is_empty())
        {
            return Err(BadAccountId);
        }
        Ok(Self {
            subscription: subscription.to_owned(),
            resource_group: group.to_owned(),
            account: account.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_recognised_in_any_letter_case() {
        let id: AccountId =
            "/subscriptions/S/resourceGroups/rg/providers/Microsoft.Media/mediaServices/acct"
                .parse()
                .unwrap();
        let of = |text: &str| id.within(text).map(ToOwned::to_owned);
        assert_eq!(
            of(
                "/SUBSCRIPTIONS/s/resourcegroups/RG/providers/microsoft.media/mediaservices/ACCT/streamingLocators/Film"
            ),
            Some("streamingLocators/Film".to_owned())
        );
        assert_eq!(
            of(
                "/subscriptions/S/resourceGroups/rg/providers/Microsoft.Media/mediaServices/acct2/assets/x"
            ),
            None
        );
        assert!(id.is_within("/subscriptions/s"));
        assert!(id.is_within("/SUBSCRIPTIONS/S/resourceGroups/RG/"));
        assert!(!id.is_within("/subscriptions/S/resourceGroups/r"));
        assert!(!id.is_within(""));
        assert_eq!(of("/subscriptions/é"), None);
        assert!(
            "/subscriptions/s/resourceGroups/rg"
                .parse::<AccountId>()
                .is_err()
        );
    }
}
