//! Reads a path: whose project, and what in it.

use percent_encoding::percent_decode_str;

use crate::state::Kind;

/// A path that MK.IO serves, or might.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub project: Option<String>,
    pub place: Place,
}

/// What is asked for in the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Project,
    /// The tokens of the user, or one of them.
    Tokens(Option<String>),
    Collection(Kind, Option<String>),
    /// Every job of the project.
    AllJobs,
    Item(Kind, Option<String>, String),
    /// Something of a resource: `state`, `listPaths`, ...
    Part(Kind, Option<String>, String, Part),
    /// The path family of before: `/api/ams/...`.
    Legacy,
    /// Nothing the service knows.
    Unknown,
}

/// Something of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    State,
    /// What lies in an asset's container.
    Storage,
    ListStreamingLocators,
    GetFileAccessInfo,
    GetPolicyPropertiesWithSecrets,
    ListContentKeys,
    ListPaths,
    CancelJob,
    Start,
    Stop,
    Scale,
    Restart,
    Skus,
    /// The events of a webhook rule.
    Events,
    Credentials,
    Credential(String),
}

/// The parts that are a single segment: whose, the segment, and whether it is read with GET (or else done with POST).
const PARTS: [(Kind, &str, Part, bool); 19] = [
    (Kind::Assets, "state", Part::State, true),
    (Kind::Assets, "storage", Part::Storage, true),
    (
        Kind::Assets,
        "listStreamingLocators",
        Part::ListStreamingLocators,
        false,
    ),
    (
        Kind::Assets,
        "getFileAccessInfo",
        Part::GetFileAccessInfo,
        false,
    ),
    (Kind::ContentKeyPolicies, "state", Part::State, true),
    (
        Kind::ContentKeyPolicies,
        "getPolicyPropertiesWithSecrets",
        Part::GetPolicyPropertiesWithSecrets,
        false,
    ),
    (Kind::StreamingLocators, "state", Part::State, true),
    (
        Kind::StreamingLocators,
        "listContentKeys",
        Part::ListContentKeys,
        false,
    ),
    (Kind::StreamingLocators, "listPaths", Part::ListPaths, false),
    (Kind::StreamingEndpoints, "state", Part::State, true),
    (Kind::StreamingEndpoints, "skus", Part::Skus, true),
    (Kind::StreamingEndpoints, "start", Part::Start, false),
    (Kind::StreamingEndpoints, "stop", Part::Stop, false),
    (Kind::StreamingEndpoints, "scale", Part::Scale, false),
    (Kind::StreamingEndpoints, "restart", Part::Restart, false),
    (Kind::Jobs, "state", Part::State, true),
    (Kind::Jobs, "cancelJob", Part::CancelJob, false),
    (Kind::WebhookRules, "events", Part::Events, true),
    (Kind::StorageRecords, "credentials", Part::Credentials, true),
];

impl Part {
    /// As it stands in a path.
    pub(super) fn segment(&self) -> &'static str {
        PARTS
            .iter()
            .find(|(_, _, part, _)| part == self)
            .map_or("credentials", |(_, segment, ..)| segment)
    }

    fn read(kind: Kind, segment: &str) -> Option<Self> {
        PARTS
            .iter()
            .find(|(of, name, ..)| *of == kind && *name == segment)
            .map(|(_, _, part, _)| part.clone())
    }
}

impl Target {
    /// Reads a path. `None`: it is not for MK.IO.
    pub(super) fn read(path: &str) -> Option<Self> {
        let segments: Vec<String> = path
            .trim_matches('/')
            .split('/')
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let (project, place) = match segments.as_slice() {
            ["api", "ams", ..] => (None, Place::Legacy),
            ["api", "v1", "user", "tokens"] => (None, Place::Tokens(None)),
            ["api", "v1", "user", "tokens", id] => (None, Place::Tokens(Some((*id).to_owned()))),
            ["api", "v1", "projects", project] => (Some(*project), Place::Project),
            [
                "api",
                "v1",
                "projects",
                project,
                "webhook",
                "rules",
                rest @ ..,
            ] => (Some(*project), tail(Kind::WebhookRules, None, rest)),
            ["api", "v1", "projects", project, "media", "jobs"] => (Some(*project), Place::AllJobs),
            ["api", "v1", "projects", project, "media", rest @ ..] => (Some(*project), media(rest)),
            ["api", ..] => (None, Place::Unknown),
            _ => return None,
        };
        Some(Self {
            project: project.map(str::to_owned),
            place,
        })
    }
}

