//! Account filters and asset filters.

use serde_json::{Value, json};

use super::client::Mkio;

/// As it is shown.
fn shown() -> Value {
    let mut filter = filter();
    filter["presentationTimeRange"]["startTime"] = json!("2030-01-01T00:00:00.000000Z");
    filter
}

/// As it is given.
fn filter() -> Value {
    json!({
        "firstQuality": { "bitrate": 5_000_000 },
        "presentationTimeRange": { "timescale": 1, "startTimestamp": 10, "startTime": "2030-01-01T00:00:00Z" },
        "tracks": [{ "trackSelections": [{ "property": "Type", "operation": "Equal", "value": "Audio" }] }],
    })
}

#[tokio::test]
async fn a_filter_is_made_and_replaced_by_put() {
    let mkio = Mkio::start().await;
    mkio.asset("primary", "a").await;
    for path in ["accountFilters/f", "assets/a/assetFilters/f"] {
        let made = mkio.put(path, filter()).await;
        assert_eq!((made.status, &made.body["properties"]), (201, &shown()));
        let replaced = mkio.put(path, json!({ "tracks": [] })).await;
        assert_eq!(replaced.status, 200);
        assert_eq!(
            mkio.get(path).await.body["properties"],
            json!({ "tracks": [] })
        );
        assert_eq!(mkio.delete(path).await.status, 200);
        assert_eq!(mkio.delete(path).await.status, 204);
    }
    assert_eq!(
        mkio.put("assets/missing/assetFilters/f", filter())
            .await
            .status,
        404
    );
    assert_eq!(
        mkio.put("assets/a/filters/f", filter()).await.status,
        404,
        "the path of before"
    );
    mkio.stop().await;
}

#[tokio::test]
async fn a_filter_in_use_stays() {
    let mkio = Mkio::start().await;
    mkio.asset("primary", "a").await;
    let paths = ["accountFilters/f", "assets/a/assetFilters/g"];
    for path in paths {
        mkio.put(path, filter()).await;
    }
    let locator = json!({
        "assetName": "a",
        "streamingPolicyName": "Predefined_ClearStreamingOnly",
        "filters": ["f", "g"],
    });
    assert_eq!(mkio.put("streamingLocators/l", locator).await.status, 201);
    for path in paths {
        assert_eq!(mkio.delete(path).await.status, 409, "{path}");
    }
    mkio.delete("streamingLocators/l").await;
    for path in paths {
        assert_eq!(mkio.delete(path).await.status, 200, "{path}");
    }
    mkio.stop().await;
}

#[tokio::test]
async fn a_time_range_has_the_limits_of_its_texts() {
    let mkio = Mkio::start().await;
    for (range, status) in [
        (json!({ "timescale": 10, "liveBackoffDuration": 3000 }), 201),
        (json!({ "timescale": 10, "liveBackoffDuration": 3001 }), 400),
        (json!({ "presentationWindowDuration": 100_000_000 }), 200),
        (json!({ "presentationWindowDuration": 99_999_999 }), 400),
        (json!({ "presentationWindowDuration": i64::MAX }), 200),
        (json!({ "forceEndTimestamp": true, "endTimestamp": 1 }), 200),
        (json!({ "forceEndTimestamp": true }), 400),
    ] {
        let body = json!({ "presentationTimeRange": range });
        let answer = mkio.put("accountFilters/f", body.clone()).await;
        assert_eq!(answer.status, status, "{body}");
    }
    mkio.stop().await;
}

#[tokio::test]
async fn what_a_filter_may_hold_is_checked() {
    let mkio = Mkio::start().await;
    for (pointer, value) in [
        ("/firstQuality", json!({})),
        ("/presentationTimeRange/timescale", json!(0)),
        ("/presentationTimeRange/startTimestamp", json!(-1)),
        ("/presentationTimeRange/startTime", json!("soon")),
        ("/tracks/0/trackSelections/0/property", json!("Odd")),
        ("/tracks/0/trackSelections/0/value", Value::Null),
    ] {
        let mut body = filter();
        *body.pointer_mut(pointer).unwrap() = value;
        assert_eq!(
            mkio.put("accountFilters/f", body).await.status,
            400,
            "{pointer}"
        );
    }
    mkio.stop().await;
}
