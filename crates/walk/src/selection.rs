use change::Kind;
use media::Body;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use wildmatch::WildMatch;

/// Which resources of a kind are walked.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The kind.
    pub kind: Kind,
    /// Only names that match.
    pub name: Option<WildMatch>,
    /// Only what the primary made since. Resources that do not say when they were made (filters) are walked.
    pub created_after: Option<OffsetDateTime>,
}

impl Selection {
    /// All of a kind.
    #[must_use]
    pub const fn all(kind: Kind) -> Self {
        Self {
            kind,
            name: None,
            created_after: None,
        }
    }

    /// Whether nothing of the kind is left out.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.name.is_none() && self.created_after.is_none()
    }

    pub(crate) fn takes_name(&self, name: &str) -> bool {
        // They exist in every account, and are not mirrored.
        let predefined = self.kind == Kind::StreamingPolicies && name.starts_with("Predefined_");
        !predefined
            && self
                .name
                .as_ref()
                .is_none_or(|pattern| pattern.matches(name))
    }

    pub(crate) fn takes(&self, source: &Body) -> bool {
        let Some(after) = self.created_after else {
            return true;
        };
        created(source).is_none_or(|created| created >= after)
    }
}

/// When a resource was made. Locators and streaming policies of MK.IO say it in their system data only.
fn created(source: &Body) -> Option<OffsetDateTime> {
    [source.text("created"), system(source, "createdAt")]
        .into_iter()
        .find_map(time)
}

/// When a resource last changed, as far as it says so: by the later of the two times that MK.IO shows.
pub(crate) fn changed(source: &Body) -> Option<OffsetDateTime> {
    let times = [
        source.text("lastModified"),
        system(source, "lastModifiedAt"),
    ];
    times.into_iter().filter_map(time).max()
}

fn system<'a>(source: &'a Body, field: &str) -> Option<&'a str> {
    source.expose().get("systemData")?.get(field)?.as_str()
}

fn time(text: Option<&str>) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text?, &Rfc3339).ok()
}
