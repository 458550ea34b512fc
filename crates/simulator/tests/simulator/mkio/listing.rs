//! Listings: numeric offsets, next links, filters, orders.

use serde_json::{Value, json};
use simulator::{ListFilters, ListOrder, NextLink};

use super::client::Mkio;

fn names(body: &Value) -> Vec<String> {
    let items = body["value"].as_array().unwrap();
    let names = items.iter().map(|item| item["name"].as_str().unwrap());
    names.map(str::to_owned).collect()
}

async fn with_assets(count: usize) -> Mkio {
    let mkio = Mkio::start().await;
    for at in 0..count {
        mkio.asset("primary", &format!("a{at}")).await;
    }
    mkio
}

#[tokio::test]
async fn a_next_link_leads_on_in_either_form() {
    let mkio = with_assets(5).await;
    for form in [NextLink::Absolute, NextLink::Relative, NextLink::Encoded] {
        mkio.change(|settings| settings.next_link = form);
        let (mut seen, mut pages) = (Vec::new(), 0);
        let mut next = "/api/v1/projects/primary/media/assets?$top=2&$orderby=name desc".to_owned();
        loop {
            let page = mkio.send("GET", &next, None).await.body;
            seen.extend(names(&page));
            pages += 1;
            let Some(link) = page["@odata.nextLink"].as_str() else {
                break;
            };
            next = match form {
                NextLink::Absolute => link.strip_prefix(mkio.base()).unwrap().to_owned(),
                NextLink::Relative => link.to_owned(),
                NextLink::Encoded => {
                    let link = format!("link={link}");
                    let (_, link) = url::form_urlencoded::parse(link.as_bytes()).next().unwrap();
                    link.into_owned()
                }
            };
            assert!(next.starts_with("/api/v1/projects/primary/media/assets?"));
        }
        assert_eq!(seen, ["a4", "a3", "a2", "a1", "a0"], "{form:?}");
        assert_eq!(pages, 3);
    }
    mkio.stop().await;
}

#[tokio::test]
async fn a_page_says_where_it_stands() {
    let mkio = with_assets(5).await;
    let page = mkio.get("assets?$top=2&$skiptoken=2").await.body;
    assert_eq!(names(&page), ["a2", "a3"]);
    let supplemental = &page["supplemental"];
    assert_eq!(supplemental["count"], 2);
    assert_eq!(supplemental["kind"], "Asset");
    assert_eq!(supplemental["operation"], "list");
    assert_eq!(
        supplemental["pagination"],
        json!({ "start": 2, "end": 4, "records": 2, "total": 5 })
    );
    let beyond = mkio.get("assets?$skiptoken=99").await.body;
    assert_eq!(names(&beyond), [""; 0]);
    for odd in ["assets?$skiptoken=a2", "assets?$top=some"] {
        assert_eq!(mkio.get(odd).await.status, 400);
    }
    mkio.change_settings(|settings| settings.page_size = 3);
    let most = mkio.get("assets?$top=100").await.body;
    assert_eq!(
        names(&most).len(),
        3,
        "no page is longer than the service likes"
    );
    mkio.stop().await;
}

/// Trap 6.
#[tokio::test]
async fn pages_shift_when_something_is_deleted() {
    let mkio = with_assets(4).await;
    assert_eq!(names(&mkio.get("assets?$top=2").await.body), ["a0", "a1"]);
    mkio.delete("assets/a0").await;
    let second = mkio.get("assets?$top=2&$skiptoken=2").await.body;
    assert_eq!(names(&second), ["a3"], "a2 is on no page");
    mkio.stop().await;
}

#[tokio::test]
async fn a_full_page_may_have_a_next_link_to_nothing() {
    let mkio = with_assets(2).await;
    let link = |page: Value| page.get("@odata.nextLink").cloned();
    assert_eq!(link(mkio.get("assets?$top=2").await.body), None);
    mkio.change(|settings| settings.next_link_on_full_page = true);
    assert!(link(mkio.get("assets?$top=2").await.body).is_some());
    assert_eq!(link(mkio.get("assets?$top=3").await.body), None);
    let empty = mkio.get("assets?$top=2&$skiptoken=2").await.body;
    assert_eq!((names(&empty).len(), link(empty)), (0, None));
    mkio.stop().await;
}

#[tokio::test]
async fn locators_are_found_by_their_asset() {
    let mkio = with_assets(2).await;
    for (name, asset) in [("l1", "a0"), ("l2", "a1"), ("l3", "a0")] {
        let body =
            json!({ "assetName": asset, "streamingPolicyName": "Predefined_ClearStreamingOnly" });
        mkio.put(&format!("streamingLocators/{name}"), body).await;
    }
    let of = mkio
        .get("streamingLocators?$filter=properties/assetName eq 'a0'")
        .await;
    assert_eq!(names(&of.body), ["l1", "l3"]);
    assert_eq!(of.body["supplemental"]["pagination"]["total"], 2);
    mkio.stop().await;
}

