use axum::http::HeaderValue;
use serde_json::json;

use super::*;

const LOCATOR: &str = "/api/v1/projects/east/media/streamingLocators/film";

fn locator(source: &str, named: Option<&str>) -> Value {
    json!({
        "specversion": "1.0",
        "id": "1",
        "type": "MediaKind.StreamingLocatorCreated",
        "source": source,
        "time": "2026-01-31T12:00:00.000000Z",
        "data": {"projectName": "east", "state": "Created", "resource": {"name": named}},
    })
}

fn job(outputs: &Value) -> Value {
    json!({
        "specversion": "1.0",
        "type": "MediaKind.JobFinished",
        "source": "/api/v1/projects/east/transforms/t/jobs/j",
        "data": {"projectName": "east", "state": "Finished", "resource": {"name": "j", "properties": {"outputs": outputs}}},
    })
}

/// What it was taken for, or the status of its refusal.
fn taken(content_type: Option<&str>, body: &[u8]) -> Result<Vec<String>, u16> {
    let mut headers = HeaderMap::new();
    if let Some(content_type) = content_type {
        let value = HeaderValue::from_str(content_type).unwrap();
        headers.insert(header::CONTENT_TYPE, value);
    }
    let told = read(&headers, body, "east").and_then(|told| told.changes);
    told.map(|changes| changes.iter().map(|one| one.id.to_string()).collect())
        .map_err(|Refused(status, ..)| status.as_u16())
}

fn of(event: &Value) -> Result<Vec<String>, u16> {
    taken(Some("application/json"), event.to_string().as_bytes())
}

#[test]
fn a_locator_is_read_from_every_form_of_the_source() {
    for (source, named, expected) in [
        (LOCATOR, None, Ok("film")),
        (
            "/api/v1/projects/east/streamingLocators/film",
            None,
            Ok("film"),
        ),
        (
            "/api/v1/projects/east/media/streamingLocators/film/",
            None,
            Ok("film"),
        ),
        (
            "api/v1/projects/EAST/media/streamingLocators/film",
            None,
            Ok("film"),
        ),
        (
            "https://app.mk.io/api/v1/projects/east/media/streamingLocators/film?x=1",
            None,
            Ok("film"),
        ),
        (
            "/api/v1/projects/east/media/streamingLocators/a film",
            None,
            Ok("a film"),
        ),
        (
            "/api/v1/projects/east/media/streamingLocators/a%20film",
            None,
            Ok("a film"),
        ),
        (
            "/api/v1/projects/east/media/streamingLocators/%C3%BCber",
            None,
            Ok("über"),
        ),
        (
            "/api/v1/projects/east/media/streamingLocators/über",
            None,
            Ok("über"),
        ),
        // Both say it, and say different things: that of the path counts.
        (LOCATOR, Some("other"), Ok("film")),
        // The path does not say it, or nothing that can be a name.
        ("/api/v1/projects/east/media", Some("other"), Ok("other")),
        ("", Some("other"), Ok("other")),
        (
            "/api/v1/projects/east/media/streamingLocators",
            Some("other"),
            Ok("other"),
        ),
        (
            "/api/v1/projects/east/media/streamingLocators/%FF",
            Some("other"),
            Ok("other"),
        ),
        // Names that are words of the path.
        (
            "/api/v1/projects/east/media/streamingLocators/projects",
            None,
            Ok("projects"),
        ),
        (
            "/api/v1/projects/east/media/streamingLocators/streamingLocators",
            None,
            Ok("streamingLocators"),
        ),
        // No way out of the kind.
        (
            "/api/v1/projects/east/media/streamingLocators/..",
            None,
            Err(400),
        ),
        (
            "/api/v1/projects/east/media/streamingLocators/%2e%2E",
            None,
            Err(400),
        ),
        (
            "/api/v1/projects/east/media/streamingLocators/..%2Fassets%2Ffilm",
            None,
            Err(400),
        ),
        (
            "/api/v1/projects/east/media/streamingLocators/%2e%2e/assets/film",
            None,
            Err(400),
        ),
        ("/api/v1/projects/east/media/assets/film", None, Err(400)),
        (
            "/api/v1/projects/east/media",
            Some("../assets/film"),
            Err(400),
        ),
        ("/api/v1/projects/east/media", Some(""), Err(400)),
        ("/api/v1/projects/east/media", None, Err(400)),
    ] {
        let expected = expected.map(|name| vec![format!("streamingLocators/{name}")]);
        assert_eq!(of(&locator(source, named)), expected, "{source} {named:?}");
    }
}

