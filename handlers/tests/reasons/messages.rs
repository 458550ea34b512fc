//! Messages and events that are not, or not for this primary, or of nothing that is mirrored.

use mirror::{Outcome, Reason};
use serde_json::{Value, json};

use crate::{End, Row, app::ACCOUNT};

const QUEUES: [&str; 9] = [
    "mirror-asset",
    "mirror-locator",
    "mirror-content-key-policy",
    "mirror-streaming-policy",
    "mirror-filter",
    "deletions",
    "copy-blobs",
    "walk",
    "backfill",
];

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = bad_messages();
    rows.extend(events());
    rows.extend(blob_events());
    rows
}

fn bad_messages() -> Vec<Row> {
    let texts = [
        "",
        "not a change",
        "[]",
        "{}",
        r#"{"v":2,"kind":"assets","name":"a"}"#,
        r#"{"v":1,"kind":"transforms","name":"a"}"#,
        r#"{"v":1,"kind":"assets","name":""}"#,
        r#"{"v":1,"kind":"assets","name":"a","since":"yesterday"}"#,
        r#"{"v":1,"account":"Weststore","container":"films"}"#,
        r#"{"v":1,"account":"weststore","container":"$web"}"#,
    ];
    let row = |function, text: &str| Row {
        what: format!("{function} gets {text:?}"),
        function,
        data: json!({"message": text}),
        dequeue_count: 1,
        logged: Outcome::Failed(Reason::BadMessage),
        end: End::Poisoned,
    };
    let mut rows = Vec::new();
    for function in QUEUES {
        rows.extend(texts.map(|text| row(function, text)));
    }
    let shareless = r#"{"v":1,"kind":"assets","name":"a"}"#;
    rows.push(row("copy-blobs", shareless));
    const SINCE: &str = "2026-01-02T03:04:05Z";
    let order = |what: &str| format!(r#"{{"v":1,"cause":"walk","run":"r",{what}}}"#);
    for what in [
        r#""kind":"assets","depth":"list""#.to_owned(),
        format!(r#""kind":"assets","since":"{SINCE}""#),
        format!(r#""kind":"assets","depth":"deep","since":"{SINCE}""#),
        r#""kind":"assets","depth":"list","since":"yesterday""#.to_owned(),
        format!(r#""kind":"assets","depth":"list","since":"{SINCE}","createdAfter":"x""#),
        // They are walked with their assets.
        format!(r#""kind":"assetFilters","depth":"list","since":"{SINCE}""#),
    ] {
        rows.push(row("walk", &order(&what)));
    }
    rows.push(row("walk", r#"{"v":1,"kind":"assets","names":["a"]}"#));
    for text in [
        r#"{"v":1,"kind":"assets","names":["a","b/c"]}"#,
        r#"{"v":1,"kind":"assets","names":[7]}"#,
        r#"{"v":1,"kind":"assets","names":["a"],"depth":"deep"}"#,
        r#"{"v":1,"kind":"assets","names":["a"],"since":"yesterday"}"#,
        r#"{"v":1,"kind":"assetFilters","names":["a"]}"#,
        r#"{"v":1,"kind":"assets","name":"a","share":{"of":"nothing"}}"#,
        shareless,
    ] {
        rows.push(row("backfill", text));
    }
    rows
}

fn events() -> Vec<Row> {
    const WRITTEN: &str = "Microsoft.Resources.ResourceWriteSuccess";
    const FINISHED: &str = "Microsoft.Media.JobFinished";
    let bad = Outcome::Failed(Reason::BadMessage);
    let not_primary = Outcome::Skipped(Reason::NotPrimary);
    let not_mirrored = Outcome::Skipped(Reason::NotMirroredKind);
    let locator = format!("{ACCOUNT}/streamingLocators/play");
    let track = format!("{ACCOUNT}/assets/film/tracks/audio");
    let transform = format!("{ACCOUNT}/transforms/t");
    let neighbour = format!("{ACCOUNT}2/streamingLocators/play");
    let other = "/subscriptions/other";
    let event = |topic: &str, kind: &str, subject: &str| json!({"topic": topic, "eventType": kind, "subject": subject, "data": {}});
    let resource = |kind, subject: &str| event("/subscriptions/s", kind, subject);
    let row = |what: &str, function, event: Value, logged, end| Row {
        what: what.to_owned(),
        function,
        data: json!({"event": event}),
        dequeue_count: 1,
        logged,
        end,
    };
    let changed = "resource-changed";
    let job = "job-finished";
    let done = End::Done;
    vec![
        row("no object", changed, json!("text"), bad, done),
        row(
            "a bad name",
            changed,
            resource(WRITTEN, &format!("{ACCOUNT}/assets/")),
            bad,
            done,
        ),
        row("no object", job, json!([]), bad, done),
        row(
            "no outputs",
            job,
            event(ACCOUNT, FINISHED, "job"),
            bad,
            done,
        ),
        row(
            "another topic",
            changed,
            event(other, WRITTEN, &locator),
            not_primary,
            done,
        ),
        row(
            "another account",
            changed,
            resource(WRITTEN, &neighbour),
            not_primary,
            done,
        ),
        row(
            "another account's job",
            job,
            event(other, FINISHED, "job"),
            not_primary,
            done,
        ),
        row(
            "another kind",
            changed,
            resource(WRITTEN, &transform),
            not_mirrored,
            done,
        ),
        row(
            "another event",
            changed,
            resource("Microsoft.Resources.ResourceActionSuccess", &locator),
            not_mirrored,
            done,
        ),
        row(
            "a job that goes on",
            job,
            event(ACCOUNT, "Microsoft.Media.JobProcessing", "job"),
            not_mirrored,
            done,
        ),
        // It travels with the blobs of its asset.
        row(
            "a track",
            changed,
            resource(WRITTEN, &track),
            not_mirrored,
            End::Enqueued,
        ),
    ]
}

fn blob_events() -> Vec<Row> {
    const CREATED: &str = "Microsoft.Storage.BlobCreated";
    const CONTAINERS: &str = "/blobServices/default/containers";
    let account = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts";
    let ours = format!("{account}/weststore");
    let film = format!("{CONTAINERS}/films/blobs/film.mp4");
    let own = |topic: &str, kind: &str, subject: &str| json!({"topic": topic, "eventType": kind, "subject": subject, "data": {}});
    let cloud = |source: &str, kind: &str, subject: &str| json!({"specversion": "1.0", "source": source, "type": kind, "subject": subject, "data": {}});
    let bad = Outcome::Failed(Reason::BadMessage);
    let not_primary = Outcome::Skipped(Reason::NotPrimary);
    let not_mirrored = Outcome::Skipped(Reason::NotMirroredKind);
    let mut rows = Vec::new();
    let mut add = |what: &str, event: Value, logged| {
        rows.push(Row {
            what: format!("blob event: {what}"),
            function: "blob-changed",
            data: json!({"event": event}),
            dequeue_count: 1,
            logged,
            end: End::Done,
        });
    };
    add("no object", json!([]), bad);
    for form in [own, cloud] {
        for topic in [
            format!("{account}/otherstore"),
            format!("{ours}2"),
            ACCOUNT.to_owned(),
            String::new(),
        ] {
            add(&topic, form(&topic, CREATED, &film), not_primary);
        }
        for kind in [
            "Microsoft.Storage.BlobRenamed",
            "Microsoft.Storage.DirectoryDeleted",
            "Microsoft.Storage.BlobTierChanged",
            "Microsoft.Resources.ResourceWriteSuccess",
            "",
        ] {
            add(kind, form(&ours, kind, &film), not_mirrored);
        }
        for container in ["$logs", "$web", "$blobchangefeed"] {
            let subject = format!("{CONTAINERS}/{container}/blobs/a");
            add(container, form(&ours, CREATED, &subject), not_mirrored);
        }
        for subject in [
            "",
            "films",
            "/blobServices/default/containers/films",
            "/blobServices/default/containers/films/blobs/",
            "/blobServices/default/containers/Films/blobs/a",
            "/blobServices/default/containers//blobs/a",
        ] {
            add(subject, form(&ours, CREATED, subject), bad);
        }
    }
    rows
}
