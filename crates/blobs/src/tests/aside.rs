//! What the storage service must never be asked, and what must never be shown.

use super::{double::Op, scene::Scene};
use crate::{Budget, Place, Settings, Settle, Told};

#[tokio::test]
async fn the_source_is_only_read() {
    let scene = Scene::new();
    scene.write("a.mp4", &[1; 250]);
    scene.write("b.ism", b"x");
    let before = format!(
        "{:?}",
        scene.service.state().container(&scene.source).unwrap()
    );
    scene.mirror().await.unwrap();
    let reads = [Op::List, Op::ContainerMetadata, Op::Properties];
    let state = scene.service.state();
    let mut to_source = state
        .calls
        .iter()
        .filter(|call| call.side == crate::Side::Source);
    assert!(to_source.all(|call| reads.contains(&call.op)));
    drop(state);
    let after = format!(
        "{:?}",
        scene.service.state().container(&scene.source).unwrap()
    );
    assert_eq!(before, after);
}

#[tokio::test]
async fn nothing_in_the_replica_is_deleted() {
    let scene = Scene::new();
    scene.write("a", b"x");
    scene.service.state().write(&scene.replica, "mine", b"y");
    scene.mirror().await.unwrap();
    assert!(scene.service.state().get(&scene.replica, "mine").is_some());
}

#[tokio::test]
async fn a_place_that_leads_elsewhere_is_refused_before_any_call() {
    let scene = Scene::new();
    let wrong = Place::new("src.example/", "asset-1");
    let look = scene
        .copier
        .look(&wrong, &scene.replica, Settle::Wait)
        .await;
    assert!(matches!(look, Err(crate::BlobError::Configuration { .. })));
    assert!(scene.service.state().calls.is_empty());
}

#[test]
fn debug_of_the_copier_shows_its_limits_only() {
    let shown = format!("{:?} {:?}", Scene::new().copier, Budget::unlimited());
    assert!(shown.contains("one_call_limit"), "{shown}");
    assert!(!format!("{:?}", Settings::default()).is_empty());
}

#[test]
fn what_the_service_told_reads_well() {
    let told = |status, code: Option<&str>, id: Option<&str>| Told {
        status,
        code: code.map(str::to_owned),
        request_id: id.map(str::to_owned),
    };
    assert_eq!(told(None, None, None).to_string(), "no answer");
    assert_eq!(
        told(Some(403), Some("AuthorizationFailure"), Some("7c1")).to_string(),
        "403 AuthorizationFailure, request 7c1"
    );
}
