//! What must be different on the two services: this table, and nothing else.

use change::Kind;
use mirror::rules::Backend;

pub(crate) struct Terms {
    /// Kinds of which the primary announces that one was created.
    pub(crate) announces_created: &'static [Kind],
    /// Kinds of which it announces that one was changed.
    pub(crate) announces_changed: &'static [Kind],
    /// Kinds of which it announces that one was deleted.
    pub(crate) announces_deleted: &'static [Kind],
    /// Kinds whose replicas are deleted where their deletion was announced.
    pub(crate) deletes: &'static [Kind],
    /// Properties in which a published locator is changed where it is; in all others it is replaced.
    pub(crate) locators_change_in: &'static [&'static str],
    /// Whether content key policies are patched: what is left out then stays.
    pub(crate) patches: bool,
    /// Whether a locator with content keys is hidden until its keys were read back.
    pub(crate) hides_at_first: bool,
    /// Whether every replica of an asset outlives itself in its container, whatever is to become of the source's.
    pub(crate) retains_containers: bool,
}

const AMS: Terms = Terms {
    announces_created: &Kind::ALL,
    announces_changed: &Kind::ALL,
    announces_deleted: &Kind::ALL,
    deletes: &[Kind::StreamingLocators],
    locators_change_in: &[],
    patches: false,
    hides_at_first: false,
    retains_containers: false,
};

const MKIO: Terms = Terms {
    announces_created: &[Kind::StreamingLocators],
    announces_changed: &[],
    announces_deleted: &[],
    deletes: &[],
    locators_change_in: &["startTime", "endTime", "suppressed"],
    patches: true,
    hides_at_first: true,
    retains_containers: true,
};

pub(crate) const fn terms(backend: Backend) -> &'static Terms {
    match backend {
        Backend::Ams => &AMS,
        Backend::Mkio => &MKIO,
    }
}
