//! The servers that hand out licences: a new locator brings them its content keys, and one that is deleted takes them away.

use std::collections::{BTreeMap, BTreeSet};

use media::Side;

use super::{KeyServers, Switches};
use crate::{account::Fields, promises::canonical::keys};

/// The content key IDs that each server has.
#[derive(Default)]
pub(crate) struct Served(BTreeMap<&'static str, BTreeSet<String>>);

impl Served {
    pub(crate) fn provide(&mut self, switches: Switches, side: Side, locator: &Fields) {
        let server = self.0.entry(of(switches, side)).or_default();
        server.extend(keys(locator).into_keys());
    }

    pub(crate) fn withdraw(&mut self, switches: Switches, side: Side, locator: &Fields) {
        let server = self.0.entry(of(switches, side)).or_default();
        for key in keys(locator).keys() {
            server.remove(key);
        }
    }

    /// Whether whoever watches by this locator gets all licences.
    pub(crate) fn has_all(&self, switches: Switches, side: Side, locator: &Fields) -> bool {
        let server = self.0.get(of(switches, side));
        let mut keys = keys(locator).into_keys();
        keys.all(|key| server.is_some_and(|server| server.contains(&key)))
    }
}

/// The server of a project.
const fn of(switches: Switches, side: Side) -> &'static str {
    match switches.key_servers {
        KeyServers::PerProject => side.as_str(),
        KeyServers::Shared => "everybody's",
    }
}
