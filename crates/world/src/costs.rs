//! What each change costs on either service, as one table: a test on both takes its expectations from it, and `cargo xtask docs` writes it
//! into `ARCHITECTURE.md`.

use crate::Backend;

/// A change, and the calls that it costs.
#[derive(Debug)]
pub struct Cost {
    /// The change.
    pub what: &'static str,
    /// The calls to the primary and to the secondary on Azure Media Services, such as `1 GET, 1 PUT`.
    pub ams: [&'static str; 2],
    /// The same on MK.IO.
    pub mkio: [&'static str; 2],
    /// The calls to the storage of the asset, on both sides together and on either service.
    pub storage: &'static str,
}

impl Cost {
    /// The calls to the primary and to the secondary of a service.
    #[must_use]
    pub const fn on(&self, backend: Backend) -> [&'static str; 2] {
        match backend {
            Backend::Ams => self.ams,
            Backend::Mkio => self.mkio,
        }
    }
}

macro_rules! costs {
    ($($name:ident: $what:literal, $ams:expr, $mkio:expr, $storage:literal;)+) => {
        $(
            #[doc = $what]
            pub const $name: Cost = Cost { what: $what, ams: $ams, mkio: $mkio, storage: $storage };
        )+

        /// Every cost.
        pub const ALL: &[&Cost] = &[$(&$name),+];
    };
}

costs! {
    FILTER_CREATED: "filter of the account created",
        ["2 GET", "1 GET, 1 PUT"], ["2 GET", "2 GET, 1 PUT"], "";
    FILTER_UPDATED: "filter of the account updated",
        ["2 GET", "1 GET, 1 PUT"], ["2 GET", "1 GET, 1 PUT"], "";
    FILTER_IN_SYNC: "filter of the account in sync",
        ["1 GET", "1 GET"], ["1 GET", "1 GET"], "";
    ASSET_FILTER_CREATED: "filter of an asset created",
        ["2 GET", "1 GET, 1 PUT"], ["2 GET", "2 GET, 1 PUT"], "";
    KEY_POLICY_CREATED: "content key policy created",
        ["2 POST", "2 POST, 1 PUT"], ["2 POST", "2 GET, 2 POST, 1 PUT"], "";
    KEY_POLICY_UPDATED: "content key policy updated",
        ["2 POST", "2 POST, 1 PUT"], ["2 POST", "2 POST, 1 PATCH"], "";
    KEY_POLICY_IN_SYNC: "content key policy in sync",
        ["1 POST", "1 POST"], ["1 POST", "1 POST"], "";
    STREAMING_POLICY_CREATED: "streaming policy that names a content key policy created",
        ["1 GET", "2 GET, 1 PUT"], ["2 GET", "3 GET, 1 PUT"], "";
    STREAMING_POLICY_IN_SYNC: "streaming policy in sync",
        ["1 GET", "1 GET"], ["1 GET", "1 GET"], "";
    ASSET_ENCODED: "asset made by a job, with *n* blobs (one call each) and a filter",
        ["4 GET, 1 POST", "3 GET, 2 PUT"], ["5 GET", "5 GET, 2 PUT"], "2 for the container, 6 listings, *n* copies";
    ASSET_AGAIN: "the same, found in sync after the job's second event",
        ["2 GET, 1 POST", "3 GET"], ["3 GET", "3 GET"], "2 listings";
    ASSET_UPDATED: "asset with a filter updated",
        ["3 GET", "3 GET, 1 PUT"], ["3 GET", "3 GET, 1 PUT"], "2 listings";
    ASSET_IN_SYNC: "asset with a filter written and found in sync",
        ["2 GET", "3 GET"], ["2 GET", "3 GET"], "2 listings";
    ASSET_OUT_OF_SCOPE: "asset out of scope",
        ["1 GET, 1 POST", "1 GET"], ["2 GET", "2 GET"], "";
    LOCATOR_CREATED: "clear locator created",
        ["2 GET", "2 GET, 1 PUT"], ["3 GET", "2 GET, 1 PUT"], "2 listings";
    LOCATOR_IN_SYNC: "clear locator in sync",
        ["2 GET", "2 GET"], ["2 GET", "2 GET"], "2 listings";
    LOCATOR_WITH_FILTER: "clear locator with a filter of the account created",
        ["2 GET", "3 GET, 1 PUT"], ["3 GET", "3 GET, 1 PUT"], "2 listings";
    LOCATOR_WITH_ASSET_FILTER: "clear locator with a filter of the asset created",
        ["2 GET", "4 GET, 1 PUT"], ["3 GET", "4 GET, 1 PUT"], "2 listings";
    LOCATOR_WITH_KEYS: "locator with content keys created, that names a content key policy and a streaming policy",
        ["2 GET, 1 POST", "4 GET, 1 POST, 1 PUT"], ["3 GET, 2 POST", "4 GET, 2 POST, 2 PUT"], "2 listings";
    LOCATOR_WITH_KEYS_IN_SYNC: "locator with content keys in sync",
        ["2 GET, 1 POST", "2 GET, 1 POST"], ["2 GET, 1 POST", "2 GET, 1 POST"], "2 listings";
    LOCATOR_CHANGED: "clear locator changed: its end on `mkio`, replaced on `ams`",
        ["3 GET", "2 GET, 1 PUT, 1 DELETE"], ["3 GET", "2 GET, 1 PUT"], "2 listings";
    LOCATOR_FIRST: "clear locator that came before its asset, until both are there",
        ["7 GET, 1 POST", "5 GET, 2 PUT"], ["9 GET", "8 GET, 2 PUT"], "those of both";
    DELETED: "clear locator whose deletion was announced, until it is done",
        ["3 GET", "3 GET, 1 DELETE"], ["5 GET", "3 GET, 1 DELETE"], "";
    DELETED_WITH_KEYS: "the same with content keys; its asset has three more locators, and all of the primary's are on one page",
        ["3 GET", "3 GET, 1 POST, 1 DELETE"], ["10 GET", "3 GET, 1 POST, 1 DELETE"], "";
    DELETED_BOTH: "deletion announced of what the secondary does not have either",
        ["2 GET", "2 GET"], ["4 GET", "4 GET"], "";
}

/// The table in Markdown.
#[must_use]
pub fn table() -> String {
    let mut table = String::from(
        "| change | `ams`: primary | secondary | `mkio`: primary | secondary | asset's storage |\n|---|---|---|---|---|---|\n",
    );
    for cost in ALL {
        let cells = [&[cost.what][..], &cost.ams, &cost.mkio, &[cost.storage]];
        let line = cells.concat().join(" | ");
        table.push_str(&format!("| {line} |\n"));
    }
    table
}
