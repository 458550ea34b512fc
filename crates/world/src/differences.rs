//! What comes out differently on the two services, as one table: the tests that run on both take their expectations from it, and
//! `cargo xtask docs` writes it into `docs/differences.md`.

use crate::Backend;

/// One thing that comes out differently.
#[derive(Debug)]
pub struct Difference {
    /// What happens.
    pub what: &'static str,
    /// What comes of it on Azure Media Services.
    pub ams: &'static str,
    /// What comes of it on MK.IO, where it behaves as the documents say and, where they are silent, as is hardest on the mirror.
    pub mkio: &'static str,
    /// Why it differs.
    pub why: &'static str,
}

impl Difference {
    /// What comes of it on a service.
    #[must_use]
    pub const fn on(&self, backend: Backend) -> &'static str {
        match backend {
            Backend::Ams => self.ams,
            Backend::Mkio => self.mkio,
        }
    }
}

macro_rules! differences {
    ($($name:ident: $what:literal, $ams:literal, $mkio:literal, $why:literal;)+) => {
        $(
            #[doc = $what]
            pub const $name: Difference = Difference { what: $what, ams: $ams, mkio: $mkio, why: $why };
        )+

        /// Every difference, with its name in the code.
        pub const ALL: &[(&str, &Difference)] = &[$((stringify!($name), &$name)),+];
    };
}

differences! {
    WHO_TELLS: "A policy, a filter or an asset is written, or a locator is changed: what tells the mirror at once",
        "event", "message",
        "MK.IO announces finished jobs and new locators, nothing else; the platform puts a message into a queue";
    LABELS: "An asset has labels",
        "none", "mirrored",
        "assets of Azure Media Services have no labels";
    PREDEFINED_KEYS: "A locator with content keys is published on a `Predefined_*` streaming policy",
        "applied", "failed(keys-refused)",
        "MediaKind's own tool leaves out content keys there; whether MK.IO takes them today is question 1 of the first hour";
    PUTS_WITH_KEYS: "PUTs for a new locator with content keys",
        "1", "2",
        "on MK.IO it is made suppressed, its keys are read back, and only then it is released";
    CHANGED_TIMES: "The times of a locator with content keys are changed",
        "failed(replica-conflict)", "applied",
        "locators of Azure Media Services can only be deleted and made anew, and those with content keys are not replaced unasked; MK.IO updates `startTime`, `endTime` and `suppressed`";
    WITHDRAWN: "A locator is withdrawn, and its replica is deleted: what tells the mirror",
        "event", "walk",
        "MK.IO announces no deletion, so the next complete walk finds it, and `MIRROR_DELETES` is `streamingLocators=converge` there unless it is set; a message with `\"cause\":\"deleted\"` announces it on either";
    FOREIGN_BLOBS: "A blob event comes from a storage account that is not the primary's",
        "skipped(not-primary)", "skipped(out-of-scope)",
        "on MK.IO the map has storage records, so MK.IO is asked whether an asset has that container in that account";
    DEPTHS: "Walks that the timer starts, by depth",
        "list,children,keys,bytes", "updated,list,children,keys,bytes",
        "only MK.IO's lists can be filtered by when something was updated";
    KEY_ID_TAKEN: "Another locator of the secondary has a content key of the same ID",
        "failed(key-id-taken)", "failed(replica-conflict)",
        "Azure Media Services says so in a text that is known; MK.IO answers 409, and no document says in which words";
    ID_TAKEN: "Another locator of the secondary has the streaming locator ID",
        "failed(replica-refused)", "failed(replica-conflict)",
        "Azure Media Services answers 400, MK.IO 409";
    SECRET_RIGHT: "A content key policy reads masked: which right the detail names",
        "getPolicyPropertiesWithSecrets/action", "ams.contentkeypolicy.create",
        "roles of Azure on one side, capabilities of a token on the other";
}

/// The table in Markdown.
#[must_use]
pub fn table() -> String {
    let mut table =
        String::from("| what happens | on `ams` | on `mkio` | why |\n|---|---|---|---|\n");
    for (_, difference) in ALL {
        table.push_str(&format!(
            "| {} | `{}` | `{}` | {} |\n",
            difference.what, difference.ams, difference.mkio, difference.why
        ));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace_root;
    use std::fs;

    #[test]
    fn every_difference_is_one_and_a_test_expects_it() {
        let mut texts = String::new();
        let mut folders = vec![workspace_root().join("tests")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    texts.push_str(&fs::read_to_string(path).unwrap());
                }
            }
        }
        for (name, difference) in ALL {
            assert_ne!(difference.ams, difference.mkio, "{name}");
            assert!(
                texts.contains(&format!("differences::{name}")),
                "no test expects {name}"
            );
        }
    }
}
