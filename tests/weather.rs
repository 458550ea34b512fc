//! What passes: throttling, lost replies, a lost account. Nothing is lost over it, and nothing is deleted.

use anyhow::{Context, ensure};
use serde_json::json;
use simulator::{Fault, FaultRule, Request};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use world::{Backend, World};

use crate::support::{clear, encoded, exclusive, shared, tests_on_both, viewers};

tests_on_both![
    a_throttled_secondary_gets_the_time_that_it_asks_for,
    a_lost_reply_leaves_exactly_one_locator,
    a_lost_primary_deletes_nothing,
];

fn when(request: &Request) -> anyhow::Result<OffsetDateTime> {
    Ok(OffsetDateTime::parse(&request.at, &Rfc3339)?)
}

async fn a_throttled_secondary_gets_the_time_that_it_asks_for(
    backend: Backend,
) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    encoded(&scene, "busy").await?;
    scene.calm().await?;
    let throttle = Fault::Throttle { retry_after: 4 };
    let throttle = FaultRule::for_account(World::SECONDARY, throttle)
        .path("/streamingLocators/busy")
        .times(1);
    scene.control().add_fault(throttle);
    let locator = "streamingLocators/busy";
    scene.put(locator, clear("busy")).await?;
    scene.expect(locator, "waiting(replica-throttled)").await?;
    // What comes meanwhile waits too: it is the account that is busy.
    let policy = "contentKeyPolicies/busy";
    let key = scene.secrets.base64("verification-key");
    scene.put(policy, viewers(&key)).await?;
    scene.expect(policy, "waiting(replica-throttled)").await?;
    let done = scene.expect(locator, "applied").await?;
    ensure!(done.number("attempt") == Some(1), "{done:?}");
    // Lag is measured from the event, not from the last attempt.
    ensure!(done.number("lag_ms") >= Some(4000), "{done:?}");
    scene.expect(policy, "applied").await?;

    let requests = scene.control().requests(Some(World::SECONDARY));
    let mut after = requests
        .iter()
        .skip_while(|request| request.status != Some(429));
    let refused = after.next().context("one was refused")?;
    let next = after.next().context("the next one")?;
    let waited = when(next)? - when(refused)?;
    ensure!(waited >= Duration::seconds(4), "asked again after {waited}");
    scene.calm().await?;
    scene.proof()?.locator("busy").await?;
    Ok(())
}

async fn a_lost_reply_leaves_exactly_one_locator(backend: Backend) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    encoded(&scene, "unheard").await?;
    let locator = "streamingLocators/unheard";
    let lost = FaultRule::for_account(World::SECONDARY, Fault::DropReply)
        .methods(&["PUT"])
        .path("/streamingLocators/unheard")
        .times(1);
    scene.control().add_fault(lost);
    scene.put(locator, clear("unheard")).await?;
    scene
        .expect(locator, "waiting(replica-unavailable)")
        .await?;
    scene.expect(locator, "in-sync").await?;
    scene.proof()?.locator("unheard").await?;
    let of_asset = "assets/unheard/listStreamingLocators";
    let locators = scene.secondary()?.post(of_asset).await?;
    let locators = locators["streamingLocators"].as_array().map(Vec::len);
    ensure!(locators == Some(1), "{locators:?} locators");
    let writes = scene.writes("unheard");
    let puts = writes
        .iter()
        .filter(|request| request.path.ends_with(locator));
    ensure!(puts.count() == 1, "{writes:?}");
    Ok(())
}

async fn a_lost_primary_deletes_nothing(backend: Backend) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    let key = scene.secrets.base64("verification-key");
    let policy = "contentKeyPolicies/last";
    scene.put(policy, viewers(&key)).await?;
    encoded(&scene, "last").await?;
    let locator = "streamingLocators/last";
    scene.put(locator, clear("last")).await?;
    scene.expect(locator, "applied").await?;
    scene.calm().await?;

    // Azure Resource Manager's own 404s, for the account and everything in it.
    let lost = FaultRule::for_account(World::PRIMARY, Fault::LoseAccount);
    scene.control().add_fault(lost);
    scene.control().reset_requests();
    let before = scene.log.end();
    let resources = [
        ("mirror-asset", "assets"),
        ("mirror-locator", "streamingLocators"),
        ("mirror-content-key-policy", "contentKeyPolicies"),
    ];
    for (queue, kind) in resources {
        let hint = json!({"v": 1, "kind": kind, "name": "last", "cause": "deleted"});
        scene.enqueue(queue, hint.to_string().as_bytes()).await?;
    }
    for (_, kind) in resources {
        let resource = format!("{kind}/last");
        scene
            .expect_after(before, &resource, "waiting(source-unavailable)")
            .await?;
    }
    let counts = scene.control().counts(World::SECONDARY);
    ensure!(counts.writes == 0, "{} writes", counts.writes);
    scene.secondary()?.get(policy).await?;
    scene.secondary()?.get(locator).await?;

    scene.control().clear_faults(None);
    for (_, kind) in resources {
        let resource = format!("{kind}/last");
        scene.expect_after(before, &resource, "in-sync").await?;
    }
    scene.calm().await?;
    let counts = scene.control().counts(World::SECONDARY);
    ensure!(counts.writes == 0, "{} writes", counts.writes);
    scene.proof()?.locator("last").await?;
    Ok(())
}
