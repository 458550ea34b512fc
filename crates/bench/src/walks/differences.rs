//! The hundred differences: what is missing, what is different, what is too much, of both kinds.

use std::collections::BTreeSet;

use anyhow::ensure;
use change::Kind;
use serde_json::json;
use simulator::Filled;
use world::{Storage, World};

use super::Enqueued;
use crate::{
    library::{self, Library, asset, locator},
    services::Services,
};

/// How many of a kind.
struct Counts {
    missing: u32,
    different: u32,
    extra: u32,
}

const ASSETS: Counts = Counts {
    missing: 15,
    different: 15,
    extra: 10,
};

/// No more are extra than the cap of deletions allows.
const LOCATORS: Counts = Counts {
    missing: 25,
    different: 25,
    extra: 10,
};

/// What the walks have to find.
pub(super) struct Differences {
    /// Missing and different ones.
    assets: BTreeSet<String>,
    locators: BTreeSet<String>,
    /// Locators that only the secondary has; extra assets are left alone.
    deletions: BTreeSet<String>,
}

/// Fills both accounts, with nothing in any container: a `list` walk looks into none.
pub(super) fn fill(services: &Services, library: Library) -> anyhow::Result<Differences> {
    let assets = library.assets(Storage::PRIMARY);
    library::fill(services, World::PRIMARY, Kind::Assets, assets)?;
    let locators = library.locators();
    library::fill(services, World::PRIMARY, Kind::StreamingLocators, locators)?;
    let mut found = [BTreeSet::new(), BTreeSet::new()];
    let assets = differing(
        library.assets(Storage::SECONDARY),
        library.assets,
        &ASSETS,
        "description",
        &mut found[0],
    );
    let extra = (0..ASSETS.extra).map(|n| asset(library.assets + n, Storage::SECONDARY));
    let assets = assets.into_iter().chain(extra);
    library::fill(services, World::SECONDARY, Kind::Assets, assets)?;
    let locators = differing(
        library.locators(),
        library.locators,
        &LOCATORS,
        "alternativeMediaId",
        &mut found[1],
    );
    let extra: Vec<Filled> = (0..LOCATORS.extra)
        .map(|n| locator(library.locators + n, n))
        .collect();
    let deletions = extra.iter().map(|one| one.name.clone()).collect();
    let locators = locators.into_iter().chain(extra);
    library::fill(
        services,
        World::SECONDARY,
        Kind::StreamingLocators,
        locators,
    )?;
    let [assets, locators] = found;
    Ok(Differences {
        assets,
        locators,
        deletions,
    })
}

/// The replicas, of which some, all over the list, are missing or have another value in a field; those are noted.
fn differing(
    sources: impl Iterator<Item = Filled>,
    count: u32,
    counts: &Counts,
    field: &str,
    found: &mut BTreeSet<String>,
) -> Vec<Filled> {
    let every = (count / (counts.missing + counts.different)).max(1) as usize;
    let mut left = (counts.missing, counts.different);
    let mut replicas = Vec::new();
    for (n, mut one) in sources.enumerate() {
        if n % every == every / 2 {
            if left.0 > 0 && (n / every).is_multiple_of(2) {
                left.0 -= 1;
                found.insert(one.name);
                continue;
            }
            if left.1 > 0 {
                left.1 -= 1;
                found.insert(one.name.clone());
                one.properties.insert(field.to_owned(), json!("another"));
            }
        }
        replicas.push(one);
    }
    replicas
}

impl Differences {
    fn counts(kind: Kind) -> Counts {
        match kind {
            Kind::Assets => ASSETS,
            _ => LOCATORS,
        }
    }

    /// How many of a kind the secondary has.
    pub(super) fn in_secondary(&self, library: Library, kind: Kind) -> u32 {
        let all = match kind {
            Kind::Assets => library.assets,
            _ => library.locators,
        };
        let counts = Self::counts(kind);
        all - counts.missing + counts.extra
    }

    pub(super) fn text(&self, kind: Kind) -> String {
        let Counts {
            missing,
            different,
            extra,
        } = Self::counts(kind);
        format!("{missing} missing, {different} different, {extra} extra")
    }

    /// Whether exactly these are in the queues.
    pub(super) fn check(&self, services: &Services) -> anyhow::Result<()> {
        let counts = [&ASSETS, &LOCATORS].map(|counts| counts.missing + counts.different);
        ensure!(
            [self.assets.len(), self.locators.len()] == counts.map(|count| count as usize),
            "there are other differences than there should be"
        );
        let enqueued = Enqueued::read(services)?;
        for (what, expected, found) in [
            ("assets", &self.assets, &enqueued.assets),
            ("locators", &self.locators, &enqueued.locators),
            ("deletions", &self.deletions, &enqueued.deletions),
        ] {
            ensure!(
                expected == found,
                "of {} {what} the walks enqueued {}",
                expected.len(),
                found.len()
            );
        }
        Ok(())
    }
}
