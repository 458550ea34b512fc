//! Listings: filtered, ordered, in pages of the server's choosing.

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::call::Call;
use super::filter::Fields;
use super::filter_text::{parse, parse_order};
use super::render::{self, View};
use super::reply::Reply;
use super::{
    assets, content_key_policies, filters, jobs, locators, streaming_policies, transforms,
};
use crate::state::{Kind, Record};

/// A page of a kind, and the address of the next one.
pub(super) fn list(call: &Call<'_>, kind: Kind, parent: Option<&str>) -> Result<Reply, Reply> {
    let world = call.core.world();
    let account = world.account(&call.account).ok_or_else(Reply::not_found)?;
    if let (Some(of), Some(parent)) = (kind.parent(), parent)
        && !account.has(of, None, parent)
    {
        return Err(Reply::not_found());
    }
    let fields = Fields::of(kind);
    let filter = call
        .query("$filter")
        .map(|text| parse(&text, fields))
        .transpose()?;
    let order = call
        .query("$orderby")
        .map(|text| parse_order(&text, fields))
        .transpose()?;
    let top = match call.query("$top").map(|text| text.parse::<usize>()) {
        None => usize::MAX,
        Some(Ok(top)) => top,
        Some(Err(_)) => return Err(Reply::bad_request("The value of $top is not a number.")),
    };
    let most = top.min(call.settings.page_size.max(1));
    let last = call.query("$skiptoken").map(|last| last.to_lowercase());
    // In the order of names the token is a place, even after its resource is gone, and nothing before it is looked at.
    let start = last.as_deref().filter(|_| order.is_none());
    let mut rest = account
        .list_after(kind, parent, start)
        .filter(|record| filter.as_ref().is_none_or(|filter| filter.accepts(record)));
    let (page, more) = match &order {
        None => {
            let page: Vec<&Record> = rest.by_ref().take(most).collect();
            let more = page.len() < top && rest.next().is_some();
            (page, more)
        }
        Some(order) => {
            let mut records: Vec<&Record> = rest.collect();
            order.sort(&mut records);
            let start = last.map_or(0, |last| {
                records
                    .iter()
                    .position(|record| record.name.to_lowercase() == last)
                    .map_or(0, |at| at + 1)
            });
            let rest = records.split_off(start);
            let page = rest[..rest.len().min(most)].to_vec();
            let more = page.len() < rest.len().min(top);
            (page, more)
        }
    };
    let mut body = Map::new();
    let value: Vec<Value> = page
        .iter()
        .map(|record| {
            render::resource(
                call,
                kind,
                parent,
                record,
                show(call, kind, record, View::List),
            )
        })
        .collect();
    body.insert("value".to_owned(), Value::Array(value));
    if let Some(last) = page.last().filter(|_| more) {
        body.insert(
            "@odata.nextLink".to_owned(),
            json!(next_link(call, &last.name, top, page.len())),
        );
    }
    Ok(Reply::ok(Value::Object(body)))
}

/// Absolute, with everything needed to go on: clients follow it as it stands.
fn next_link(call: &Call<'_>, last: &str, top: usize, shown: usize) -> String {
    let mut link = format!("{}{}?", call.incoming.base, call.incoming.path);
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    for (name, value) in form_urlencoded::parse(call.incoming.query.as_bytes()) {
        if name.eq_ignore_ascii_case("$skiptoken") || name.eq_ignore_ascii_case("$top") {
            continue;
        }
        // `$` is written plainly, as the service does.
        let name = encode(&name).replace("%24", "$");
        link.push_str(&format!("{name}={}&", encode(&value)));
    }
    if top != usize::MAX {
        link.push_str(&format!("$top={}&", top - shown));
    }
    link.push_str(&format!("$skiptoken={}", encode(last)));
    link
}

/// A resource's properties, by kind.
pub(super) fn show(call: &Call<'_>, kind: Kind, record: &Record, view: View) -> Map<String, Value> {
    match kind {
        Kind::Assets => assets::show(call, record, view),
        Kind::AssetFilters | Kind::AccountFilters => filters::show(record),
        Kind::ContentKeyPolicies => content_key_policies::show(call, record),
        Kind::StreamingPolicies => streaming_policies::show(record, view),
        Kind::StreamingLocators => locators::show(call, record, view),
        Kind::Transforms => transforms::show(record),
        Kind::Jobs => jobs::show(record),
        Kind::Tracks | Kind::StorageRecords | Kind::StreamingEndpoints | Kind::WebhookRules => {
            Map::new()
        }
    }
}
