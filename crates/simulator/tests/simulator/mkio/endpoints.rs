//! Streaming endpoints, as far as someone needs who asks whether they run.

use serde_json::{Value, json};

use super::client::Mkio;

async fn put(mkio: &Mkio, project: &str, name: &str, location: &str, properties: Value) -> u16 {
    let path = format!("{project}/media/streamingEndpoints/{name}");
    let body = json!({ "location": location, "properties": properties });
    mkio.send("PUT", &path, Some(body)).await.status
}

#[tokio::test]
async fn every_project_has_one_that_runs() {
    let mkio = Mkio::start().await;
    let listed = mkio.get("streamingEndpoints").await.body;
    assert_eq!(listed["value"].as_array().unwrap().len(), 1);
    let endpoint = &listed["value"][0];
    assert_eq!(endpoint["name"], "default");
    assert_eq!(endpoint["location"], "westeurope");
    let properties = &endpoint["properties"];
    assert_eq!(
        properties["hostName"],
        "ep-default-primary.westeurope.streaming.mediakind.com"
    );
    assert_eq!(properties["resourceState"], "Running");
    assert_eq!(properties["scaleUnits"], 1);
    mkio.stop().await;
}

#[tokio::test]
async fn one_is_made_started_scaled_and_stopped() {
    let mkio = Mkio::start().await;
    let units = json!({ "scaleUnits": 0, "sku": { "name": "Premium" } });
    let made = || put(&mkio, "primary", "e", "westeurope", units.clone());
    assert_eq!(made().await, 201);
    assert_eq!(made().await, 409, "PUT creates only");
    let state = async || {
        let body = mkio.get("streamingEndpoints/e/state").await.body;
        body["status"]["state"].clone()
    };
    assert_eq!(state().await, "Stopped");
    mkio.post("streamingEndpoints/e/start").await;
    assert_eq!(state().await, "Running");
    let path = "primary/media/streamingEndpoints/e/scale";
    let scaled = mkio
        .send("POST", path, Some(json!({ "scaleUnit": 4 })))
        .await;
    assert_eq!(scaled.status, 200);
    mkio.post("streamingEndpoints/e/stop").await;
    let shown = mkio.get("streamingEndpoints/e").await.body["properties"].clone();
    assert_eq!(shown["scaleUnits"], 4);
    assert_eq!(shown["resourceState"], "Stopped");
    assert_eq!(mkio.delete("streamingEndpoints/e").await.status, 200);
    mkio.stop().await;
}

/// Trap 10.
#[tokio::test]
async fn a_public_name_is_unique_everywhere_and_own_hosts_are_not_supported() {
    let mkio = Mkio::start().await;
    let films = json!({ "scaleUnits": 1, "publicName": "films" });
    assert_eq!(
        put(&mkio, "primary", "e", "westeurope", films.clone()).await,
        201
    );
    assert_eq!(
        put(&mkio, "secondary", "e", "northeurope", films).await,
        409
    );
    let own = json!({ "scaleUnits": 1, "customHostNames": ["films.example.com"] });
    assert_eq!(put(&mkio, "secondary", "e", "northeurope", own).await, 400);
    let units = json!({ "scaleUnits": 1 });
    assert_eq!(
        put(&mkio, "secondary", "e", "westeurope", units.clone()).await,
        400,
        "not the project's location"
    );
    assert_eq!(
        put(&mkio, "secondary", "e", "northeurope", units).await,
        201
    );
    mkio.stop().await;
}
