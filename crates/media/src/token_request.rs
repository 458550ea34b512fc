//! What a restricted token of MK.IO must be able to do, and the request that makes it.
//!
//! Each operation of the API names the capability that it needs ("RBAC Capability Required"). Secrets are read with the capability to
//! create: of a content key policy, and of a locator's content keys. So no token that mirrors keys can be one that only reads.

use change::Kind;
use serde_json::{Map, Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// What a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenUse {
    /// To read the project that is mirrored, secrets included.
    Primary,
    /// To write the project that is kept ready.
    Secondary {
        /// Kinds whose replicas may be deleted, or deleted and made anew.
        deletes: Vec<Kind>,
    },
    /// To register webhook rules. Not for the app: for whoever deploys it.
    Webhooks,
}

/// The body of `POST /api/v1/user/tokens`: a token for one project, for one purpose.
#[must_use]
pub fn token_request(
    purpose: &TokenUse,
    organization: &str,
    project: &str,
    until: OffsetDateTime,
) -> Value {
    let description = match purpose {
        TokenUse::Primary => "media-mirror, primary",
        TokenUse::Secondary { .. } => "media-mirror, secondary",
        TokenUse::Webhooks => "media-mirror, webhook rules",
    };
    json!({
        "type": "restricted",
        "description": description,
        "organizationId": organization,
        "expireDate": until.format(&Rfc3339).unwrap_or_default(),
        "permissions": {"core.project": {project: capabilities(purpose)}},
    })
}

/// What may be done, by what it may be done to.
fn capabilities(purpose: &TokenUse) -> Map<String, Value> {
    let mut capabilities = Map::new();
    if *purpose == TokenUse::Webhooks {
        let all = json!(["create", "delete", "get", "update"]);
        capabilities.insert("webhooks.config".to_owned(), all);
        return capabilities;
    }
    // By reading the project the mirror tells a resource that is gone from a project that cannot be reached.
    capabilities.insert("core.project".to_owned(), json!(["get"]));
    for kind in Kind::ALL {
        let mut rights = vec!["get"];
        match purpose {
            TokenUse::Secondary { deletes } => {
                rights.extend(["create", "update"]);
                if deletes.contains(&kind) {
                    rights.push("delete");
                }
            }
            _ if matches!(kind, Kind::ContentKeyPolicies | Kind::StreamingLocators) => {
                rights.push("create");
            }
            _ => {}
        }
        rights.sort_unstable();
        capabilities.insert(group(kind).to_owned(), json!(rights));
    }
    capabilities.insert("infra.storage".to_owned(), json!(["get"]));
    capabilities
}

/// What the capabilities of a kind begin with.
pub(crate) const fn group(kind: Kind) -> &'static str {
    match kind {
        Kind::Assets => "ams.asset",
        Kind::AssetFilters => "ams.assetfilter",
        Kind::AccountFilters => "ams.accountfilter",
        Kind::ContentKeyPolicies => "ams.contentkeypolicy",
        Kind::StreamingPolicies => "ams.streamingpolicy",
        Kind::StreamingLocators => "ams.streaminglocator",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn the_requests_are_what_the_api_takes() {
        let until = datetime!(2027-01-01 00:00 UTC);
        assert_eq!(
            token_request(&TokenUse::Primary, "org-1", "project-1", until),
            json!({
                "type": "restricted",
                "description": "media-mirror, primary",
                "organizationId": "org-1",
                "expireDate": "2027-01-01T00:00:00Z",
                "permissions": {"core.project": {"project-1": {
                    "core.project": ["get"],
                    "ams.contentkeypolicy": ["create", "get"],
                    "ams.streamingpolicy": ["get"],
                    "ams.accountfilter": ["get"],
                    "ams.asset": ["get"],
                    "ams.assetfilter": ["get"],
                    "ams.streaminglocator": ["create", "get"],
                    "infra.storage": ["get"],
                }}},
            })
        );
        let deletes = vec![Kind::StreamingLocators];
        let secondary = capabilities(&TokenUse::Secondary { deletes });
        assert_eq!(secondary["ams.asset"], json!(["create", "get", "update"]));
        assert_eq!(
            secondary["ams.streaminglocator"],
            json!(["create", "delete", "get", "update"])
        );
        let webhooks = capabilities(&TokenUse::Webhooks);
        assert_eq!(webhooks.keys().collect::<Vec<_>>(), ["webhooks.config"]);
    }
}