fn media(rest: &[&str]) -> Place {
    let Some((first, rest)) = rest.split_first() else {
        return Place::Unknown;
    };
    let kind = match *first {
        "assets" => Kind::Assets,
        "accountFilters" => Kind::AccountFilters,
        "contentKeyPolicies" => Kind::ContentKeyPolicies,
        "streamingPolicies" => Kind::StreamingPolicies,
        "streamingLocators" => Kind::StreamingLocators,
        "streamingEndpoints" => Kind::StreamingEndpoints,
        "storage" => Kind::StorageRecords,
        "transforms" => Kind::Transforms,
        _ => return Place::Unknown,
    };
    match (kind, rest) {
        (Kind::Assets, [asset, "assetFilters", rest @ ..]) => {
            tail(Kind::AssetFilters, Some(asset), rest)
        }
        (Kind::Transforms, [transform, "jobs", rest @ ..]) => {
            tail(Kind::Jobs, Some(transform), rest)
        }
        (_, rest) => tail(kind, None, rest),
    }
}

fn tail(kind: Kind, parent: Option<&str>, rest: &[&str]) -> Place {
    let parent = parent.map(str::to_owned);
    match rest {
        [] => Place::Collection(kind, parent),
        [name] => Place::Item(kind, parent, (*name).to_owned()),
        [name, part] => match Part::read(kind, part) {
            Some(part) => Place::Part(kind, parent, (*name).to_owned(), part),
            None => Place::Unknown,
        },
        [name, "credentials", id] if kind == Kind::StorageRecords => Place::Part(
            kind,
            parent,
            (*name).to_owned(),
            Part::Credential((*id).to_owned()),
        ),
        _ => Place::Unknown,
    }
}

impl Place {
    pub(super) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Collection(kind, _) | Self::Item(kind, ..) | Self::Part(kind, ..) => Some(*kind),
            Self::AllJobs => Some(Kind::Jobs),
            _ => None,
        }
    }

    /// The resource's name; the parent's for a listing of children.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Collection(_, parent) => parent.as_deref(),
            Self::Item(_, _, name) | Self::Part(_, _, name, _) => Some(name),
            _ => None,
        }
    }

    pub(super) fn part(&self) -> Option<&Part> {
        match self {
            Self::Part(.., part) => Some(part),
            _ => None,
        }
    }

    /// Whether the service knows the method for the path.
    pub(super) fn allows(&self, method: &str) -> bool {
        match self {
            Self::Project | Self::AllJobs | Self::Collection(..) => method == "GET",
            Self::Tokens(None) => matches!(method, "GET" | "POST" | "DELETE"),
            Self::Tokens(Some(_)) => matches!(method, "GET" | "DELETE"),
            Self::Item(kind, ..) => match method {
                "GET" | "PUT" | "DELETE" => true,
                "PATCH" => matches!(
                    kind,
                    Kind::ContentKeyPolicies
                        | Kind::StreamingEndpoints
                        | Kind::StorageRecords
                        | Kind::Jobs
                ),
                _ => false,
            },
            Self::Part(.., Part::Credentials) => matches!(method, "GET" | "POST"),
            Self::Part(.., Part::Credential(_)) => matches!(method, "GET" | "DELETE"),
            Self::Part(kind, .., part) => PARTS.iter().any(|(of, _, known, read)| {
                of == kind && known == part && method == if *read { "GET" } else { "POST" }
            }),
            Self::Legacy | Self::Unknown => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tail: &str) -> Place {
        Target::read(&format!("/api/v1/projects/p{tail}"))
            .unwrap()
            .place
    }

    #[test]
    fn every_level_is_read() {
        assert_eq!(read(""), Place::Project);
        assert_eq!(
            read("/media/assets/My%20film.v2"),
            Place::Item(Kind::Assets, None, "My film.v2".into())
        );
        assert_eq!(
            read("/media/assets/a/assetFilters/f"),
            Place::Item(Kind::AssetFilters, Some("a".into()), "f".into())
        );
        assert_eq!(
            read("/media/assets/a/storage/"),
            Place::Part(Kind::Assets, None, "a".into(), Part::Storage)
        );
        assert_eq!(
            read("/media/storage/s/credentials/7"),
            Place::Part(
                Kind::StorageRecords,
                None,
                "s".into(),
                Part::Credential("7".into())
            )
        );
        assert_eq!(read("/media/jobs"), Place::AllJobs);
        assert_eq!(
            read("/webhook/rules/r/events"),
            Place::Part(Kind::WebhookRules, None, "r".into(), Part::Events)
        );
    }

    #[test]
    fn what_the_service_does_not_know_is_said_so() {
        assert_eq!(read("/media/assets/a/filters/f"), Place::Unknown);
        assert_eq!(read("/media/assets/a/listPaths"), Place::Unknown);
        assert_eq!(read("/media/tracks"), Place::Unknown);
        let legacy = Target::read("/api/ams/sub/assets/a").unwrap();
        assert_eq!((legacy.project, legacy.place), (None, Place::Legacy));
        assert_eq!(Target::read("/subscriptions/s"), None);
    }

    #[test]
    fn secrets_are_read_with_post_only() {
        assert!(read("/media/streamingLocators/l/listContentKeys").allows("POST"));
        assert!(!read("/media/streamingLocators/l/listContentKeys").allows("GET"));
        assert!(!read("/media/assets/a").allows("PATCH"));
        assert!(read("/media/contentKeyPolicies/a").allows("PATCH"));
    }
}
