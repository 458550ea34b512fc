//! Every operation of the published documents is served, needs the capability that they name, and answers as they say.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, TokenCheck};

use super::client::{Mkio, own_locator, token};
use super::openapi::{Operation, documents};

/// The document's path with the names of what [`prepare`] makes.
fn concrete(operation: &Operation, credential: &str) -> String {
    [
        ("{project_name}", "primary"),
        ("{asset_name}", "a"),
        ("{policy_name}", policy_of(&operation.path)),
        ("{locator_name}", "l"),
        ("{endpoint_name}", "e"),
        ("{storage_name}", "s"),
        ("{transform_name}", "t"),
        ("{job_name}", "j"),
        ("{filter_name}", "f"),
        ("{rule_name}", "r"),
        ("{credential_id}", credential),
    ]
    .iter()
    .fold(operation.path.clone(), |path, (name, value)| {
        path.replace(name, value)
    })
}

fn policy_of(path: &str) -> &'static str {
    if path.contains("contentKeyPolicies") {
        "kp"
    } else {
        "own"
    }
}

/// A body that the operation takes.
fn body_of(operation: &Operation) -> Option<Value> {
    let last = |tail: &str| operation.path.trim_end_matches('/').ends_with(tail);
    let sas = json!({ "sasToken": "?sv=2021&se=2030-01-01T00:00:00Z&sig=c2VjcmV0" });
    Some(match operation.method.as_str() {
        "PUT" if last("{asset_name}") => {
            json!({ "properties": { "storageAccountName": "s", "container": "films" } })
        }
        "PUT" if last("{filter_name}") => {
            json!({ "properties": { "firstQuality": { "bitrate": 5_000_000 } } })
        }
        "PUT" if last("contentKeyPolicies/{policy_name}") => {
            json!({ "properties": { "options": [super::client::clear_key_option("one")] } })
        }
        "PATCH" if last("contentKeyPolicies/{policy_name}") => {
            json!({ "properties": { "options": [super::client::clear_key_option("two")] } })
        }
        "PUT" if last("streamingPolicies/{policy_name}") => {
            json!({ "properties": super::client::own_policy() })
        }
        "PUT" if last("{locator_name}") => json!({ "properties": own_locator("k-1") }),
        "PUT" if last("{endpoint_name}") => {
            json!({ "location": "westeurope", "properties": { "scaleUnits": 1, "publicName": "films" } })
        }
        "PATCH" if last("{endpoint_name}") => {
            json!({ "location": "westeurope", "properties": { "scaleUnits": 2 } })
        }
        "POST" if last("/scale") => json!({ "scaleUnit": 3 }),
        "PUT" if last("{storage_name}") => json!({ "spec": {
            "type": "Microsoft.Storage",
            "url": "https://primarystore1.blob.core.windows.net",
            "credential": sas,
        } }),
        "PATCH" if last("{storage_name}") => {
            json!({ "spec": { "type": "Microsoft.Storage", "description": "films" } })
        }
        "POST" if last("/credentials") => {
            json!({ "spec": { "type": "Microsoft.Storage", "credential": sas } })
        }
        "PUT" if last("{rule_name}") => json!({ "spec": {
            "enabled": false,
            "url": "https://127.0.0.1:1/hook",
            "events": ["MediaKind.StreamingLocatorCreated"],
            "authentication": { "headers": { "X-Secret": "s" } },
        } }),
        _ => return None,
    })
}

/// Creations come first, in the order in which one needs the other; deletions last, the other way round.
fn rank(operation: &Operation) -> i32 {
    const ORDER: [&str; 9] = [
        "/storage/{storage_name}",
        "/credentials",
        "/assets/{asset_name}",
        "/contentKeyPolicies/",
        "/streamingPolicies/",
        "Filters/",
        "/streamingLocators/",
        "/streamingEndpoints/",
        "/webhook/",
    ];
    let place = ORDER
        .iter()
        .rposition(|part| operation.path.contains(part))
        .map_or(0, |at| i32::try_from(at).unwrap());
    match operation.method.as_str() {
        "PUT" => place,
        "DELETE" => 200 - place,
        _ if operation.path.ends_with("/credentials") => 50,
        _ => 100,
    }
}

