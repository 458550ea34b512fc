//! Hints: those that cannot be understood are kept with the reason, those about nothing cost a look.

use anyhow::ensure;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use world::{Backend, Storage};

use crate::support::{shared, tests_on_both, viewers};

tests_on_both![
    a_message_that_is_no_json_is_kept_to_the_byte,
    a_message_that_cannot_be_understood_is_kept_with_the_reason,
    a_resource_that_is_gone_before_the_handler_looks_is_no_error,
    a_policy_that_is_deleted_in_the_primary_stays_in_the_secondary,
    a_share_of_other_storage_accounts_copies_nothing,
];

async fn a_message_that_is_no_json_is_kept_to_the_byte(backend: Backend) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    // The second looks like base64, the third like the end of a message, the last is as large as a message may be.
    let large = [b"no JSON, and large: ".as_slice(), &[b'.'; 32 * 1024]].concat();
    let messages: [&[u8]; 4] = [b"\xff\x00no JSON", b"bm8gSlNPTg==", b"\"}", &large];
    for message in messages {
        scene.enqueue("mirror-locator", message).await?;
        let original = STANDARD.encode(message);
        let kept = scene.poisoned("mirror-locator", |kept| {
            kept["original"] == original.as_str()
        });
        ensure!(kept.await?["reason"] == "bad-message");
    }
    Ok(())
}

async fn a_message_that_cannot_be_understood_is_kept_with_the_reason(
    backend: Backend,
) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    let bad = [
        ("version", json!({"v": 2, "kind": "assets", "name": "a"})),
        ("no version", json!({"kind": "assets", "name": "a"})),
        ("unknown kind", json!({"v": 1, "kind": "jobs", "name": "a"})),
        (
            "forbidden character",
            json!({"v": 1, "kind": "assets", "name": "a/b"}),
        ),
        ("dots", json!({"v": 1, "kind": "assets", "name": ".."})),
        ("no name", json!({"v": 1, "kind": "assets", "name": ""})),
        (
            "long name",
            json!({"v": 1, "kind": "assets", "name": "n".repeat(261)}),
        ),
        (
            "no parent",
            json!({"v": 1, "kind": "assetFilters", "name": "a"}),
        ),
        (
            "bad time",
            json!({"v": 1, "kind": "assets", "name": "a", "since": "yesterday"}),
        ),
        ("bad type", json!({"v": 1, "kind": "assets", "name": 7})),
    ];
    for (what, mut message) in bad {
        // A field that the mirror does not know stays too.
        message["mark"] = json!(what);
        scene
            .enqueue("mirror-asset", message.to_string().as_bytes())
            .await?;
        let mut kept = scene
            .poisoned("mirror-asset", |kept| kept["mark"] == what)
            .await?;
        ensure!(kept["reason"] == "bad-message", "{what}: {kept}");
        let detail = kept["detail"].as_str().unwrap_or_default().to_owned();
        ensure!(!detail.is_empty(), "{what}: nobody says why");
        if let Value::Object(kept) = &mut kept {
            kept.remove("reason");
            kept.remove("detail");
        }
        ensure!(kept == message, "{what}: {kept}");
    }
    Ok(())
}

async fn a_resource_that_is_gone_before_the_handler_looks_is_no_error(
    backend: Backend,
) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    for kind in [
        "assets",
        "streamingLocators",
        "contentKeyPolicies",
        "streamingPolicies",
        "accountFilters",
    ] {
        let resource = format!("{kind}/long-gone");
        scene.hint(&resource).await?;
        scene.expect(&resource, "in-sync").await?;
    }
    ensure!(scene.writes("long-gone").is_empty());
    Ok(())
}

async fn a_policy_that_is_deleted_in_the_primary_stays_in_the_secondary(
    backend: Backend,
) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    let policy = "contentKeyPolicies/deleted";
    let key = scene.secrets.base64("verification-key");
    scene.put(policy, viewers(&key)).await?;
    scene.expect(policy, "applied").await?;
    scene.delete(policy).await?;
    scene.expect(policy, "skipped(deletes-off)").await?;
    ensure!(scene.secondary()?.find(policy).await?.is_some());
    Ok(())
}

/// The primary's storage is only read, whatever a message says; and what is copied comes from nowhere else.
async fn a_share_of_other_storage_accounts_copies_nothing(backend: Backend) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    let own = (Storage::PRIMARY, Storage::SECONDARY);
    let others = [
        (own.1, own.0, own.1),
        (own.0, own.0, own.0),
        (own.0, "foreignstore", "foreignstore"),
        ("foreignstore", own.1, "foreignstore"),
    ];
    for (number, (from, to, wrong)) in others.into_iter().enumerate() {
        let name = format!("forged-{number}");
        let place = |account: &str| json!({"account": account, "container": "films"});
        let blob = json!({"name": "film.mp4", "etag": "0x1"});
        let message = json!({
            "v": 1,
            "kind": "assets",
            "name": name,
            "share": {
                "v": 1,
                "source": place(from),
                "replica": place(to),
                "work": {"names": {"blobs": [blob]}},
            },
        });
        scene
            .enqueue("copy-blobs", message.to_string().as_bytes())
            .await?;
        let said = scene
            .expect(&format!("assets/{name}"), "failed(configuration)")
            .await?;
        let detail = said.text("detail");
        ensure!(detail.contains("MIRROR_STORAGE_MAP"), "{said:?}");
        ensure!(detail.contains(wrong), "{said:?}");
    }
    Ok(())
}
