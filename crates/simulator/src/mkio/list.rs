//! Listings: filtered, ordered, in pages that begin at a numeric offset.

use serde_json::{Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use super::call::Call;
use super::filter::{Order, parse};
use super::reply::Reply;
use super::settings::{ListFilters, ListOrder, NextLink};
use super::{labels, render};
use crate::state::{Key, Kind, Record};

/// A page of a kind; with a parent, of that parent's; the jobs of all transforms without.
pub(super) fn list(call: &Call<'_>, kind: Kind, parent: Option<&str>) -> Result<Reply, Reply> {
    let conditions = match (call.query("filter"), call.mkio().list_filters) {
        (Some(text), ListFilters::Work) => parse(kind, &text)?,
        (Some(_), ListFilters::Refuse) => {
            return Err(Reply::bad_request("'$filter' is not supported."));
        }
        (Some(_), ListFilters::Ignore) | (None, _) => Vec::new(),
    };
    let order = call
        .query("orderby")
        .map(|text| Order::parse(kind, &text))
        .transpose()?;
    let labels = labels::wanted(call, kind)?;
    let world = call.core.world();
    let account = call.account(&world)?;
    if let (Some(of), Some(parent)) = (kind.parent(), parent)
        && !account.has(of, None, parent)
    {
        return Err(Reply::not_found(of.segment(), parent));
    }
    let of_parent = parent.map(str::to_lowercase);
    let mut found: Vec<(&Key, &Record)> = account
        .of_kind(kind)
        .filter(|(key, _)| {
            of_parent
                .as_ref()
                .is_none_or(|parent| key.parent == *parent)
        })
        .filter(|(key, record)| conditions.iter().all(|one| one.accepts(key, record)))
        .filter(|(_, record)| labels.accept(record))
        .collect();
    match (&order, call.mkio().list_order) {
        (Some(order), _) => order.sort(&mut found),
        (None, ListOrder::Name) => {}
        (None, ListOrder::Created) => found.sort_by_key(|(_, record)| record.created),
        (None, ListOrder::Scattered) => found.sort_by_cached_key(|(key, _)| scattered(key)),
    }
    page(call, kind, &found, |(key, record)| {
        let parent = kind.parent().map(|_| parent.unwrap_or(&key.parent));
        render::resource(call, kind, parent, record)
    })
}

/// A place that is the same for as long as the resource has its name.
fn scattered(key: &Key) -> Uuid {
    let place = format!("{}/{}", key.parent, key.name);
    Uuid::new_v5(&Uuid::NAMESPACE_URL, place.as_bytes())
}

/// The page that `$top` and `$skiptoken` ask for.
pub(super) fn page<T>(
    call: &Call<'_>,
    kind: Kind,
    all: &[T],
    show: impl FnMut(&T) -> Value,
) -> Result<Reply, Reply> {
    let number = |name: &str| match call.query(name).map(|text| text.parse::<usize>()) {
        None => Ok(None),
        Some(Ok(number)) => Ok(Some(number)),
        Some(Err(_)) => Err(Reply::bad_request(format!("'${name}' is not a number."))),
    };
    let start = number("skiptoken")?.unwrap_or(0);
    let most = call.settings.page_size.max(1);
    let size = number("top")?.unwrap_or(most).min(most);
    let rest = all.get(start..).unwrap_or_default();
    let shown: Vec<Value> = rest[..rest.len().min(size)].iter().map(show).collect();
    let end = start + shown.len();
    let full = shown.len() == size && size > 0;
    let mut body = json!({
        "supplemental": {
            "count": shown.len(),
            "kind": render::kind_name(kind),
            "operation": "list",
            "pagination": { "start": start, "end": end, "records": shown.len(), "total": all.len() },
            "subscription": { "id": call.project_id, "name": call.project },
        },
    });
    if full && (end < all.len() || call.mkio().next_link_on_full_page) {
        body["@odata.nextLink"] = json!(next_link(call, end));
    }
    body["value"] = Value::Array(shown);
    Ok(Reply::ok(body))
}

fn next_link(call: &Call<'_>, end: usize) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let path = &call.incoming.path;
    let form = call.mkio().next_link;
    let mut link = match form {
        NextLink::Absolute => format!("{}{path}?", call.incoming.base),
        NextLink::Relative | NextLink::Encoded => format!("{path}?"),
    };
    for (name, value) in form_urlencoded::parse(call.incoming.query.as_bytes()) {
        if name.trim_start_matches('$') != "skiptoken" {
            link.push_str(&format!("{}={}&", encode(&name), encode(&value)));
        }
    }
    link.push_str(&format!("%24skiptoken={end}"));
    if form == NextLink::Encoded {
        link = encode(&link);
    }
    link
}
