//! What `$filter` and `$orderby` ask of a resource, for the fields that the service's documentation lists.

use std::cmp::Ordering;

use time::OffsetDateTime;

use super::reply::Reply;
use crate::state::{Kind, Record};
use crate::times;

/// What can be asked of a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Askable {
    pub name: &'static str,
    /// The operators it takes.
    pub operators: &'static [&'static str],
    pub ordered: bool,
}

/// The fields of a kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields(&'static [Askable]);

const EVERY: &[&str] = &["eq", "ne", "gt", "ge", "lt", "le"];

const fn any(name: &'static str) -> Askable {
    Askable {
        name,
        operators: EVERY,
        ordered: true,
    }
}

impl Fields {
    pub(super) fn of(kind: Kind) -> Self {
        const ASSETS: &[Askable] = &[
            Askable {
                name: "name",
                operators: &["eq", "gt", "lt", "ge", "le"],
                ordered: true,
            },
            Askable {
                name: "properties/alternateId",
                operators: &["eq"],
                ordered: false,
            },
            Askable {
                name: "properties/assetId",
                operators: &["eq"],
                ordered: false,
            },
            Askable {
                name: "properties/created",
                operators: &["eq", "gt", "ge", "lt", "le"],
                ordered: true,
            },
        ];
        const POLICIES: &[Askable] = &[
            any("name"),
            any("properties/created"),
            any("properties/description"),
            any("properties/lastModified"),
            any("properties/policyId"),
        ];
        const LOCATORS: &[Askable] = &[
            any("name"),
            any("properties/created"),
            any("properties/endTime"),
        ];
        const STREAMING_POLICIES: &[Askable] = &[any("name"), any("properties/created")];
        const RUNS: &[Askable] = &[
            any("name"),
            any("properties/created"),
            any("properties/lastModified"),
        ];
        Self(match kind {
            Kind::Assets => ASSETS,
            Kind::ContentKeyPolicies => POLICIES,
            Kind::StreamingLocators => LOCATORS,
            Kind::StreamingPolicies => STREAMING_POLICIES,
            Kind::Transforms | Kind::Jobs => RUNS,
            Kind::AccountFilters
            | Kind::AssetFilters
            | Kind::Tracks
            | Kind::StorageRecords
            | Kind::StreamingEndpoints
            | Kind::WebhookRules => &[],
        })
    }

    pub(super) fn find(self, name: &str) -> Result<&'static Askable, Reply> {
        self.0
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case(name))
            .ok_or_else(|| {
                Reply::bad_request(format!(
                    "The field '{name}' cannot be used to filter or order."
                ))
            })
    }
}

/// A condition on a resource.
#[derive(Debug)]
pub(super) enum Filter {
    Compare(&'static str, &'static str, Literal),
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
}

#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub(super) enum Literal {
    Text(String),
    Time(OffsetDateTime),
}

impl Filter {
    pub(super) fn accepts(&self, record: &Record) -> bool {
        match self {
            Self::And(a, b) => a.accepts(record) && b.accepts(record),
            Self::Or(a, b) => a.accepts(record) || b.accepts(record),
            Self::Compare(field, operator, literal) => {
                let found = value(record, field).and_then(|value| value.partial_cmp(literal));
                match *operator {
                    "eq" => found == Some(Ordering::Equal),
                    "ne" => found != Some(Ordering::Equal),
                    "gt" => found == Some(Ordering::Greater),
                    "ge" => matches!(found, Some(Ordering::Greater | Ordering::Equal)),
                    "lt" => found == Some(Ordering::Less),
                    _ => matches!(found, Some(Ordering::Less | Ordering::Equal)),
                }
            }
        }
    }
}

/// What a record has in a field; texts compare without regard to letter case, as the database does.
fn value(record: &Record, field: &str) -> Option<Literal> {
    let text = |text: &str| Literal::Text(text.to_lowercase());
    match field.strip_prefix("properties/").unwrap_or(field) {
        "name" => Some(text(&record.name)),
        "created" => Some(Literal::Time(times::rounded(record.created))),
        "lastModified" => Some(Literal::Time(times::rounded(record.modified))),
        "endTime" => {
            let end = record
                .text("endTime")
                .and_then(times::parse)
                .unwrap_or(times::NEVER);
            Some(Literal::Time(times::rounded(end)))
        }
        "assetId" | "policyId" => Some(text(&record.id)),
        other => record.text(other).map(text),
    }
}

/// How a listing is ordered.
#[derive(Debug)]
pub(super) struct Order {
    pub field: &'static str,
    pub descending: bool,
}

impl Order {
    pub(super) fn sort(&self, records: &mut [&Record]) {
        records.sort_by(|a, b| {
            let order = value(a, self.field)
                .partial_cmp(&value(b, self.field))
                .unwrap_or(Ordering::Equal);
            if self.descending {
                order.reverse()
            } else {
                order
            }
        });
    }
}
