//! What no source settles about MK.IO, each with the default that is hardest on a client.

use serde::{Deserialize, Serialize};

/// Behaviour of MK.IO that no published source settles. Each default is the one that forgives a client least, unless
/// its text says why not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MkioSettings {
    /// How tokens are checked.
    pub tokens: TokenCheck,
    /// The IDs (`jti`) of tokens that are revoked.
    pub revoked_tokens: Vec<String>,
    /// Capabilities that every token lacks, for example `ams.contentkeypolicy.create`.
    pub denied_capabilities: Vec<String>,
    /// What becomes of content keys that a client gives with a `Predefined_*` streaming policy. MediaKind's own tool
    /// left them out in 2024.
    pub explicit_keys_on_predefined: ExplicitKeys,
    /// Which projects a key server serves: deleting a locator takes its content keys away there.
    pub key_servers: KeyServers,
    /// A content key ID may be had by one locator of a project only, as in AMS.
    pub key_ids_unique: bool,
    /// Among whose locators `key_ids_unique` holds. `PerProject` is the default, since with the other no replica could
    /// have its source's keys.
    pub key_id_scope: KeyIdScope,
    /// Whether a content key that a client gives needs its type and its policy: the documentation says so, the schema
    /// does not. By default it does not, for platforms whose code is older than the documentation.
    pub key_type_and_policy: Requirement,
    /// Where a streaming locator ID is unique. `PerProject` is the default, since with the other no replica could have
    /// its source's ID.
    pub locator_ids: LocatorIds,
    /// What GET and list show of a content key policy's secrets. An empty `keyValue` was observed.
    pub secrets: Secrets,
    /// Whether `getPolicyPropertiesWithSecrets` shows FairPlay's secrets too. True, as MediaKind's own tool expects.
    pub fair_play_secrets: bool,
    /// What GET and list of locators, and so webhooks too, show of content keys.
    pub keys_in_get: KeysInGet,
    /// Whether they show the values of those keys.
    pub key_values_in_get: bool,
    /// Whether a PUT or PATCH moves `updated`, `lastModified` and `lastModifiedAt`. True, since a captured reply shows
    /// a `lastModified` later than `created`.
    pub updated_moves: bool,
    /// The form of `@odata.nextLink`. Absolute, as the documentation says; a client of 2024 expected the other.
    pub next_link: NextLink,
    /// Whether a page that is full has a next link even if nothing follows, as one of two descriptions says.
    pub next_link_on_full_page: bool,
    /// What becomes of `$filter` in a listing. Documented with its fields; that it finds what it should is not.
    pub list_filters: ListFilters,
    /// The order of a listing that asks for none. By name is the default, since that is what tests read most easily.
    pub list_order: ListOrder,
    /// What a PATCH of a content key policy does with its options.
    pub patch_options: PatchOptions,
    /// Whether a PUT updates a streaming policy that exists ("may not be available on all accounts").
    pub streaming_policy_update: Permission,
    /// What a PUT of an existing locator does with changes of anything but `startTime`, `endTime` and `suppressed`.
    pub locator_changes: LocatorChanges,
    /// Whether a PUT of an existing locator that changes nothing is answered like one that does, or refused with 409.
    /// Answered, since the documents have a 200 for it.
    pub unchanged_locators: Permission,
    /// How often `GET` of a new resource or of its `/state` says that it is still being made; 0: made at once.
    pub creating_reads: u32,
    /// How the making of a resource ends whose PUT was answered. The schema knows a state `Error`; when it comes is
    /// documented nowhere.
    pub creations: Creations,
    /// What a PUT that was done answers.
    pub put_status: PutStatus,
    /// Most digits of fraction that a time may have in a request.
    pub fractional_digits: u8,
    /// What a PUT of an existing asset does with the properties that it leaves out. Kept, since a published script of
    /// MediaKind updates one property alone.
    pub asset_put: AssetPut,
    /// What a PUT of an existing asset can change: the documentation says only the description. Everything that is not
    /// placement, since labels would be of little use otherwise.
    pub asset_updates: AssetUpdates,
    /// What no two assets of a project may share.
    pub asset_places: AssetPlaces,
    /// Whether a locator may name filters that do not exist.
    pub unknown_filters: Permission,
    /// Whether a policy can be deleted that a locator names. (Filters cannot: that is documented.)
    pub delete_used_policies: Permission,
    /// Whether texts of an asset that are not set are shown as null, as a captured reply shows them, or not at all, as
    /// the published schema has it.
    pub nulls: bool,
    /// Whether a 429 says in `Retry-After` how long to wait. None is documented.
    pub retry_after: bool,
    /// The length of the window in which requests are counted, in seconds; the limits shrink with it.
    pub rate_window: f64,
    /// Which path the `source` of a webhook's event is.
    pub event_source: EventSource,
}

impl Default for MkioSettings {
    fn default() -> Self {
        Self {
            tokens: TokenCheck::default(),
            revoked_tokens: Vec::new(),
            denied_capabilities: Vec::new(),
            explicit_keys_on_predefined: ExplicitKeys::default(),
            key_servers: KeyServers::default(),
            key_ids_unique: true,
            key_id_scope: KeyIdScope::default(),
            key_type_and_policy: Requirement::Optional,
            locator_ids: LocatorIds::default(),
            secrets: Secrets::default(),
            fair_play_secrets: true,
            keys_in_get: KeysInGet::default(),
            key_values_in_get: false,
            updated_moves: true,
            next_link: NextLink::default(),
            next_link_on_full_page: false,
            list_filters: ListFilters::default(),
            list_order: ListOrder::default(),
            patch_options: PatchOptions::default(),
            streaming_policy_update: Permission::default(),
            locator_changes: LocatorChanges::default(),
            unchanged_locators: Permission::Allow,
            creating_reads: 0,
            creations: Creations::default(),
            put_status: PutStatus::default(),
            fractional_digits: 2,
            asset_put: AssetPut::default(),
            asset_updates: AssetUpdates::default(),
            asset_places: AssetPlaces::default(),
            unknown_filters: Permission::default(),
            delete_used_policies: Permission::default(),
            nulls: false,
            retry_after: false,
            rate_window: 60.0,
            event_source: EventSource::default(),
        }
    }
}

