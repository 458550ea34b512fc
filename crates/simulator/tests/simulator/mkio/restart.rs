//! What is kept in a data folder.

use serde_json::json;
use simulator::SimulatorOptions;

use super::client::{Mkio, own_locator};
use crate::harness::options;

#[tokio::test]
async fn projects_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let kept = || SimulatorOptions {
        data_dir: Some(folder.path().to_owned()),
        ..options(["r1", "r2"])
    };
    let paths = [
        "assets/a",
        "streamingLocators/l",
        "streamingPolicies/own",
        "storage/primarystore1",
        "streamingEndpoints/default",
    ];
    let mkio = Mkio::with(kept()).await;
    for project in ["primary", "secondary"] {
        mkio.scene(project).await;
        mkio.put_in(project, "streamingLocators/l", own_locator("k-1"))
            .await;
    }
    mkio.send("DELETE", "secondary/media/streamingLocators/l", None)
        .await;
    mkio.delete("storage/primarystore2").await;
    let before = [
        mkio.get(paths[0]).await.body,
        mkio.get(paths[1]).await.body,
        mkio.get(paths[2]).await.body,
        mkio.get(paths[3]).await.body,
        mkio.get(paths[4]).await.body,
    ];
    mkio.stop().await;

    let mkio = Mkio::with(kept()).await;
    for (path, before) in paths.iter().zip(&before) {
        assert_eq!(mkio.get(path).await.body, *before, "{path}");
    }
    assert!(
        !mkio.licence_served("primary", "k-1"),
        "the key server still lacks it"
    );
    assert_eq!(mkio.get("storage/primarystore2").await.status, 404);
    let container = before[0]["properties"]["container"].clone();
    let again = json!({ "storageAccountName": "primarystore1", "container": container });
    assert_eq!(mkio.put("assets/b", again).await.status, 409);
    mkio.stop().await;
}
