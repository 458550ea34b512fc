use mirror::{Maps, MirrorOptions, rules::Backend};
use settings::{Service, Settings};

/// What the mirror needs to know besides the two accounts.
pub(crate) fn mirror_options(settings: &Settings) -> MirrorOptions {
    let map = |pairs: &[(String, String)]| pairs.iter().cloned().collect();
    let storage_map = settings.storage_map.pairs();
    MirrorOptions {
        backend: match settings.backend {
            Service::Ams => Backend::Ams,
            Service::Mkio => Backend::Mkio,
        },
        maps: Maps {
            storage: storage_map
                .map(|(from, to)| (from.to_owned(), to.to_owned()))
                .collect(),
            encryption_scopes: map(&settings.encryption_scope_map),
            hosts: map(&settings.host_map),
        },
        scope: settings.scope.clone(),
        policy: settings.policy.clone(),
        grace: settings.delete_grace,
        delete_cap: settings.delete_cap,
        copy_budget: settings.copy_budget,
        ..MirrorOptions::default()
    }
}
