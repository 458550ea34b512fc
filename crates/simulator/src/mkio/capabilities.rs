//! Which capability each operation needs, as the OpenAPI document of MK.IO prints it.

use super::address::{Part, Place};
use crate::state::Kind;

/// What an operation needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Needed {
    Nothing,
    One(String),
    /// Create for what is not there yet, update for what is. The document says "or".
    CreateOrUpdate(&'static str),
    Either([String; 2]),
}

/// What a method on a place needs.
pub(super) fn needed(place: &Place, method: &str) -> Needed {
    let one = |group: &str, right: &str| Needed::One(format!("{group}.{right}"));
    match place {
        Place::Project => one("core.project", "get"),
        Place::AllJobs => one("ams.job", "get"),
        Place::Collection(kind, _) => one(group(*kind), "get"),
        Place::Item(kind, ..) => match (method, kind) {
            ("GET", _) => one(group(*kind), "get"),
            ("DELETE", _) => one(group(*kind), "delete"),
            ("PATCH", _) => one(group(*kind), "update"),
            ("PUT", Kind::ContentKeyPolicies | Kind::StreamingEndpoints | Kind::Jobs) => {
                one(group(*kind), "create")
            }
            _ => Needed::CreateOrUpdate(group(*kind)),
        },
        Place::Part(kind, .., part) => {
            let group = group(*kind);
            match part {
                Part::State | Part::Storage | Part::Events | Part::Skus => one(group, "get"),
                Part::ListStreamingLocators
                | Part::GetPolicyPropertiesWithSecrets
                | Part::ListContentKeys
                | Part::ListPaths => one(group, "create"),
                Part::GetFileAccessInfo => {
                    Needed::Either([format!("{group}.create"), format!("{group}.update")])
                }
                Part::CancelJob => one(group, "update"),
                Part::Start | Part::Stop | Part::Scale | Part::Restart => {
                    one(group, part.segment())
                }
                Part::Credentials | Part::Credential(_) => one(
                    "infra.storagetoken",
                    match method {
                        "POST" => "create",
                        "DELETE" => "delete",
                        _ => "get",
                    },
                ),
            }
        }
        Place::Tokens(_) | Place::Legacy | Place::Unknown => Needed::Nothing,
    }
}

fn group(kind: Kind) -> &'static str {
    match kind {
        Kind::Assets | Kind::Tracks => "ams.asset",
        Kind::AssetFilters => "ams.assetfilter",
        Kind::AccountFilters => "ams.accountfilter",
        Kind::ContentKeyPolicies => "ams.contentkeypolicy",
        Kind::StreamingPolicies => "ams.streamingpolicy",
        Kind::StreamingLocators => "ams.streaminglocator",
        Kind::StreamingEndpoints => "ams.streamingendpoint",
        Kind::Transforms => "ams.transform",
        Kind::Jobs => "ams.job",
        Kind::StorageRecords => "infra.storage",
        Kind::WebhookRules => "webhooks.config",
    }
}
