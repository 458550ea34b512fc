//! Least work: the calls to both projects for each change, counted by the simulator.

use anyhow::ensure;
use serde_json::json;
use simulator::{Counts, Settings};
use world::{World, bodies::streaming_policies};

use crate::support::{Scene, clear, encoded, made, mkio, tests, viewers};

tests![every_change_costs_what_it_must];

/// Reads, POSTs (secrets and keys) and writes.
type Calls = (usize, usize, usize);

/// The requests since the last reset, for the error.
fn paths(scene: &Scene) -> String {
    let requests = scene.control().requests(None);
    let lines = requests.iter().map(|request| {
        let account = request.account.as_deref().unwrap_or_default();
        format!("{account} {} {}\n", request.method, request.path)
    });
    lines.collect()
}

/// The calls of the mirror to the primary and to the secondary, for what the platform just did. The platform's own are taken off.
async fn calls(scene: &Scene, listed: &mut String, own: Calls) -> anyhow::Result<[Calls; 2]> {
    scene.calm().await?;
    listed.push_str(&paths(scene));
    listed.push('\n');
    let of = |counts: Counts| (counts.reads, counts.actions, counts.writes);
    let (reads, actions, writes) = of(scene.control().counts(World::PRIMARY));
    let primary = (reads - own.0, actions - own.1, writes - own.2);
    let secondary = of(scene.control().counts(World::SECONDARY));
    scene.control().reset_requests();
    Ok([primary, secondary])
}

async fn every_change_costs_what_it_must() -> anyhow::Result<()> {
    let scene = mkio().await?;
    // In another way of behaving MK.IO costs more or fewer calls.
    scene.control().set_settings(Settings::default());
    let primary = scene.primary()?;
    // The mirror asks for each storage record once.
    encoded(&scene, "first").await?;
    let mut listed = String::new();
    let mut table: Vec<(&str, [Calls; 2])> = Vec::new();

    made(&scene, "counted").await?;
    scene.calm().await?;
    scene.control().reset_requests();
    primary.encode("counted", &["counted"]).await?;
    table.push((
        "an encoded asset",
        calls(&scene, &mut listed, (0, 0, 2)).await?,
    ));

    scene.hint("assets/counted").await?;
    table.push((
        "the same asset again",
        calls(&scene, &mut listed, (0, 0, 0)).await?,
    ));

    let locator = "streamingLocators/counted-free";
    primary.put(locator, clear("counted")).await?;
    table.push((
        "a clear locator",
        calls(&scene, &mut listed, (0, 0, 1)).await?,
    ));

    scene.hint("streamingLocators/counted-free").await?;
    table.push((
        "the same locator again",
        calls(&scene, &mut listed, (0, 0, 0)).await?,
    ));

    let mut hidden = clear("counted");
    hidden["suppressed"] = json!(true);
    primary.put(locator, hidden).await?;
    scene.hint("streamingLocators/counted-free").await?;
    table.push((
        "a locator is suppressed",
        calls(&scene, &mut listed, (0, 0, 1)).await?,
    ));

    let policy = viewers(&scene.secrets.base64("old-key"));
    primary.put("contentKeyPolicies/counted", policy).await?;
    scene.hint("contentKeyPolicies/counted").await?;
    table.push((
        "a content key policy",
        calls(&scene, &mut listed, (0, 0, 1)).await?,
    ));

    let policy = viewers(&scene.secrets.base64("new-key"));
    primary.change_content_key_policy("counted", policy).await?;
    scene.hint("contentKeyPolicies/counted").await?;
    table.push(("its update", calls(&scene, &mut listed, (0, 0, 1)).await?));

    let policy = streaming_policies::clear_key("counted");
    primary.put("streamingPolicies/counted", policy).await?;
    scene.hint("streamingPolicies/counted").await?;
    table.push((
        "a streaming policy",
        calls(&scene, &mut listed, (0, 0, 1)).await?,
    ));

    let keyed = json!({
        "assetName": "counted",
        "streamingPolicyName": "counted",
        "defaultContentKeyPolicyName": "counted",
    });
    primary
        .put("streamingLocators/counted-keyed", keyed)
        .await?;
    table.push((
        "a locator with keys",
        calls(&scene, &mut listed, (0, 0, 1)).await?,
    ));

    scene.hint("streamingLocators/counted-keyed").await?;
    table.push((
        "the same locator with keys again",
        calls(&scene, &mut listed, (0, 0, 0)).await?,
    ));

    let expected: [(&str, [Calls; 2]); 10] = [
        ("an encoded asset", [(4, 0, 0), (4, 0, 1)]),
        ("the same asset again", [(3, 0, 0), (2, 0, 0)]),
        ("a clear locator", [(3, 0, 0), (2, 0, 1)]),
        ("the same locator again", [(2, 0, 0), (2, 0, 0)]),
        ("a locator is suppressed", [(3, 0, 0), (2, 0, 1)]),
        ("a content key policy", [(0, 2, 0), (2, 2, 1)]),
        ("its update", [(0, 2, 0), (0, 2, 1)]),
        ("a streaming policy", [(2, 0, 0), (2, 0, 1)]),
        ("a locator with keys", [(3, 2, 0), (2, 2, 2)]),
        ("the same locator with keys again", [(2, 1, 0), (2, 1, 0)]),
    ];
    ensure!(table == expected, "{table:#?}\n{listed}");
    Ok(())
}
