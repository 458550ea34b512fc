//! What is kept in a data folder.

use serde_json::json;
use simulator::SimulatorOptions;

use crate::harness::{Sim, options};

#[tokio::test]
async fn resources_survive_a_restart_with_what_must_stay_unique() {
    let folder = tempfile::tempdir().unwrap();
    let kept = || SimulatorOptions {
        data_dir: Some(folder.path().join("data")),
        ..options(["r1", "r1"])
    };
    let key = "00000000-0000-0000-0000-000000000001";
    let locator = json!({
        "assetName": "a",
        "streamingPolicyName": "Predefined_ClearKey",
        "contentKeys": [{ "id": key, "labelReferenceInStreamingPolicy": "clearKeyDefault", "value": "AAECAw==" }],
    });

    let sim = Sim::with(kept()).await;
    sim.put(
        "assets/a",
        json!({ "description": "one", "container": "films" }),
    )
    .await;
    sim.put("assets/a", json!({ "description": "two" })).await;
    sim.put("assets/gone", json!({})).await;
    sim.delete("assets/gone").await;
    assert_eq!(
        sim.put("streamingLocators/l", locator.clone()).await.status,
        201
    );
    let (asset, shown) = (
        sim.get("assets/a").await.body,
        sim.get("streamingLocators/l").await.body,
    );
    sim.stop().await;

    // The last line is cut short by a kill in the middle of a write.
    let log = folder.path().join("data/resources.jsonl");
    let mut text = std::fs::read_to_string(&log).unwrap();
    text.push_str("{\"account\":\"prim");
    std::fs::write(&log, text).unwrap();

    for _ in 0..2 {
        let sim = Sim::with(kept()).await;
        assert_eq!(sim.get("assets/a").await.body, asset);
        assert_eq!(sim.get("streamingLocators/l").await.body, shown);
        assert_eq!(
            sim.post("streamingLocators/l/listContentKeys").await.body["contentKeys"][0]["value"],
            "AAECAw=="
        );
        assert_eq!(sim.get("assets/gone").await.status, 404);
        assert_eq!(
            sim.get("streamingPolicies").await.body["value"]
                .as_array()
                .unwrap()
                .len(),
            6
        );
        assert_eq!(
            sim.put("assets/b", json!({ "container": "films" }))
                .await
                .status,
            400
        );
        sim.put_in("secondary", "assets/a", json!({})).await;
        assert_eq!(
            sim.put_in("secondary", "streamingLocators/l", locator.clone())
                .await
                .status,
            400
        );
        sim.stop().await;
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_read_is_an_error_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("resources.jsonl"), "odd\nodd\n").unwrap();
    let options = SimulatorOptions {
        data_dir: Some(folder.path().to_owned()),
        ..options(["r1", "r2"])
    };
    let error = simulator::Simulator::start(options)
        .await
        .err()
        .map(|error| format!("{error:#}"))
        .unwrap();
    assert!(error.contains("resources.jsonl"), "{error}");
}
