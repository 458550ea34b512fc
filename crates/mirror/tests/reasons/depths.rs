//! What deeper walks look at of an asset that cannot be mirrored as a whole.

use blobs::Presence;
use change::{Cause, Change, Depth, Name, ResourceId};
use media::MediaService;
use mirror::{Finding, Outcome, Reason, Verdict};
use serde_json::json;

use crate::{
    bodies::{PRIMARY_STORAGE, SECONDARY_STORAGE, asset, asset_id, body},
    scene::Scene,
};

fn filter_id() -> ResourceId {
    ResourceId::asset_filter(asset_id().name().clone(), Name::new("mobile").unwrap())
}

fn walked() -> Change {
    Change::new(asset_id(), Cause::Walk, None)
}

/// An asset with a filter that its replica does not have.
fn with_a_filter(scene: &Scene, storage: &str) {
    scene.primary.put(asset(storage));
    scene.secondary.put(asset(SECONDARY_STORAGE));
    let filter = body(filter_id(), json!({"firstQuality": {"bitrate": 1}}));
    scene.primary.put(filter);
    scene.bytes.are_complete();
}

fn of_filter(findings: &[Finding]) -> Option<&Verdict> {
    let found = findings.iter().find(|found| found.id == filter_id());
    found.map(|found| &found.verdict)
}

#[tokio::test]
async fn an_asset_that_fails_for_good_still_has_its_filters_mirrored() {
    let unmapped = Scene::default();
    with_a_filter(&unmapped, "unmapped");
    let lost = Scene::default();
    with_a_filter(&lost, PRIMARY_STORAGE);
    lost.bytes
        .look_finds(|look| look.source_container = Presence::Absent);
    for (scene, depth, reason) in [
        (&unmapped, Depth::Children, Reason::Configuration),
        (&unmapped, Depth::Bytes, Reason::Configuration),
        (&lost, Depth::Bytes, Reason::SourceGone),
    ] {
        let mirror = scene.mirror();
        let findings = mirror.inspect(&asset_id(), depth).await;
        let of_asset = &findings[0].verdict;
        let told = matches!(of_asset, Verdict::Conflict(found, _) if *found == reason);
        assert!(told, "{of_asset:?}");
        assert_eq!(of_filter(&findings), Some(&Verdict::Create), "{depth:?}");
        let report = mirror.mirror_at(&walked(), depth).await;
        assert_eq!(report.outcome, Outcome::Failed(reason));
        // As part of the same walk.
        let filter = Change::new(filter_id(), Cause::Walk, None);
        assert_eq!(
            report.follow_ups,
            std::slice::from_ref(&filter),
            "{depth:?}"
        );
        let report = mirror.mirror(&filter).await;
        assert_eq!(report.outcome, Outcome::Applied, "{depth:?}");
        scene.secondary.delete(&filter_id()).await.unwrap();
    }
}

/// Nothing is missing of what is not there.
#[tokio::test]
async fn a_source_whose_container_is_lost_is_not_the_same_at_the_depth_of_bytes() {
    let scene = Scene::default();
    scene.asset_is_mirrored();
    let mirror = scene.mirror();
    let verdict = async |depth| mirror.inspect(&asset_id(), depth).await.remove(0).verdict;
    assert_eq!(verdict(Depth::Bytes).await, Verdict::Same);
    scene
        .bytes
        .look_finds(|look| look.source_container = Presence::Absent);
    let lost = verdict(Depth::Bytes).await;
    let told = matches!(lost, Verdict::Conflict(Reason::SourceGone, _));
    assert!(told, "{lost:?}");
    let report = mirror.mirror_at(&walked(), Depth::Bytes).await;
    assert_eq!(report.outcome, Outcome::Failed(Reason::SourceGone));
    // Nobody looks at bytes there.
    assert_eq!(verdict(Depth::Keys).await, Verdict::Same);
}
