//! Walks over lists that behave, and over lists that do not.

mod double;
mod scope;
mod unsteady;
mod updated;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use change::{Kind, Name, ResourceId};
use media::{Body, Primary, Secondary};
use mirror::{Maps, Mirror, MirrorOptions, Scope};
use serde_json::{Value, json};
use state::MemoryDocuments;
use tokio::time::Instant;

use crate::{Found, KINDS, Seen, Selection, Stopped, Visit, Walked, walk};
use double::{Account, NoBytes, ON_A_PAGE};

struct Scene {
    primary: Account,
    secondary: Account,
    mirror: Mirror,
}

fn scene() -> Scene {
    scoped(Scope::default())
}

fn scoped(scope: Scope) -> Scene {
    let (primary, secondary) = (Account::default(), Account::default());
    let options = MirrorOptions {
        maps: Maps {
            storage: [("west".to_owned(), "north".to_owned())].into(),
            ..Maps::default()
        },
        scope,
        ..MirrorOptions::default()
    };
    let mirror = Mirror::new(
        Primary::new(Arc::new(primary.clone())),
        Secondary::new(Arc::new(secondary.clone())),
        Arc::new(NoBytes),
        Arc::new(MemoryDocuments::default()),
        options,
    );
    Scene {
        primary,
        secondary,
        mirror,
    }
}

fn body(kind: Kind, name: &str, value: Value) -> Body {
    let id = ResourceId::new(kind, Name::new(name).unwrap());
    match value {
        Value::Object(value) => Body::new(id, value),
        _ => unreachable!(),
    }
}

/// A filter as it stands at some time.
fn filter(name: &str, version: u32) -> Body {
    let properties = json!({"properties": {"firstQuality": {"bitrate": version}}});
    body(Kind::AccountFilters, name, properties)
}

fn asset(name: &str, storage: &str) -> Body {
    let properties = json!({"properties": {"storageAccountName": storage, "container": name}});
    body(Kind::Assets, name, properties)
}

fn locator(name: &str, asset: &str) -> Body {
    let properties = json!({"properties": {"assetName": asset}});
    body(Kind::StreamingLocators, name, properties)
}

/// Keeps what it is told.
#[derive(Default)]
struct Told {
    all: Vec<(String, Seen)>,
    /// Refuses what comes after so many.
    most: Option<usize>,
}

#[async_trait]
impl Visit for Told {
    type Error = &'static str;

    async fn found(&mut self, found: Found) -> Result<(), &'static str> {
        if self.most.is_some_and(|most| self.all.len() >= most) {
            return Err("no more");
        }
        self.all.push((found.name.to_string(), found.seen));
        Ok(())
    }
}

impl Told {
    /// What was told, by name.
    fn sorted(&self) -> Vec<(&str, Seen)> {
        let mut all: Vec<_> = self
            .all
            .iter()
            .map(|(name, seen)| (name.as_str(), *seen))
            .collect();
        all.sort_by_key(|(name, _)| *name);
        all
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

type Ended = Result<Walked, Stopped<&'static str>>;

async fn walked(scene: &Scene, selection: &Selection) -> (Ended, Told) {
    let mut told = Told::default();
    let result = walk(&scene.mirror, selection, soon(), &mut told).await;
    (result, told)
}

async fn filters_walked(scene: &Scene) -> (Ended, Told) {
    walked(scene, &Selection::all(Kind::AccountFilters)).await
}

fn pages(resources: usize) -> usize {
    resources.div_ceil(ON_A_PAGE).max(1)
}

#[tokio::test]
async fn each_resource_is_told_once_and_the_calls_are_the_pages_of_both_lists() {
    let scene = scene();
    let names: Vec<String> = (0..7).map(|n| format!("same-{n}")).collect();
    // Each service has an order of its own.
    let both = || names.iter().map(|name| filter(name, 1));
    scene.primary.lists(both());
    scene
        .primary
        .lists([filter("differs", 1), filter("missing", 1)]);
    scene
        .secondary
        .lists([filter("extra", 1), filter("differs", 2)]);
    scene.secondary.lists(both().rev());
    let (result, told) = filters_walked(&scene).await;
    let walked = result.unwrap();
    let expected = Walked {
        pages: (pages(9) + pages(9)) as u64,
        primary: 9,
        secondary: 9,
        missing: 1,
        different: 1,
        extra: 1,
        no_short_cut: None,
    };
    assert_eq!(walked, expected);
    let calls = scene.primary.asked().len() + scene.secondary.asked().len();
    assert_eq!(calls as u64, walked.pages);
    let mut all = vec![
        ("differs", Seen::Different),
        ("extra", Seen::Extra),
        ("missing", Seen::Missing),
    ];
    all.extend(names.iter().map(|name| (name.as_str(), Seen::Same)));
    assert_eq!(told.sorted(), all);
    assert_eq!(told.all.last().unwrap().1, Seen::Extra);
}

#[tokio::test]
async fn two_empty_accounts_cost_two_calls() {
    for kind in KINDS {
        let scene = scene();
        let (result, told) = walked(&scene, &Selection::all(kind)).await;
        assert_eq!(result.unwrap().pages, 2);
        assert_eq!(told.sorted(), []);
    }
}
