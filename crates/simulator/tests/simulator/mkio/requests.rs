//! What a request may hold: every body that the documents allow is taken, and every one that they do not is refused.

use serde_json::{Value, json};

use super::client::{Mkio, key_value};
use super::instances::{Change, changed};
use super::openapi::{Operation, documents};

/// What a member holds where the schema alone does not say enough. What is named exists.
fn known(name: &str) -> Option<Value> {
    Some(match name {
        "assetName" => json!("a"),
        "streamingPolicyName" => json!("own"),
        "defaultContentKeyPolicyName" | "policyName" => json!("kp"),
        "labelReferenceInStreamingPolicy" => json!("cenc"),
        "value" => json!(key_value(7)),
        "filters" => json!("f"),
        "storageAccountName" => json!("primarystore1"),
        "container" => json!("films"),
        "location" => json!("westeurope"),
        // "NOT SUPPORTED", its text says.
        "customHostNames" => json!([]),
        "publicName" => json!("films"),
        "url" => json!("https://primarystore1.blob.core.windows.net"),
        "sasToken" => json!("?sv=2021&se=2030-01-01T00:00:00Z&sig=c2VjcmV0"),
        "accessKeyId" => json!("AKIA0123456789ABCDEF"),
        "secretAccessKey" => json!("S".repeat(40)),
        "presentationWindowDuration" | "liveBackoffDuration" => json!(60),
        "fairPlayPfx" => json!(key_value(3)),
        _ => return None,
    })
}

/// What the schemas allow and the simulator refuses all the same.
fn is_refused(operation: &Operation, body: &Value) -> bool {
    match operation.method.as_str() {
        // A change of nothing.
        "PATCH" => *body == json!({}),
        // "Required at creation", their texts say.
        "PUT" => {
            let of = |cloud: &str| body["spec"]["type"] == cloud;
            (of("AWS.S3") || of("Google.Storage")) && body["spec"].get("credential").is_none()
        }
        _ => false,
    }
}

/// What the schemas refuse and the simulator takes all the same: a secret of another form, which tests recognise.
fn is_taken(at: &str, change: &Change) -> bool {
    at.ends_with("/secretAccessKey") && matches!(change, Change::Set(Value::String(_)))
}

/// The resource's own name, which says of what kind it is where that cannot change.
fn path_of(operation: &Operation, body: &Value) -> String {
    let storage = match body["spec"]["type"].as_str() {
        Some("AWS.S3") => "s3",
        Some("Google.Storage") => "google",
        _ => "azure",
    };
    // A PUT makes something new, and everything else is about what is there.
    let named = |name| {
        if operation.method == "PUT" {
            "new"
        } else {
            name
        }
    };
    [
        ("{project_name}", "primary"),
        ("{storage_name}", storage),
        ("{filter_name}", named("f")),
        ("{policy_name}", named("kp")),
        ("{locator_name}", named("l")),
        ("{endpoint_name}", named("default")),
        ("{rule_name}", "r"),
        (
            "{asset_name}",
            if operation.path.ends_with("{asset_name}") {
                "new"
            } else {
                "a"
            },
        ),
    ]
    .iter()
    .fold(operation.path.clone(), |path, (name, value)| {
        path.replace(name, value)
    })
    .replace(
        "{asset_name}",
        if operation.path.ends_with("{asset_name}") {
            "new"
        } else {
            "a"
        },
    )
}

/// What the operations need that change something which is there.
async fn scene() -> Mkio {
    let mkio = Mkio::start().await;
    mkio.scene("primary").await;
    for path in ["accountFilters/f", "assets/a/assetFilters/f"] {
        assert_eq!(mkio.put(path, json!({})).await.status, 201);
    }
    let clear = json!({ "assetName": "a", "streamingPolicyName": "Predefined_ClearStreamingOnly" });
    assert_eq!(mkio.put("streamingLocators/l", clear).await.status, 201);
    mkio
}

/// Takes back what a PUT made, so that the next one makes it again.
async fn undo(mkio: &Mkio, operation: &Operation, path: &str, status: u16) {
    // Storage records are wanted by the operations that come later.
    if operation.method == "PUT" && status < 300 && !path.contains("/storage/") {
        mkio.send("DELETE", path, None).await;
    }
}

#[tokio::test]
async fn what_the_documents_allow_is_taken_and_nothing_else() {
    let Some(documents) = documents() else {
        println!("skipped: shared/reference/mkio/media-api.json is not there");
        return;
    };
    let mkio = scene().await;
    let mut operations: Vec<&Operation> = documents
        .operations
        .iter()
        .filter(|operation| operation.request.is_some())
        .collect();
    // What is made is changed afterwards.
    operations.sort_by_key(|operation| operation.method != "PUT");
    let (mut wrong, mut taken, mut refused) = (Vec::new(), 0, 0);
    for operation in operations {
        let schema = operation.request.as_ref().unwrap();
        let try_one = async |body: &Value| {
            let path = path_of(operation, body);
            let answer = mkio
                .send(&operation.method, &path, Some(body.clone()))
                .await;
            undo(&mkio, operation, &path, answer.status).await;
            answer
        };
        let what = format!("{} {}", operation.method, operation.path);
        for body in [schema.bodies(true, &known), schema.bodies(false, &known)].concat() {
            let answer = try_one(&body).await;
            if answer.status < 300 {
                taken += 1;
            } else if !is_refused(operation, &body) {
                wrong.push(format!("{what} refuses {body}: {}", answer.detail()));
            }
        }
        for body in schema.bodies(true, &known) {
            for (at, change) in schema.changes(&body) {
                let changed = changed(&body, &at, &change);
                let answer = try_one(&changed).await;
                if answer.status == 400 {
                    refused += 1;
                } else if !is_taken(&at, &change) {
                    let how = match change {
                        Change::Set(value) => format!("{at} as {value}"),
                        Change::Remove => format!("no {at}"),
                    };
                    wrong.push(format!("{what} answers {} to {how}", answer.status));
                }
            }
        }
    }
    println!("{taken} bodies taken, {refused} refused");
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    // The schemas were walked, and not only looked at.
    assert!(taken > 30 && refused > 3000, "{taken} {refused}");
    mkio.stop().await;
}
