//! The ways in which MK.IO may behave, where no document says: what is switched in the simulator, and what comes out differently then.
//!
//! The whole suite can be run under one of them: `MEDIA_MIRROR_MKIO=contrary cargo test -p handlers --test end_to_end -- mkio`.

use std::env;

use anyhow::Context;
use simulator::{
    AssetPlaces, AssetPut, AssetUpdates, EventSource, ExplicitKeys, KeyIdScope, KeyServers,
    KeysInGet, ListFilters, ListOrder, LocatorChanges, LocatorIds, MkioSettings, NextLink,
    PatchOptions, Permission, PutStatus, Requirement, Secrets, Settings,
};

use world::{
    Backend,
    differences::{self, Difference},
};

/// The variable that names the variant under which the suite runs.
const VARIABLE: &str = "MEDIA_MIRROR_MKIO";

/// What comes of the parts of the story that a switch may change.
#[derive(Clone, Copy)]
pub(crate) struct Outcomes {
    /// The clear locators: they keep the ID of their source.
    pub(crate) clear: &'static str,
    /// The locator with content keys on the platform's own streaming policy.
    pub(crate) own: &'static str,
    /// The same on a predefined one.
    pub(crate) predefined: &'static str,
    /// The content key policy from which an option was taken away.
    pub(crate) option_gone: &'static str,
    /// The labels of the asset were changed.
    pub(crate) labels: &'static str,
    /// The streaming policy was changed, in use.
    pub(crate) encryption: &'static str,
}

/// On MK.IO as the simulator is without a switch.
const USUAL: Outcomes = Outcomes {
    clear: "applied",
    own: "applied",
    predefined: "failed(keys-refused)",
    option_gone: "applied",
    labels: "applied",
    encryption: "failed(replica-conflict)",
};

/// One way to behave: switches that have nothing to do with each other are turned together, so that each of their values is met.
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    pub(crate) switch: fn(&mut MkioSettings),
    pub(crate) expected: Outcomes,
    /// What comes of the differences between the services, where it is not what the table says; `None` where the suite cannot be run so,
    /// but only the story.
    differs: Option<&'static [(&'static Difference, &'static str)]>,
}