/// Transforms and the making of jobs are not in the documents.
async fn job(mkio: &Mkio) {
    let transform =
        json!({ "outputs": [{ "preset": { "@odata.type": "#MediaKind.EncoderPreset" } }] });
    assert_eq!(mkio.put("transforms/t", transform).await.status, 201);
    let side = |kind: &str| json!({ "@odata.type": format!("#Microsoft.Media.Job{kind}Asset"), "assetName": "in" });
    mkio.asset("primary", "in").await;
    let job = json!({ "input": side("Input"), "outputs": [side("Output")] });
    assert_eq!(mkio.put("transforms/t/jobs/j", job).await.status, 201);
}

#[tokio::test]
async fn every_documented_operation_succeeds_as_it_is_documented() {
    let Some(documents) = documents() else {
        println!("skipped: shared/reference/mkio/media-api.json is not there");
        return;
    };
    let mkio = Mkio::start().await;
    job(&mkio).await;
    let mut operations: Vec<&Operation> = documents.operations.iter().collect();
    operations.sort_by_key(|operation| (rank(operation), operation.method != "GET"));
    let mut credential = String::new();
    let mut served = BTreeSet::new();
    for operation in &operations {
        let path = concrete(operation, &credential);
        let answer = mkio
            .send(&operation.method, &path, body_of(operation))
            .await;
        if operation.path.ends_with("/skus") {
            assert_eq!(
                answer.status, 501,
                "it says of itself that it is not implemented"
            );
            continue;
        }
        // What the client checks is that the status and the body are documented.
        assert!(
            (200..300).contains(&answer.status),
            "{} {path}: {} {}",
            operation.method,
            answer.status,
            answer.body
        );
        if operation.method == "POST" && operation.path.ends_with("/credentials") {
            credential = answer.body["metadata"]["id"].as_str().unwrap().to_owned();
        }
        served.insert((operation.method.clone(), operation.path.clone()));
    }
    assert_eq!(served.len(), operations.len() - 1);
    mkio.stop().await;
}

#[tokio::test]
async fn every_documented_operation_needs_the_capability_it_names() {
    let Some(documents) = documents() else {
        println!("skipped: shared/reference/mkio/media-api.json is not there");
        return;
    };
    let mut mkio = Mkio::start().await;
    mkio.use_token(token(&json!({ "permissions": {} })));
    for operation in &documents.operations {
        let (_, named) = operation
            .description
            .split_once("RBAC Capability Required:")
            .unwrap();
        let path = concrete(operation, "0");
        let answer = mkio
            .send(&operation.method, &path, body_of(operation))
            .await;
        assert_eq!(answer.status, 403, "{} {path}", operation.method);
        let detail = answer.detail();
        let capability = detail.split('\'').nth(1).unwrap();
        assert!(
            named.contains(&format!("`{capability}`")),
            "{} {path} asks for {capability}, documented is {named}",
            operation.method
        );
    }
    mkio.stop().await;
}

/// The client holds each to the form of an error and to the statuses of the operation.
#[tokio::test]
async fn every_documented_operation_fails_as_it_is_documented() {
    let Some(documents) = documents() else {
        println!("skipped: shared/reference/mkio/media-api.json is not there");
        return;
    };
    let mut mkio = Mkio::start().await;
    let fail = async |mkio: &Mkio, project: &str, expected: &[u16]| {
        for operation in &documents.operations {
            let path = concrete(operation, "0").replacen("primary", project, 1);
            let body = body_of(operation);
            let answer = mkio.send(&operation.method, &path, body).await;
            let method = &operation.method;
            assert!(
                expected.contains(&answer.status),
                "{method} {path}: {} {}",
                answer.status,
                answer.body
            );
        }
    };
    fail(&mkio, "nowhere", &[404]).await;
    for (fault, status) in [
        (Fault::Throttle { retry_after: 1 }, 429),
        (
            Fault::Status {
                status: 500,
                code: None,
                message: None,
            },
            500,
        ),
    ] {
        mkio.add_fault(FaultRule::for_account("primary", fault));
        fail(&mkio, "primary", &[status]).await;
        mkio.clear_faults(None);
    }
    mkio.change(|settings| settings.tokens = TokenCheck::Revoked);
    fail(&mkio, "primary", &[401]).await;
    mkio.change(|settings| settings.tokens = TokenCheck::Checked);
    // A body that holds nothing, and what is not there: made, listed, deleted already, or missing.
    for operation in &documents.operations {
        let path = concrete(operation, "0");
        let body = operation.request.as_ref().map(|_| json!({}));
        let answer = mkio.send(&operation.method, &path, body).await;
        let expected: &[u16] = match operation.method.as_str() {
            "PUT" => &[400],
            "PATCH" | "POST" => &[404],
            "DELETE" if path.contains("/credentials/") => &[404],
            "DELETE" => &[204],
            // The project itself, and what it has.
            _ if operation.path.matches('{').count() == 1 => &[200],
            _ => &[404],
        };
        assert!(
            expected.contains(&answer.status),
            "{} {path}: {}",
            operation.method,
            answer.status
        );
    }
    mkio.use_token("no token");
    fail(&mkio, "primary", &[401]).await;
    mkio.stop().await;
}