#[test]
fn only_events_of_the_project_count() {
    for source in [
        "/api/v1/projects/west/media/streamingLocators/film",
        "https://app.mk.io/api/v1/projects/west/media/streamingLocators/film",
        "/api/v1/projects/east2/media/streamingLocators/film",
        "/api/v1/projects//media/streamingLocators/film",
    ] {
        assert_eq!(of(&locator(source, Some("film"))), Err(403), "{source}");
    }
    let mut unnamed = locator("/media/streamingLocators/film", None);
    assert_eq!(of(&unnamed), Ok(vec!["streamingLocators/film".to_owned()]));
    unnamed["data"]["projectName"] = json!("west");
    assert_eq!(of(&unnamed), Err(403));
    unnamed["data"]["projectName"] = Value::Null;
    assert_eq!(of(&unnamed), Err(403));
    // On Azure Media Services there is no project that an event could be about.
    let body = locator("/api/v1/projects//media/streamingLocators/film", None).to_string();
    let refused = read(&HeaderMap::new(), body.as_bytes(), "").unwrap_err();
    assert_eq!(refused.0, StatusCode::FORBIDDEN);
}

#[test]
fn what_the_body_is_said_to_be_counts() {
    let event = locator(LOCATOR, None).to_string();
    for content_type in [
        None,
        Some("application/json"),
        Some("application/json; charset=utf-8"),
        Some("application/cloudevents+json"),
        Some("Application/CloudEvents+JSON ;charset=UTF-8"),
    ] {
        assert!(
            taken(content_type, event.as_bytes()).is_ok(),
            "{content_type:?}"
        );
    }
    for content_type in [
        "text/plain",
        "application/cloudevents-batch+json",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "",
    ] {
        let refused = taken(Some(content_type), event.as_bytes());
        assert_eq!(refused, Err(400), "{content_type}");
    }
    // In binary mode the body is the data alone.
    let data = locator(LOCATOR, None)["data"].to_string();
    assert_eq!(taken(Some("application/json"), data.as_bytes()), Err(400));
    assert_eq!(taken(Some("application/json"), b""), Err(500));
    for body in [
        "[]",
        "null",
        "no JSON",
        "\u{feff}{}",
        "{\"specversion\":1.0}",
    ] {
        assert_eq!(
            taken(Some("application/json"), body.as_bytes()),
            Err(400),
            "{body}"
        );
    }
    for version in [
        json!("0.3"),
        json!("2.0"),
        json!(""),
        Value::Null,
        json!(1.0),
    ] {
        let mut event = locator(LOCATOR, None);
        event["specversion"] = version;
        assert_eq!(of(&event), Err(400), "{event}");
    }
}

#[test]
fn a_finished_job_names_each_of_its_output_assets_once() {
    let asset =
        |name: &str| json!({"@odata.type": "#Microsoft.Media.JobOutputAsset", "assetName": name});
    let outputs = json!([asset("a film"), asset("über"), {"other": 1}, asset("a film")]);
    let expected = vec!["assets/a film".to_owned(), "assets/über".to_owned()];
    assert_eq!(of(&job(&outputs)), Ok(expected));
    for none in [json!([]), json!({}), Value::Null, json!([{"assetName": 7}])] {
        assert_eq!(of(&job(&none)), Err(400), "{none}");
    }
    let escaping = json!([asset("../streamingLocators/film")]);
    assert_eq!(of(&job(&escaping)), Err(400));
    let mut without = job(&outputs);
    without["data"]["resource"] = Value::Null;
    assert_eq!(of(&without), Err(400));
    for state in ["Error", "Canceled", "finished", ""] {
        let mut ended = job(&outputs);
        ended["data"]["state"] = json!(state);
        assert_eq!(of(&ended), Err(200), "{state}");
    }
}

#[test]
fn other_events_are_taken_and_ignored() {
    for kind in ["MediaKind.JobStarted", "MediaKind.Tomorrow", ""] {
        let mut event = locator(LOCATOR, None);
        event["type"] = json!(kind);
        assert_eq!(of(&event), Err(200), "{kind}");
    }
}
