//! What mirroring copies and what it leaves alone.

use super::{double::Op, scene::Scene};
use crate::{
    BlobError, Budget, Settle,
    blob::{Blob, BlobKind, ContentHeaders, MARK, Tier},
};

static UNLIMITED: std::sync::LazyLock<Budget> = std::sync::LazyLock::new(Budget::unlimited);

#[tokio::test]
async fn everything_a_blob_carries_travels() {
    let scene = Scene::new();
    let blob = Blob {
        name: "a.mp4".into(),
        md5: Some(vec![7; 16]),
        headers: ContentHeaders {
            content_type: Some("video/mp4".into()),
            encoding: Some("gzip".into()),
            language: Some("de".into()),
            disposition: Some("inline".into()),
            cache_control: Some("max-age=1".into()),
        },
        tier: Some(Tier::Cool),
        ..Blob::default()
    }
    .with_metadata([("owner".to_owned(), "t".to_owned())]);
    let large = Blob {
        name: "b.mp4".into(),
        ..blob.clone()
    };
    scene
        .service
        .state()
        .write_blob(&scene.source, b"bytes", blob);
    scene
        .service
        .state()
        .write_blob(&scene.source, &[5; 250], large);
    let copied = scene.mirror().await.unwrap();
    assert!(copied.complete && copied.created_container);
    assert_eq!((copied.blobs, copied.bytes, copied.left), (2, 255, 0));
    assert_eq!(
        (scene.count(Op::PutBlob), scene.count(Op::PutBlock)),
        (1, 25)
    );
    scene.assert_mirrored();
}

#[tokio::test]
async fn names_of_all_kinds_and_empty_blobs_are_copied() {
    let scene = Scene::new();
    for name in [
        "a b",
        "a#b",
        "a?b",
        "a%20b",
        "a+b",
        "ünï/ç 😀",
        "a/b/c",
        "a/../b",
        "...",
    ] {
        scene.write(name, b"x");
    }
    scene.write("empty", b"");
    assert!(scene.mirror().await.unwrap().complete);
    scene.assert_mirrored();
}

#[tokio::test]
async fn a_name_that_a_url_would_change_is_refused() {
    for name in [".", "..", "a\tb"] {
        let scene = Scene::new();
        scene.write(name, b"x");
        assert!(
            matches!(scene.mirror().await, Err(BlobError::Name { .. })),
            "{name:?}"
        );
        assert_eq!(scene.count(Op::PutBlob), 0);
    }
    // Below a prefix the full name is another.
    let mut scene = Scene::new();
    scene.source = scene.source.below("p");
    scene.replica = scene.replica.below("p");
    scene.write("..", b"x");
    assert!(scene.mirror().await.unwrap().complete);
}

#[tokio::test]
async fn the_tier_is_set_at_the_first_copy_only() {
    let scene = Scene::new();
    let tiered = |tier| Blob {
        name: "a".into(),
        tier,
        ..Blob::default()
    };
    scene
        .service
        .state()
        .write_blob(&scene.source, b"1", tiered(Some(Tier::Cold)));
    scene.write("b", b"1");
    scene.mirror().await.unwrap();
    assert_eq!(scene.service.state().tiers["a"], Some(Tier::Cold));
    assert_eq!(scene.service.state().tiers["b"], None);
    // Once the replica is there its tier is its own; another tier is no difference.
    scene
        .service
        .state()
        .write_blob(&scene.source, b"2", tiered(Some(Tier::Hot)));
    scene.mirror().await.unwrap();
    assert_eq!(scene.service.state().tiers["a"], None);
    scene.assert_mirrored();
    assert_eq!(Tier::Archive.for_replica(), Tier::Cool);
}

#[tokio::test]
async fn an_archived_source_is_named_unless_the_replica_has_it() {
    let scene = Scene::new();
    scene.write("a", b"x");
    scene.mirror().await.unwrap();
    scene
        .service
        .state()
        .get(&scene.source, "a")
        .unwrap()
        .blob
        .tier = Some(Tier::Archive);
    assert!(scene.mirror().await.unwrap().complete);
    let archived = Blob {
        name: "b".into(),
        tier: Some(Tier::Archive),
        ..Blob::default()
    };
    scene
        .service
        .state()
        .write_blob(&scene.source, b"x", archived);
    assert_eq!(scene.look().await.archived.as_deref(), Some("b"));
    assert_eq!(
        scene.mirror().await,
        Err(BlobError::SourceArchived { name: "b".into() })
    );
}

#[tokio::test]
async fn after_a_swap_of_roles_nothing_is_copied_again() {
    let scene = Scene::new();
    scene.write("a", b"x");
    scene.write("b", &[1; 150]);
    scene.mirror().await.unwrap();
    scene.service.forget_calls();
    let back = || {
        scene
            .copier
            .mirror(&scene.replica, &scene.source, Settle::AfterJob, &UNLIMITED)
    };
    let copied = back().await.unwrap();
    assert_eq!((copied.complete, copied.blobs), (true, 0));
    assert_eq!(scene.service.state().calls.len(), 2);
    // A new state of the new primary travels, with the mark of its new place.
    let etag = scene.service.state().write(&scene.replica, "a", b"new");
    assert_eq!(back().await.unwrap().blobs, 1);
    let mut state = scene.service.state();
    let copy = state.get(&scene.source, "a").unwrap();
    assert_eq!(
        (copy.data.as_slice(), copy.blob.mark.as_deref()),
        (b"new".as_slice(), Some(etag.as_str()))
    );
    assert!(!copy.blob.metadata.contains_key(MARK));
}

#[tokio::test]
async fn what_another_tool_copied_is_kept_if_both_md5s_agree() {
    let scene = Scene::new();
    let blob = |name: &str, md5: u8| Blob {
        name: name.into(),
        md5: Some(vec![md5; 16]),
        ..Blob::default()
    };
    for (name, there) in [("same", 1), ("other", 2)] {
        scene
            .service
            .state()
            .write_blob(&scene.source, b"x", blob(name, 1));
        scene
            .service
            .state()
            .write_blob(&scene.replica, b"x", blob(name, there));
    }
    assert_eq!(scene.mirror().await.unwrap().blobs, 1);
    assert_eq!(scene.names(Op::PutBlob), ["other"]);
}

#[tokio::test]
async fn metadata_that_no_header_can_carry_are_told_before_the_call() {
    let scene = Scene::new();
    let blob = Blob {
        name: "a".into(),
        ..Blob::default()
    }
    .with_metadata([("title".to_owned(), "Übung".to_owned())]);
    scene.service.state().write_blob(&scene.source, b"x", blob);
    let error = scene.mirror().await.unwrap_err();
    assert!(matches!(error, BlobError::SourceUnsupported { ref name, .. } if name == "a"));
    assert_eq!(scene.count(Op::PutBlob), 0);
}

#[tokio::test]
async fn page_and_append_blobs_become_block_blobs() {
    let scene = Scene::new();
    for (name, length) in [("small", 10), ("large", 250)] {
        let blob = Blob {
            name: name.into(),
            kind: BlobKind::Other,
            ..Blob::default()
        };
        scene
            .service
            .state()
            .write_blob(&scene.source, &vec![1; length], blob);
    }
    assert!(scene.mirror().await.unwrap().complete);
    scene.assert_mirrored();
}