/// What the mirror's own client calls, and what whoever publishes, watches or takes over calls around it. Transforms and the making of jobs
/// are left out of the documents.
const USED: &[(&str, &[&str])] = &[
    ("", &["GET"]),
    ("/media/assets", &["GET"]),
    ("/media/assets/{asset_name}", &["GET", "PUT", "DELETE"]),
    ("/media/assets/{asset_name}/state", &["GET"]),
    ("/media/assets/{asset_name}/storage/", &["GET"]),
    (
        "/media/assets/{asset_name}/listStreamingLocators",
        &["POST"],
    ),
    ("/media/assets/{asset_name}/assetFilters", &["GET"]),
    (
        "/media/assets/{asset_name}/assetFilters/{filter_name}",
        &["GET", "PUT", "DELETE"],
    ),
    ("/media/accountFilters", &["GET"]),
    (
        "/media/accountFilters/{filter_name}",
        &["GET", "PUT", "DELETE"],
    ),
    ("/media/contentKeyPolicies", &["GET"]),
    (
        "/media/contentKeyPolicies/{policy_name}",
        &["GET", "PUT", "PATCH", "DELETE"],
    ),
    (
        "/media/contentKeyPolicies/{policy_name}/getPolicyPropertiesWithSecrets",
        &["POST"],
    ),
    ("/media/contentKeyPolicies/{policy_name}/state", &["GET"]),
    ("/media/streamingPolicies", &["GET"]),
    (
        "/media/streamingPolicies/{policy_name}",
        &["GET", "PUT", "DELETE"],
    ),
    ("/media/streamingLocators", &["GET"]),
    (
        "/media/streamingLocators/{locator_name}",
        &["GET", "PUT", "DELETE"],
    ),
    (
        "/media/streamingLocators/{locator_name}/listContentKeys",
        &["POST"],
    ),
    (
        "/media/streamingLocators/{locator_name}/listPaths",
        &["POST"],
    ),
    ("/media/streamingLocators/{locator_name}/state", &["GET"]),
    ("/media/streamingEndpoints", &["GET"]),
    (
        "/media/streamingEndpoints/{endpoint_name}",
        &["GET", "PUT", "PATCH", "DELETE"],
    ),
    ("/media/streamingEndpoints/{endpoint_name}/start", &["POST"]),
    ("/media/streamingEndpoints/{endpoint_name}/stop", &["POST"]),
    ("/media/streamingEndpoints/{endpoint_name}/scale", &["POST"]),
    ("/media/streamingEndpoints/{endpoint_name}/state", &["GET"]),
    ("/media/storage", &["GET"]),
    (
        "/media/storage/{storage_name}",
        &["GET", "PUT", "PATCH", "DELETE"],
    ),
    (
        "/media/storage/{storage_name}/credentials",
        &["GET", "POST"],
    ),
    ("/media/jobs", &["GET"]),
    ("/media/transforms/{transform_name}/jobs", &["GET"]),
    (
        "/media/transforms/{transform_name}/jobs/{job_name}",
        &["GET"],
    ),
    ("/webhook/rules", &["GET"]),
    ("/webhook/rules/{rule_name}", &["GET", "PUT", "DELETE"]),
    ("/webhook/rules/{rule_name}/events", &["GET"]),
];

#[test]
fn every_operation_that_is_used_is_among_those_that_are_checked() {
    let Some(documents) = documents() else {
        println!("skipped: shared/reference/mkio/media-api.json is not there");
        return;
    };
    let documented: BTreeSet<(&str, &str)> = documents
        .operations
        .iter()
        .map(|operation| (operation.method.as_str(), operation.path.as_str()))
        .collect();
    let mut missing = Vec::new();
    for (path, methods) in USED {
        let path = format!("/api/v1/projects/{{project_name}}{path}");
        for method in *methods {
            if !documented.contains(&(*method, path.as_str())) {
                missing.push(format!("{method} {path}"));
            }
        }
    }
    assert!(missing.is_empty(), "not documented: {missing:#?}");
}
