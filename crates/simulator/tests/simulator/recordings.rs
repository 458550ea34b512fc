//! Replays what clients once sent to the real service and compares the replies.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::{Map, Value};
use simulator::{AccountOptions, SimulatorOptions, StorageOptions};

use crate::harness::{Answer, Sim, options};

/// How times are masked.
const ROUNDED: &str = "TIME ROUNDED TO 1/300 S";
const IN_TICKS: &str = "TIME IN TICKS";

struct Interaction {
    file: String,
    n: u64,
    method: String,
    url: String,
    request: Option<Value>,
    status: u16,
    response: Value,
    headers: Map<String, Value>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/ams/recordings")
}

/// The recordings file by file, in their order.
fn recordings() -> BTreeMap<String, Vec<Interaction>> {
    let mut files = BTreeMap::new();
    for set in fs::read_dir(folder()).into_iter().flatten().flatten() {
        for file in fs::read_dir(set.path()).into_iter().flatten().flatten() {
            let set = set.file_name().to_string_lossy().into_owned();
            let name = format!("{set}/{}", file.file_name().to_string_lossy());
            let text = fs::read_to_string(file.path()).unwrap();
            let interactions = text.lines().map(|line| read(&name, line)).collect();
            files.insert(name, interactions);
        }
    }
    files
}

fn read(file: &str, line: &str) -> Interaction {
    let mut line: Value = serde_json::from_str(line).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Interaction {
        file: file.to_owned(),
        n: line["n"].as_u64().unwrap(),
        method: text(&line["method"]),
        url: text(&line["url"]),
        // One request is recorded as text, its JSON being cut by the scrubbing of its key values.
        request: match line["request"].take() {
            Value::Null => None,
            Value::String(text) => Some(serde_json::from_str(&text).unwrap_or(Value::String(text))),
            other => Some(other),
        },
        status: u16::try_from(line["status"].as_u64().unwrap()).unwrap(),
        response: line["response"].take(),
        headers: line["headers"].as_object().unwrap().clone(),
    }
}

/// The account that a file's URLs name, with the storage account that its replies name.
fn accounts(interactions: &[Interaction]) -> Vec<AccountOptions> {
    let name = interactions[0].url.split('/').nth(10).unwrap().to_owned();
    let storage = interactions
        .iter()
        .find_map(|one| one.response["properties"]["storageAccountName"].as_str())
        .unwrap_or("store")
        .to_owned();
    vec![AccountOptions {
        name,
        region: "westus2".to_owned(),
        storage: vec![StorageOptions {
            account: storage,
            key: "a2V5".to_owned(),
            blob_endpoint: None,
        }],
    }]
}

/// Takes out what differs from one run to the next: generated IDs, times, signatures, random values; orders what has
/// no order of its own.
fn masked(value: &Value, field: &str) -> Value {
    match value {
        Value::Object(fields) => {
            let masked: Map<String, Value> = fields
                .iter()
                .map(|(name, value)| (name.clone(), masked(value, name)))
                .collect();
            Value::Object(masked)
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| masked(item, field)).collect();
            // Names are scrubbed in the recordings, so that the order of a listing is unknowable; keys have none.
            if field == "value" || field == "contentKeys" {
                items.sort_by_key(|item| {
                    let of = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
                    (of("name"), of("labelReferenceInStreamingPolicy"))
                });
            }
            Value::Array(items)
        }
        Value::String(text) => Value::String(masked_text(text, field)),
        other => other.clone(),
    }
}

