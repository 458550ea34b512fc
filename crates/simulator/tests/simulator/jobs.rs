//! Transforms and jobs: enough to have a finished job.

use serde_json::json;
use simulator::{JobOutcome, JobsMode};

use crate::harness::{Answer, Sim};

async fn sim_with_transform() -> Sim {
    let sim = Sim::start().await;
    sim.put("assets/out", json!({})).await;
    let outputs =
        json!([{ "preset": { "@odata.type": "#Microsoft.Media.BuiltInStandardEncoderPreset" } }]);
    let made = sim.put("transforms/t", json!({ "outputs": outputs })).await;
    assert_eq!(made.status, 201);
    assert_eq!(
        made.body["properties"]["outputs"][0]["onError"],
        "StopProcessingJob"
    );
    assert_eq!(
        sim.put("transforms/t", json!({ "outputs": outputs }))
            .await
            .status,
        200
    );
    sim
}

async fn put_job(sim: &Sim, name: &str) -> Answer {
    let properties = json!({
        "input": { "@odata.type": "#Microsoft.Media.JobInputHttp", "files": ["https://example.com/film.mp4"] },
        "outputs": [{ "@odata.type": "#Microsoft.Media.JobOutputAsset", "assetName": "out" }],
        "correlationData": { "film": "7" },
    });
    sim.put(&format!("transforms/t/jobs/{name}"), properties)
        .await
}

async fn state(sim: &Sim, name: &str) -> String {
    let job = sim.get(&format!("transforms/t/jobs/{name}")).await.body["properties"].clone();
    assert_eq!(job["state"], job["outputs"][0]["state"]);
    job["state"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_job_is_queued_and_finished() {
    let sim = sim_with_transform().await;
    let put = put_job(&sim, "j").await;
    assert_eq!(
        (put.status, &put.body["properties"]["state"]),
        (201, &json!("Queued"))
    );
    assert_eq!(
        put.body["type"],
        "Microsoft.Media/mediaservices/transforms/jobs"
    );
    let job = sim.get("transforms/t/jobs/j").await.body["properties"].clone();
    assert_eq!(
        (&job["state"], &job["outputs"][0]["progress"]),
        (&json!("Finished"), &json!(100))
    );
    assert!(job["endTime"].is_string());
    assert_eq!(put_job(&sim, "j").await.status, 409);
    assert_eq!(
        sim.get("transforms/t/jobs").await.body["value"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(sim.delete("transforms/t").await.status, 200);
    assert_eq!(sim.get("transforms/t/jobs/j").await.status, 404);
    sim.stop().await;
}

#[tokio::test]
async fn a_job_ends_as_it_is_told() {
    let sim = sim_with_transform().await;
    for (mode, wanted) in [(JobsMode::Error, "Error"), (JobsMode::Cancel, "Canceled")] {
        sim.change_settings(|settings| settings.jobs = mode);
        put_job(&sim, wanted).await;
        assert_eq!(state(&sim, wanted).await, wanted);
    }
    sim.change_settings(|settings| settings.jobs = JobsMode::Hold);
    put_job(&sim, "held").await;
    assert_eq!(state(&sim, "held").await, "Processing");
    sim.finish_job("PRIMARY", "t", "held", JobOutcome::Finished)
        .unwrap();
    assert_eq!(state(&sim, "held").await, "Finished");
    assert!(
        sim.finish_job("primary", "t", "held", JobOutcome::Error)
            .is_err()
    );

    put_job(&sim, "canceled").await;
    assert_eq!(
        sim.post("transforms/t/jobs/canceled/cancelJob")
            .await
            .status,
        200
    );
    assert_eq!(state(&sim, "canceled").await, "Canceled");

    put_job(&sim, "over-http").await;
    let body = json!({ "account": "primary", "transform": "t", "job": "over-http", "outcome": "finished" });
    let ended = sim
        .send(
            "POST",
            &format!("{}/_sim/jobs/finish", sim.base()),
            Some(body),
        )
        .await
        .unwrap();
    assert_eq!(
        (ended.status, state(&sim, "over-http").await.as_str()),
        (204, "Finished")
    );
    sim.stop().await;
}

#[tokio::test]
async fn a_job_needs_its_transform_and_its_output_asset() {
    let sim = sim_with_transform().await;
    let job = |asset: &str| json!({ "input": {}, "outputs": [{ "assetName": asset }] });
    assert_eq!(
        sim.put("transforms/t/jobs/j", job("missing")).await.status,
        400
    );
    assert_eq!(
        sim.put("transforms/missing/jobs/j", job("out"))
            .await
            .status,
        404
    );
    sim.stop().await;
}