#[tokio::test]
async fn what_changed_since_a_time_is_found() {
    let mkio = with_assets(3).await;
    let since = mkio.get("assets/a1").await.body["systemData"]["lastModifiedAt"].clone();
    let since = since.as_str().unwrap();
    let window = format!("assets?$filter=updated ge {since}&$orderby=updated asc");
    assert_eq!(names(&mkio.get(&window).await.body), ["a1", "a2"]);
    let after = format!("assets?$filter=updated gt {since} and created lt 2100-01-01T00:00:00Z");
    assert_eq!(names(&mkio.get(&after).await.body), ["a2"]);
    for refused in [
        "assets?$filter=properties/description eq 'x'",
        "assets?$filter=name eq 'a' or name eq 'b'",
        "assets?$orderby=properties/description",
    ] {
        assert_eq!(mkio.get(refused).await.status, 400, "{refused}");
    }
    mkio.stop().await;
}

#[tokio::test]
async fn assets_are_found_by_their_labels() {
    let mkio = Mkio::start().await;
    for (name, labels) in [
        ("one", json!({ "studio": "para valley", "year": "2023" })),
        ("two", json!({ "studio": "other", "year": "2024" })),
        ("three", json!({ "studio": "other" })),
    ] {
        let body =
            json!({ "labels": labels, "properties": { "storageAccountName": "primarystore1" } });
        let path = format!("primary/media/assets/{name}");
        assert_eq!(mkio.send("PUT", &path, Some(body)).await.status, 201);
    }
    for (query, expected) in [
        ("$label=studio=para valley", vec!["one"]),
        ("$label=year~202", vec!["one", "two"]),
        ("$label_key=studio&$label_key=year", vec!["one", "two"]),
        ("$label=studio=other&$label_key=year", vec!["two"]),
    ] {
        let listed = mkio.get(&format!("assets?{query}")).await.body;
        assert_eq!(names(&listed), expected, "{query}");
    }
    assert_eq!(mkio.get("assets?$label=odd").await.status, 400);
    mkio.stop().await;
}

#[tokio::test]
async fn children_are_listed_under_their_parent() {
    let mkio = with_assets(2).await;
    mkio.put("assets/a0/assetFilters/f", json!({})).await;
    let listed = mkio.get("assets/a0/assetFilters").await.body;
    assert_eq!(names(&listed), ["f"]);
    assert!(
        listed["value"][0]["id"]
            .as_str()
            .unwrap()
            .ends_with("/assets/a0/assetFilters/f")
    );
    assert_eq!(
        names(&mkio.get("assets/a1/assetFilters").await.body),
        [""; 0]
    );
    assert_eq!(mkio.get("assets/missing/assetFilters").await.status, 404);
    mkio.stop().await;
}

/// Probe m: that a filter finds what it should is documented nowhere.
#[tokio::test]
async fn a_filter_works_or_is_ignored_or_refused() {
    let mkio = with_assets(2).await;
    let filtered = "assets?$filter=name eq 'a1'";
    assert_eq!(names(&mkio.get(filtered).await.body), ["a1"]);
    mkio.change(|settings| settings.list_filters = ListFilters::Ignore);
    assert_eq!(names(&mkio.get(filtered).await.body), ["a0", "a1"]);
    mkio.change(|settings| settings.list_filters = ListFilters::Refuse);
    assert_eq!(mkio.get(filtered).await.status, 400);
    assert_eq!(names(&mkio.get("assets").await.body), ["a0", "a1"]);
    mkio.stop().await;
}

#[tokio::test]
async fn a_list_that_asks_for_no_order_has_one_of_the_services_own() {
    let mkio = Mkio::start().await;
    for name in ["c", "a", "b", "f", "e", "d"] {
        mkio.asset("primary", name).await;
    }
    let paged = async || -> String {
        let mut seen = String::new();
        for start in 0..6 {
            let page = mkio
                .get(&format!("assets?$top=1&$skiptoken={start}"))
                .await
                .body;
            seen += &names(&page).concat();
        }
        seen
    };
    assert_eq!(paged().await, "abcdef");
    mkio.change(|settings| settings.list_order = ListOrder::Created);
    assert_eq!(paged().await, "cabfed");
    mkio.change(|settings| settings.list_order = ListOrder::Scattered);
    let scattered = paged().await;
    assert!(
        !["abcdef", "cabfed"].contains(&scattered.as_str()),
        "{scattered}"
    );
    let mut letters: Vec<char> = scattered.chars().collect();
    letters.sort_unstable();
    assert_eq!(letters, ['a', 'b', 'c', 'd', 'e', 'f'], "each on one page");
    let ordered = mkio.get("assets?$orderby=name desc").await.body;
    assert_eq!(names(&ordered), ["f", "e", "d", "c", "b", "a"]);
    mkio.stop().await;
}
