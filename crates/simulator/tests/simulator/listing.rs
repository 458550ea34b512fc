//! Pages, filters and orders.

use serde_json::{Map, json};
use simulator::Filled;

use crate::harness::Sim;

async fn sim_with(names: &[&str]) -> Sim {
    let sim = Sim::start().await;
    for name in names {
        let name = name.replace(' ', "%20");
        assert_eq!(
            sim.put(&format!("assets/{name}"), json!({ "alternateId": "alt" }))
                .await
                .status,
            201
        );
    }
    sim.change_settings(|settings| settings.page_size = 2);
    sim
}

/// The names of all pages, and how many pages there were.
async fn walk(sim: &Sim, tail: &str) -> (Vec<String>, usize) {
    let (mut names, mut pages) = (Vec::new(), 0);
    let mut next = Some(sim.url(tail));
    while let Some(url) = next {
        let page = sim.send("GET", &url, None).await.unwrap();
        assert_eq!(page.status, 200, "{url}: {:?}", page.body);
        names.extend(
            page.body["value"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["name"].as_str().unwrap().to_owned()),
        );
        next = page.body["@odata.nextLink"].as_str().map(str::to_owned);
        pages += 1;
    }
    (names, pages)
}

#[tokio::test]
async fn the_next_link_is_absolute_and_enough_to_go_on() {
    let sim = sim_with(&["Asset 3", "asset 1", "Asset 2"]).await;
    let first = sim.get("assets").await;
    let link = first.body["@odata.nextLink"].as_str().unwrap();
    assert!(
        link.starts_with(&format!("{}/subscriptions/s-1/", sim.base())),
        "{link}"
    );
    assert!(link.contains("api-version=2023-01-01"), "{link}");
    assert!(link.ends_with("$skiptoken=Asset+2"), "{link}");
    assert_eq!(
        walk(&sim, "assets").await,
        (
            ["asset 1", "Asset 2", "Asset 3"].map(str::to_owned).into(),
            2
        )
    );
    sim.stop().await;
}

#[tokio::test]
async fn what_changes_beyond_the_page_is_seen_and_a_deleted_token_is_still_a_place() {
    let sim = sim_with(&["a", "b", "c", "d"]).await;
    let link = sim.get("assets").await.body["@odata.nextLink"]
        .as_str()
        .unwrap()
        .to_owned();
    sim.delete("assets/b").await;
    sim.delete("assets/c").await;
    sim.put("assets/e", json!({})).await;
    let second = sim.send("GET", &link, None).await.unwrap();
    let names: Vec<_> = second.body["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["d", "e"]);
    assert_eq!(second.body.get("@odata.nextLink"), None);
    sim.stop().await;
}

#[tokio::test]
async fn a_full_last_page_has_no_next_link_and_an_empty_listing_is_empty() {
    let sim = sim_with(&["a", "b"]).await;
    assert_eq!(walk(&sim, "assets").await.1, 1);
    assert_eq!(sim.get("accountFilters").await.body, json!({ "value": [] }));
    sim.stop().await;
}

#[tokio::test]
async fn filters_orders_and_tops_hold_across_pages() {
    let sim = sim_with(&["a", "b", "c", "d", "e"]).await;
    let names = async |tail: &str| walk(&sim, tail).await.0.concat();
    assert_eq!(
        names("assets?$filter=name gt 'b' and name le 'd'").await,
        "cd"
    );
    assert_eq!(names("assets?$orderby=name desc").await, "edcba");
    assert_eq!(names("assets?$orderby=properties/created").await, "abcde");
    assert_eq!(names("assets?$top=3").await, "abc");
    assert_eq!(
        names("assets?$filter=properties/alternateId eq 'alt'&$top=4").await,
        "abcd"
    );
    assert_eq!(
        names("assets?$filter=properties/created gt 2199-01-01").await,
        ""
    );
    sim.stop().await;
}

#[tokio::test]
async fn locators_cannot_be_found_by_their_asset() {
    let sim = sim_with(&[]).await;
    for tail in [
        "streamingLocators?$filter=properties/assetName eq 'a'",
        "assets?$filter=name",
        "assets?$orderby=properties/description",
        "assets?$top=many",
    ] {
        assert_eq!(sim.get(tail).await.status, 400, "{tail}");
    }
    sim.stop().await;
}

#[tokio::test]
async fn an_account_filled_without_requests_lists_reads_and_serves_like_any_other() {
    let sim = Sim::start().await;
    let asset = |n: u32| Filled {
        name: format!("Title-{n:02}"),
        id: None,
        properties: Map::from_iter([
            ("container".to_owned(), json!(format!("title-{n:02}"))),
            ("storageAccountName".to_owned(), json!("primarystore1")),
        ]),
    };
    let id = "00000000-0000-0000-0000-000000000007";
    let locator = Filled {
        name: "clear".to_owned(),
        id: Some(id.to_owned()),
        properties: Map::from_iter([
            ("assetName".to_owned(), json!("Title-01")),
            (
                "streamingPolicyName".to_owned(),
                json!("Predefined_ClearStreamingOnly"),
            ),
        ]),
    };
    sim.fill("primary", "assets", (0..5).map(asset)).unwrap();
    sim.fill("primary", "streamingLocators", [locator]).unwrap();
    assert!(sim.fill("primary", "asset", []).is_err());
    assert!(sim.fill("nobody", "assets", []).is_err());
    assert!(sim.take_requests().is_empty());

    sim.change_settings(|settings| settings.page_size = 2);
    let (names, pages) = walk(&sim, "assets").await;
    assert_eq!(
        names.concat(),
        "Title-00Title-01Title-02Title-03Title-04",
        "{pages} pages"
    );
    let read = sim.get("streamingLocators/clear").await;
    assert_eq!(read.body["properties"]["streamingLocatorId"], id);
    let published = sim.post("assets/title-01/listStreamingLocators").await;
    assert_eq!(published.body["streamingLocators"][0]["name"], "clear");
    assert_eq!(sim.take_requests().len(), 5);
    assert!(sim.take_requests().is_empty());
    assert!(sim.requests(None).is_empty());
    sim.stop().await;
}
