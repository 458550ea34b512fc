//! Transforms and jobs.

use serde_json::{Value, json};
use simulator::{JobOutcome, JobsMode};

use super::client::Mkio;

/// Makes a job with the name `j`; the status.
pub(super) async fn put_job(mkio: &Mkio, output: &str) -> u16 {
    let transform =
        json!({ "outputs": [{ "preset": { "@odata.type": "#MediaKind.EncoderPreset" } }] });
    mkio.put("transforms/t", transform).await;
    let job = json!({
        "input": { "@odata.type": "#Microsoft.Media.JobInputAsset", "assetName": "in" },
        "outputs": [{ "@odata.type": "#Microsoft.Media.JobOutputAsset", "assetName": output }],
        "correlationData": { "film": "7" },
    });
    mkio.put("transforms/t/jobs/j", job).await.status
}

async fn scene() -> Mkio {
    let mkio = Mkio::start().await;
    for name in ["in", "out"] {
        mkio.asset("primary", name).await;
    }
    mkio
}

async fn shown(mkio: &Mkio) -> Value {
    mkio.get("transforms/t/jobs/j").await.body["properties"].clone()
}

#[tokio::test]
async fn a_job_finishes_at_once() {
    let mkio = scene().await;
    assert_eq!(put_job(&mkio, "out").await, 201);
    let job = shown(&mkio).await;
    assert_eq!(job["state"], "Finished");
    assert_eq!(job["outputs"][0]["state"], "Finished");
    assert_eq!(put_job(&mkio, "out").await, 409);
    let state = mkio.get("transforms/t/jobs/j/state").await.body;
    assert_eq!(state["status"]["state"], "Finished");
    for query in [
        "jobs?$filter=properties/state eq 'Finished'",
        "jobs?$filter=transform eq 't'",
        "transforms/t/jobs",
    ] {
        let listed = mkio.get(query).await.body;
        assert_eq!(listed["value"][0]["name"], "j", "{query}");
        assert!(
            listed["value"][0]["id"]
                .as_str()
                .unwrap()
                .ends_with("/transforms/t/jobs/j")
        );
    }
    mkio.stop().await;
}

#[tokio::test]
async fn a_held_job_ends_as_it_is_told() {
    let mkio = scene().await;
    mkio.change_settings(|settings| settings.jobs = JobsMode::Hold);
    put_job(&mkio, "out").await;
    assert_eq!(shown(&mkio).await["state"], "Processing");
    mkio.finish_job("primary", "t", "j", JobOutcome::Error)
        .unwrap();
    let job = shown(&mkio).await;
    assert_eq!(job["state"], "Error");
    assert_eq!(job["outputs"][0]["error"]["code"], "ServiceError");
    let again = mkio.finish_job("primary", "t", "j", JobOutcome::Finished);
    assert!(again.is_err());
    mkio.stop().await;
}

#[tokio::test]
async fn a_job_can_be_cancelled_and_described() {
    let mkio = scene().await;
    mkio.change_settings(|settings| settings.jobs = JobsMode::Hold);
    put_job(&mkio, "out").await;
    let described = mkio
        .patch(
            "transforms/t/jobs/j",
            json!({ "description": "d", "priority": "High" }),
        )
        .await;
    assert_eq!(described.body["properties"]["priority"], "High");
    let outputs = mkio
        .patch("transforms/t/jobs/j", json!({ "outputs": [] }))
        .await;
    assert_eq!(outputs.status, 400);
    assert_eq!(mkio.post("transforms/t/jobs/j/cancelJob").await.status, 200);
    assert_eq!(shown(&mkio).await["state"], "Canceled");
    assert_eq!(mkio.delete("transforms/t/jobs/j").await.status, 200);
    mkio.stop().await;
}

#[tokio::test]
async fn a_job_needs_its_assets() {
    let mkio = scene().await;
    assert_eq!(put_job(&mkio, "missing").await, 422);
    let two = json!({ "outputs": [{}, {}] });
    assert_eq!(mkio.put("transforms/u", two).await.status, 400);
    mkio.stop().await;
}
