//! What walks of a depth name, and what they say nothing about.

use change::{Depth, Kind, ResourceId};
use mirror::Reason;
use serde_json::{Value, json};
use state::Exception;

use super::{
    account::id,
    scene::{MINUTE, Scene, names, now, order, pass, scene},
};

/// Looked at, and failed for good.
async fn record(scene: &Scene, id: &ResourceId, reason: Reason) {
    let exception = Exception {
        kind: id.kind().as_str().to_owned(),
        name: id.name().to_string(),
        parent: None,
        outcome: "failed".to_owned(),
        reason: reason.as_str().to_owned(),
        detail: None,
        since: now(),
        at: now(),
        attempt: 0,
    };
    scene.app().exceptions.record(id, &exception).await.unwrap();
}

async fn recorded(scene: &Scene, id: &ResourceId) -> Option<String> {
    let known = scene.app().exceptions.get(id).await.unwrap();
    known.map(|known| known.reason)
}

/// Lists show that they differ, and nothing else that may.
fn described(text: &str) -> Value {
    json!({"description": text, "alternativeMediaId": text, "assetName": "film", "options": []})
}

fn bitrate(number: u32) -> Value {
    let protocols = json!({"dash": number > 1, "hls": true});
    json!({"firstQuality": {"bitrate": number}, "noEncryption": {"enabledProtocols": protocols}})
}

#[tokio::test]
async fn what_lists_show_to_differ_is_named_by_deeper_walks_too() {
    for (kind, depths) in [
        (Kind::Assets, &[Depth::Children, Depth::Bytes][..]),
        (Kind::ContentKeyPolicies, &[Depth::Keys]),
        (Kind::StreamingLocators, &[Depth::Keys]),
    ] {
        let scene = scene();
        for name in ["differs", "failed", "same"] {
            scene.primary.put(kind, name, described("new"));
            let replica = if name == "same" { "new" } else { "old" };
            scene.secondary.put(kind, name, described(replica));
        }
        record(&scene, &id(kind, "failed"), Reason::ReplicaConflict).await;
        let walked = names(&scene.walk(&order(kind, Depth::List)).await);
        assert_eq!(walked, ["differs"], "{kind}");
        for depth in depths {
            pass(MINUTE);
            // What failed for good by what lists show may differ in more than that.
            let mut walked = names(&scene.walk(&order(kind, *depth)).await);
            walked.sort();
            assert_eq!(walked, ["differs", "failed", "same"], "{kind} {depth:?}");
        }
    }
}

/// Of these lists show all.
#[tokio::test]
async fn what_lists_show_to_differ_is_named_where_there_is_nothing_deeper() {
    for kind in [Kind::StreamingPolicies, Kind::AccountFilters] {
        let scene = scene();
        for (name, replica) in [("differs", 2), ("same", 1)] {
            scene.primary.put(kind, name, bitrate(1));
            scene.secondary.put(kind, name, bitrate(replica));
        }
        for depth in [Depth::List, Depth::Children, Depth::Keys, Depth::Bytes] {
            pass(MINUTE);
            let walked = names(&scene.walk(&order(kind, depth)).await);
            assert_eq!(walked, ["differs"], "{kind} {depth:?}");
        }
    }
}

#[tokio::test]
async fn who_did_not_look_at_bytes_does_not_say_that_they_are_in_order() {
    let scene = scene();
    let (asset, policy) = (
        id(Kind::Assets, "film"),
        id(Kind::ContentKeyPolicies, "film"),
    );
    for id in [&asset, &policy] {
        scene.primary.put(id.kind(), "film", described("same"));
        scene.secondary.put(id.kind(), "film", described("same"));
    }
    for depth in [Depth::Children, Depth::Keys] {
        for id in [&asset, &policy] {
            record(&scene, id, Reason::CopyMismatch).await;
            pass(MINUTE);
            let batch = json!({
                "v": 1, "kind": id.kind().as_str(), "names": ["film"], "depth": depth.as_str(), "cause": "walk",
            });
            scene.run("backfill", &batch.to_string()).await;
        }
        assert_eq!(
            recorded(&scene, &asset).await.as_deref(),
            Some("copy-mismatch"),
            "{depth:?}"
        );
        // Of all else nothing is left to be said.
        assert_eq!(recorded(&scene, &policy).await, None, "{depth:?}");
    }
}