fn masked_text(text: &str, field: &str) -> String {
    // The tests of the recordings chose IDs that begin so: they must come back.
    let chosen = text.starts_with("88888888-") || text.starts_with("12345678-");
    match field {
        "assetId" | "policyId" | "policyOptionId" => "ID".to_owned(),
        "streamingLocatorId" | "id" if !chosen && uuid(text) => "ID".to_owned(),
        // Values that the service generated are 16 bytes.
        "value" if text.len() == 24 && text.ends_with("==") => "VALUE".to_owned(),
        // The form of a time is what differs between replies.
        "created" | "lastModified" if text != "2018-03-19T06:06:06Z" => time_form(text),
        "createdAt" | "lastModifiedAt" => "TIME".to_owned(),
        "container" => masked_container(text),
        "assetContainerSasUrls" => {
            let (before, rest) = text.split_once("&sig=").unwrap();
            let (path, query) = before.split_once('?').unwrap();
            let (host, container) = path.rsplit_once('/').unwrap();
            let after = rest.split_once('&').unwrap().1;
            format!(
                "{host}/{}?{query}&sig=X&{after}",
                masked_container(container)
            )
        }
        _ => text.to_owned(),
    }
}

fn masked_container(text: &str) -> String {
    if text.strip_prefix("asset-").is_some_and(uuid) {
        "asset-ID".to_owned()
    } else {
        text.to_owned()
    }
}

/// Whether a time is in the database's thirds of a hundredth (0, 3 or 7 at the end of milliseconds) or in ticks.
fn time_form(text: &str) -> String {
    let fraction = text
        .trim_end_matches('Z')
        .split_once('.')
        .map_or("", |(_, fraction)| fraction);
    let rounded = fraction.len() < 3 || (fraction.len() == 3 && fraction.ends_with(['3', '7']));
    (if rounded {
        "ROUNDED TIME"
    } else {
        "TIME IN TICKS"
    })
    .to_owned()
}

fn uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

/// The recorded headers that say something: what the body is, and which limit the call counts against.
fn headers_differ(one: &Interaction, answer: &Answer) -> Option<String> {
    one.headers
        .iter()
        .map(|(name, value)| (name, value.as_str().unwrap()))
        .find_map(|(name, value)| {
            let got = answer.header(name);
            let wrong = match name.as_str() {
                "date" => got.is_empty(),
                "content-length" => value == "0" && got != value,
                limit if limit.starts_with("x-ms-ratelimit-") => got.is_empty(),
                _ => got != value,
            };
            wrong.then(|| format!("the header {name} is {got:?}, not {value:?}"))
        })
}

/// Equal, but that a time in ticks may end in zeros by chance.
fn same(wanted: &Value, got: &Value) -> bool {
    match (wanted, got) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, value)| b.get(name).is_some_and(|other| same(value, other)))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::String(wanted), Value::String(got)) if wanted == IN_TICKS => {
            got == IN_TICKS || got == ROUNDED
        }
        _ => wanted == got,
    }
}

#[tokio::test]
async fn every_recorded_reply_comes_again() {
    let recordings = recordings();
    if recordings.is_empty() {
        println!("skipped: the recordings of the real service are not beside this repository");
        return;
    }
    let mut compared = 0;
    let mut differences = Vec::new();
    for interactions in recordings.values() {
        let sim = Sim::with(SimulatorOptions {
            accounts: accounts(interactions),
            ..options(["a", "b"])
        })
        .await;
        for one in interactions {
            let at = format!("{} n={}", one.file, one.n);
            let path = one
                .url
                .strip_prefix("https://management.azure.com")
                .unwrap();
            let url = format!("{}{path}", sim.base());
            let answer = sim
                .send(&one.method, &url, one.request.clone())
                .await
                .unwrap();
            compared += 1;
            if answer.status != one.status {
                differences.push(format!(
                    "{at}: {} {path}: {} is wanted, not {answer:?}",
                    one.method, one.status
                ));
                continue;
            }
            if let Some(difference) = headers_differ(one, &answer) {
                differences.push(format!("{at}: {} {path}: {difference}", one.method));
            }
            let (wanted, got) = (masked(&one.response, ""), masked(&answer.body, ""));
            if !same(&wanted, &got) {
                differences.push(format!(
                    "{at}: {} {path}\n  wanted {wanted}\n  got    {got}",
                    one.method
                ));
            }
        }
        sim.stop().await;
    }
    assert!(
        differences.is_empty(),
        "{} of {compared} differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
    assert!(compared >= 239, "only {compared} were compared");
}