/// Declares the choices of one setting.
macro_rules! choices {
    ($(#[$meta:meta])* $name:ident { $(#[$first_meta:meta])* $first:ident, $($(#[$rest_meta:meta])* $rest:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum $name {
            $(#[$first_meta])*
            #[default]
            $first,
            $($(#[$rest_meta])* $rest),+
        }
    };
}

choices! {
    /// How Bearer tokens are checked. The signature never is.
    TokenCheck {
        /// A JWT that has not expired and is not revoked.
        Checked,
        /// Any text will do.
        Any,
        /// Every token is refused as no JWT.
        Malformed,
        /// Every token is refused as expired.
        Expired,
        /// Every token is refused as revoked.
        Revoked,
    }
}

choices! {
    /// What becomes of content keys that a client gives with a `Predefined_*` streaming policy.
    ExplicitKeys {
        /// 400.
        Refuse,
        /// Accepted, and other keys are made in their place.
        Strip,
        /// Used.
        Accept,
    }
}

choices! {
    /// Which projects a key server serves.
    KeyServers {
        /// All: deleting a locator takes its content keys from the locators of every project.
        Shared,
        /// One each.
        PerProject,
    }
}

choices! {
    /// Among whose locators a content key ID is unique.
    KeyIdScope {
        /// Those of its project.
        PerProject,
        /// Those of all projects.
        Everywhere,
    }
}

choices! {
    /// Whether something must be said.
    Requirement {
        /// Left out, it is a 400.
        Required,
        /// It may be left out.
        Optional,
    }
}

choices! {
    /// Where a streaming locator ID is unique.
    LocatorIds {
        /// Within its project.
        PerProject,
        /// Among all projects.
        Everywhere,
    }
}

choices! {
    /// How a secret is shown where it must not be seen.
    Secrets {
        /// As an empty text.
        Blank,
        /// Not at all.
        Absent,
        /// As null.
        Null,
        /// As asterisks.
        Asterisks,
        /// In clear.
        Shown,
    }
}

choices! {
    /// What GET and list of locators show of content keys.
    KeysInGet {
        /// All of them.
        Shown,
        /// A list without any.
        Empty,
        /// Nothing.
        Absent,
    }
}

choices! {
    /// The form of a next link.
    NextLink {
        /// With scheme and host.
        Absolute,
        /// A path and a query.
        Relative,
        /// The same, percent-encoded as a whole, as a client of 2024 decodes it.
        Encoded,
    }
}

choices! {
    /// What becomes of `$filter` in a listing.
    ListFilters {
        /// It is done.
        Work,
        /// Everything is listed.
        Ignore,
        /// 400.
        Refuse,
    }
}

choices! {
    /// The order of a listing that asks for none. Whatever it is, it is the same for every page.
    ListOrder {
        /// By name.
        Name,
        /// The oldest first.
        Created,
        /// By nothing that a client could know.
        Scattered,
    }
}

choices! {
    /// What a PATCH of a content key policy does with its options.
    PatchOptions {
        /// The options are those of the request.
        Replace,
        /// Those of the request replace those of the same name or are added; the others stay.
        Merge,
    }
}

choices! {
    /// Whether something is done that no source promises.
    Permission {
        /// It is refused.
        Refuse,
        /// It is done.
        Allow,
    }
}

choices! {
    /// What a PUT of an existing locator does with changes that cannot be made.
    LocatorChanges {
        /// 409.
        Refuse,
        /// 200, and they are not made.
        Ignore,
    }
}

choices! {
    /// How the making of a resource ends whose PUT was answered.
    Creations {
        /// It is made.
        Succeed,
        /// It is there, in the state `Error`, and what names it is refused.
        Fail,
    }
}

choices! {
    /// What a PUT that was done answers.
    PutStatus {
        /// 201 for what was not there before, 200 for what was.
        Documented,
        /// 200.
        Ok,
        /// 201.
        Created,
    }
}

choices! {
    /// What a PUT of an existing asset does with the properties that it leaves out.
    AssetPut {
        /// They stay as they are.
        Merge,
        /// They are unset, placement and deletion policy excepted.
        Replace,
    }
}

choices! {
    /// What a PUT of an existing asset can change.
    AssetUpdates {
        /// Everything but placement.
        All,
        /// The description and the deletion policy; the rest is accepted and not changed.
        Documented,
    }
}

choices! {
    /// What no two assets of a project may share.
    AssetPlaces {
        /// A container.
        Container,
        /// A folder (`subPath`) of a container.
        SubPath,
    }
}

choices! {
    /// Which path the `source` of a webhook's event is.
    EventSource {
        /// As the documentation prints it: with `/media/` for a locator, without for a job.
        AsPrinted,
        /// The resource's own path, with `/media/`.
        WithMedia,
        /// Without `/media/`.
        WithoutMedia,
    }
}