pub(crate) const VARIANTS: [Variant; 14] = [
    Variant {
        name: "as-documented",
        switch: |mkio| {
            mkio.explicit_keys_on_predefined = ExplicitKeys::Refuse;
            mkio.key_servers = KeyServers::Shared;
            mkio.locator_ids = LocatorIds::PerProject;
            mkio.secrets = Secrets::Blank;
            mkio.updated_moves = true;
            mkio.next_link = NextLink::Absolute;
            mkio.patch_options = PatchOptions::Replace;
            mkio.put_status = PutStatus::Documented;
        },
        expected: USUAL,
        differs: Some(&[]),
    },
    Variant {
        // Whatever can be the other way without another outcome is the other way.
        name: "contrary",
        switch: |mkio| {
            mkio.explicit_keys_on_predefined = ExplicitKeys::Strip;
            mkio.key_servers = KeyServers::PerProject;
            mkio.secrets = Secrets::Asterisks;
            mkio.key_values_in_get = true;
            mkio.updated_moves = false;
            mkio.next_link = NextLink::Relative;
            mkio.next_link_on_full_page = true;
            mkio.locator_changes = LocatorChanges::Ignore;
            mkio.put_status = PutStatus::Ok;
            mkio.fractional_digits = 7;
            mkio.asset_put = AssetPut::Replace;
            mkio.asset_places = AssetPlaces::SubPath;
            mkio.unknown_filters = Permission::Allow;
            mkio.delete_used_policies = Permission::Allow;
            mkio.nulls = true;
            mkio.retry_after = true;
            mkio.event_source = EventSource::WithMedia;
            mkio.list_filters = ListFilters::Refuse;
            mkio.list_order = ListOrder::Scattered;
            mkio.unchanged_locators = Permission::Refuse;
        },
        expected: USUAL,
        differs: Some(&[]),
    },
    Variant {
        name: "keys-stripped",
        switch: |mkio| {
            mkio.explicit_keys_on_predefined = ExplicitKeys::Strip;
            mkio.secrets = Secrets::Absent;
            mkio.next_link = NextLink::Relative;
            mkio.nulls = true;
        },
        expected: USUAL,
        differs: Some(&[]),
    },
    Variant {
        name: "keys-accepted",
        switch: |mkio| {
            mkio.explicit_keys_on_predefined = ExplicitKeys::Accept;
            mkio.secrets = Secrets::Null;
            mkio.key_values_in_get = true;
            mkio.put_status = PutStatus::Created;
        },
        expected: Outcomes {
            predefined: "applied",
            ..USUAL
        },
        differs: Some(&[(&differences::PREDEFINED_KEYS, "applied")]),
    },
    Variant {
        // The mirror cannot know which projects a key server serves, so it takes keys away in neither case.
        name: "servers-apart",
        switch: |mkio| {
            mkio.key_servers = KeyServers::PerProject;
            mkio.updated_moves = false;
            mkio.event_source = EventSource::WithMedia;
            mkio.put_status = PutStatus::Ok;
        },
        expected: USUAL,
        differs: Some(&[]),
    },
    Variant {
        // No replica can have its source's ID: it gets no other, and the mirror says so.
        name: "ids-everywhere",
        switch: |mkio| {
            mkio.locator_ids = LocatorIds::Everywhere;
            mkio.secrets = Secrets::Asterisks;
        },
        expected: Outcomes {
            clear: "failed(replica-conflict)",
            own: "failed(replica-conflict)",
            ..USUAL
        },
        differs: None,
    },
    Variant {
        name: "options-merged",
        switch: |mkio| {
            mkio.patch_options = PatchOptions::Merge;
            mkio.fractional_digits = 7;
            mkio.event_source = EventSource::WithoutMedia;
        },
        expected: Outcomes {
            option_gone: "failed(replica-conflict)",
            ..USUAL
        },
        differs: Some(&[]),
    },
    Variant {
        name: "policies-updated",
        switch: |mkio| {
            mkio.streaming_policy_update = Permission::Allow;
            mkio.asset_put = AssetPut::Replace;
            mkio.locator_changes = LocatorChanges::Ignore;
            mkio.next_link = NextLink::Relative;
            mkio.next_link_on_full_page = true;
        },
        expected: Outcomes {
            encryption: "applied",
            ..USUAL
        },
        differs: Some(&[]),
    },
    Variant {
        name: "description-only",
        switch: |mkio| {
            mkio.asset_updates = AssetUpdates::Documented;
            mkio.asset_places = AssetPlaces::SubPath;
            mkio.secrets = Secrets::Shown;
        },
        expected: Outcomes {
            labels: "failed(replica-ignored)",
            ..USUAL
        },
        differs: None,
    },
    Variant {
        name: "unchecked",
        switch: |mkio| {
            mkio.unknown_filters = Permission::Allow;
            mkio.delete_used_policies = Permission::Allow;
            mkio.key_ids_unique = false;
            mkio.list_filters = ListFilters::Ignore;
            mkio.list_order = ListOrder::Scattered;
            mkio.keys_in_get = KeysInGet::Absent;
            mkio.next_link = NextLink::Encoded;
        },
        expected: USUAL,
        differs: Some(&[(&differences::KEY_ID_TAKEN, "applied")]),
    },
    Variant {
        name: "filters-refused",
        switch: |mkio| {
            mkio.list_filters = ListFilters::Refuse;
            mkio.list_order = ListOrder::Created;
            mkio.unchanged_locators = Permission::Refuse;
            mkio.keys_in_get = KeysInGet::Empty;
        },
        expected: USUAL,
        differs: Some(&[]),
    },
    Variant {
        // No replica can have its source's keys: it gets no other, and the mirror says so.
        name: "keys-everywhere",
        switch: |mkio| {
            mkio.key_id_scope = KeyIdScope::Everywhere;
            mkio.key_type_and_policy = Requirement::Required;
        },
        expected: Outcomes {
            own: "failed(replica-conflict)",
            ..USUAL
        },
        differs: None,
    },
    Variant {
        name: "slow",
        switch: |mkio| mkio.creating_reads = 2,
        expected: USUAL,
        differs: None,
    },
    Variant {
        name: "slow-200",
        switch: |mkio| {
            mkio.creating_reads = 2;
            mkio.put_status = PutStatus::Ok;
        },
        expected: USUAL,
        differs: None,
    },
];

/// The variant that the environment names, if it names one.
///
/// # Errors
/// There is none of that name under which the suite can be run.
pub(crate) fn chosen() -> anyhow::Result<Option<&'static Variant>> {
    let Ok(name) = env::var(VARIABLE) else {
        return Ok(None);
    };
    let suite = || VARIANTS.iter().filter(|variant| variant.differs.is_some());
    let found = suite().find(|variant| variant.name == name);
    found.map(Some).with_context(|| {
        let names: Vec<&str> = suite().map(|variant| variant.name).collect();
        format!("{VARIABLE}={name} is none of {}", names.join(", "))
    })
}

/// How the simulator is set before a test.
pub(crate) fn settings() -> anyhow::Result<Settings> {
    let mut settings = Settings::default();
    if let Some(variant) = chosen()? {
        (variant.switch)(&mut settings.mkio);
    }
    Ok(settings)
}

/// What comes out differently on the services, as it is expected here.
pub(crate) fn outcome(difference: &Difference, backend: Backend) -> anyhow::Result<&'static str> {
    let differs = match (backend, chosen()?) {
        (Backend::Mkio, Some(variant)) => variant.differs.unwrap_or_default(),
        _ => &[],
    };
    let found = differs
        .iter()
        .find(|(other, _)| other.what == difference.what);
    Ok(found.map_or_else(|| difference.on(backend), |(_, outcome)| *outcome))
}
