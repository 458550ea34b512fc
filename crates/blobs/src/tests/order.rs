//! The two listings brought together, whatever their order and size.

use super::{
    double::Op,
    scene::{Scene, settings},
};
use crate::{BlobError, Look, Settings};
use std::collections::BTreeSet;

/// A small generator, so that a failure can be replayed from the seed in its message.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn name(&mut self) -> String {
        const PIECES: [&str; 12] = [
            "a", "b", "/", ".", "-", "0", "~", "é", "😀", "\u{e000}", " ", "Z",
        ];
        let length = 1 + self.below(5);
        let name: String = (0..length)
            .map(|_| PIECES[usize::try_from(self.below(12)).unwrap()])
            .collect();
        // The names that are refused have their own test.
        if matches!(name.as_str(), "." | "..") {
            "dot".into()
        } else {
            name
        }
    }
}

#[tokio::test]
async fn any_two_listings_of_any_page_size_merge_to_the_same_answer() {
    for seed in 1..=150 {
        let mut random = Random(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed));
        let scene = Scene::new();
        let (mut source, mut replica) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..random.below(60) {
            source.insert(random.name());
        }
        for name in &source {
            scene.write(name, b"x");
        }
        if !source.is_empty() {
            scene
                .mirror()
                .await
                .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        } else {
            scene.service.state().create(&scene.replica);
        }
        // Then each side goes its own way.
        for name in source.clone() {
            if random.below(4) == 0 {
                scene
                    .service
                    .state()
                    .container(&scene.replica)
                    .unwrap()
                    .blobs
                    .remove(&name);
            } else {
                replica.insert(name);
            }
        }
        for _ in 0..random.below(20) {
            let name = random.name();
            if !source.contains(&name) {
                scene.service.state().write(&scene.replica, &name, b"y");
                replica.insert(name);
            }
        }
        scene.service.state().page = usize::try_from(1 + random.below(9)).unwrap();
        for hierarchical in [&[][..], &["dst"], &["src"], &["src", "dst"]] {
            scene.service.state().hierarchical =
                hierarchical.iter().map(|s| (*s).to_owned()).collect();
            let look = scene.look().await;
            assert_eq!(
                (look.blobs, look.missing, look.extra),
                (
                    source.len() as u64,
                    source.difference(&replica).count() as u64,
                    replica.difference(&source).count() as u64
                ),
                "seed {seed}, hierarchical {hierarchical:?}"
            );
        }
    }
}

#[tokio::test]
async fn an_account_that_lists_in_another_order_is_mirrored_without_harm() {
    let scene = Scene::new();
    for name in ["a-1", "a.txt", "a/b", "a/c/d", "b", "z/1", "z0"] {
        scene.write(name, name.as_bytes());
    }
    scene.service.state().hierarchical.insert("dst".to_owned());
    assert!(scene.mirror().await.unwrap().complete);
    scene.assert_mirrored();
    scene.service.forget_calls();
    assert!(scene.mirror().await.unwrap().complete);
    // Nothing is copied again, and the order is remembered: one listing each.
    assert_eq!(scene.service.state().calls.len(), 2);
    assert_eq!(scene.count(Op::List), 2);
}

#[tokio::test]
async fn a_listing_that_goes_in_circles_is_an_error() {
    let scene = Scene::new();
    scene.service.state().page = 0;
    scene.write("a", b"x");
    // A page of nothing that names itself as the next.
    let look = tokio::time::timeout(
        std::time::Duration::from_secs(10),
        scene
            .copier
            .look(&scene.source, &scene.replica, crate::Settle::Wait),
    );
    assert!(matches!(
        look.await.unwrap(),
        Err(BlobError::Unreadable { .. })
    ));
}

#[test]
fn large_is_what_the_settings_say() {
    let settings = Settings {
        large_blobs: 10,
        large_bytes: 100,
        ..settings()
    };
    let look = |missing, missing_bytes| Look {
        missing,
        missing_bytes,
        ..Look::default()
    };
    assert!(!look(10, 100).is_large(&settings));
    assert!(look(11, 0).is_large(&settings));
    assert!(look(1, 101).is_large(&settings));
}
