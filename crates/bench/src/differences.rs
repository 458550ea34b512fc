//! The hundred differences: what is missing, what is different, what is too much, of both kinds.

use std::collections::BTreeSet;

use anyhow::ensure;
use change::Kind;
use serde_json::json;
use simulator::Filled;
use world::{Storage, World};

use crate::{
    library::{self, Library, asset, locator},
    services::Services,
};

/// How many of a kind.
pub(crate) struct Counts {
    pub(crate) missing: u32,
    pub(crate) different: u32,
    pub(crate) extra: u32,
}

impl Counts {
    pub(crate) const fn all(&self) -> u32 {
        self.missing + self.different + self.extra
    }
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

/// What was found, or is to be found.
#[derive(Default)]
pub(crate) struct Found {
    /// Missing and different ones.
    assets: BTreeSet<String>,
    locators: BTreeSet<String>,
    /// Locators that only the secondary has; extra assets are left alone.
    pub(crate) deletions: BTreeSet<String>,
}

impl Found {
    /// Takes in what is missing or different. Each is found once.
    pub(crate) fn differs(&mut self, kind: Kind, name: &str) -> anyhow::Result<()> {
        let names = match kind {
            Kind::Assets => &mut self.assets,
            Kind::StreamingLocators => &mut self.locators,
            _ => anyhow::bail!("{kind} do not differ, and {name} is said to"),
        };
        ensure!(names.insert(name.to_owned()), "{name} is found twice");
        Ok(())
    }
}

/// What has to be found.
#[derive(Default)]
pub(crate) struct Differences(Found);

/// Fills both accounts, with nothing in any container: a `list` walk looks into none.
pub(crate) fn fill(services: &Services, library: Library) -> anyhow::Result<Differences> {
    let assets = library.assets(Storage::PRIMARY);
    library::fill(services, World::PRIMARY, Kind::Assets, assets)?;
    let locators = library.locators();
    library::fill(services, World::PRIMARY, Kind::StreamingLocators, locators)?;
    let mut found = Found::default();
    let assets = differing(
        library.assets(Storage::SECONDARY),
        library.assets,
        &ASSETS,
        "description",
        &mut found.assets,
    );
    let extra = (0..ASSETS.extra).map(|n| asset(library.assets + n, Storage::SECONDARY));
    let assets = assets.into_iter().chain(extra);
    library::fill(services, World::SECONDARY, Kind::Assets, assets)?;
    let locators = differing(
        library.locators(),
        library.locators,
        &LOCATORS,
        "alternativeMediaId",
        &mut found.locators,
    );
    let extra: Vec<Filled> = (0..LOCATORS.extra)
        .map(|n| locator(library.locators + n, n))
        .collect();
    found.deletions = extra.iter().map(|one| one.name.clone()).collect();
    let locators = locators.into_iter().chain(extra);
    library::fill(
        services,
        World::SECONDARY,
        Kind::StreamingLocators,
        locators,
    )?;
    Ok(Differences(found))
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
    /// How many there are of a kind.
    pub(crate) const fn counts(kind: Kind) -> Counts {
        match kind {
            Kind::Assets => ASSETS,
            _ => LOCATORS,
        }
    }

    /// How many of a kind the secondary has.
    pub(crate) fn in_secondary(&self, library: Library, kind: Kind) -> u32 {
        let all = match kind {
            Kind::Assets => library.assets,
            _ => library.locators,
        };
        let counts = Self::counts(kind);
        all - counts.missing + counts.extra
    }

    pub(crate) fn text(&self, kind: Kind) -> String {
        let Counts {
            missing,
            different,
            extra,
        } = Self::counts(kind);
        format!("{missing} missing, {different} different, {extra} extra")
    }

    /// Whether exactly these were found.
    pub(crate) fn check(&self, found: &Found) -> anyhow::Result<()> {
        let counts = [&ASSETS, &LOCATORS].map(|counts| counts.missing + counts.different);
        ensure!(
            [self.0.assets.len(), self.0.locators.len()] == counts.map(|count| count as usize),
            "there are other differences than there should be"
        );
        for (what, expected, found) in [
            ("assets", &self.0.assets, &found.assets),
            ("locators", &self.0.locators, &found.locators),
            ("deletions", &self.0.deletions, &found.deletions),
        ] {
            ensure!(
                expected == found,
                "of {} {what} {} were found, or others",
                expected.len(),
                found.len()
            );
        }
        Ok(())
    }
}
