/// One environment variable.
#[derive(Debug)]
pub struct Setting {
    /// The variable.
    pub name: &'static str,
    /// What holds when it is absent or empty; `None` where `help` says what then.
    pub default: Option<&'static str>,
    /// What it means, with unit and form.
    pub help: &'static str,
}

macro_rules! settings {
    ($($ident:ident = $name:literal, $default:expr, $help:literal;)*) => {
        $(pub(crate) const $ident: Setting = Setting { name: $name, default: $default, help: $help };)*

        /// Everything that can be set, in the order of the table.
        pub const SETTINGS: &[Setting] = &[$($ident),*];
    };
}

settings! {
    BACKEND = "MIRROR_BACKEND", Some("ams"),
        "The service that both accounts speak: `ams`, the Azure Media Services v3 ARM API, or `mkio`, MK.IO by MediaKind.";
    PRIMARY = "MIRROR_PRIMARY", None,
        "Required. The account that is mirrored: its resource ID `/subscriptions/.../mediaServices/<account>` (`ams`), or the name of the project (`mkio`).";
    SECONDARY = "MIRROR_SECONDARY", None,
        "Required. The account that is kept ready, in the same form.";
    PRIMARY_ENDPOINT = "MIRROR_PRIMARY_ENDPOINT", None,
        "Base URL of the service for the primary; https. Without it `https://management.azure.com` (`ams`) or `https://app.mk.io` (`mkio`).";
    SECONDARY_ENDPOINT = "MIRROR_SECONDARY_ENDPOINT", None,
        "The same for the secondary.";
    PRIMARY_AUDIENCE = "MIRROR_PRIMARY_AUDIENCE", Some("https://management.azure.com"),
        "`ams`: audience of the tokens for the primary.";
    SECONDARY_AUDIENCE = "MIRROR_SECONDARY_AUDIENCE", Some("https://management.azure.com"),
        "`ams`: audience of the tokens for the secondary.";
    PRIMARY_TOKEN = "MIRROR_PRIMARY_TOKEN", None,
        "`mkio`, secret, required there. API token for the primary; reading keys needs the `create` capabilities of content key policies and streaming locators. A Key Vault reference in production.";
    SECONDARY_TOKEN = "MIRROR_SECONDARY_TOKEN", None,
        "`mkio`, secret, required there. API token for the secondary.";
    WEBHOOK_SECRET = "MIRROR_WEBHOOK_SECRET", None,
        "`mkio`, secret. What the webhook rule sends in the header `MIRROR_WEBHOOK_HEADER`; without it every webhook is refused.";
    WEBHOOK_HEADER = "MIRROR_WEBHOOK_HEADER", Some("x-webhook-secret"),
        "`mkio`: the header of the webhook secret.";
    API_VERSION = "MIRROR_API_VERSION", Some("2023-01-01"),
        "`ams`: `api-version` of every call.";
    CREDENTIAL = "MIRROR_CREDENTIAL", Some("managed-identity"),
        "As whom the app signs in: `managed-identity`, or `developer-tools` (Azure CLI, Azure Developer CLI) on one's own machine.";
    CLIENT_ID = "AZURE_CLIENT_ID", None,
        "Client ID of a user-assigned managed identity; without it the system-assigned one is used.";
    STORAGE_MAP = "MIRROR_STORAGE_MAP", None,
        "Required. Which storage account (`mkio`: storage record) of the secondary takes the place of which of the primary: `primary1=secondary1,primary2=secondary2`.";
    PRIMARY_BLOB_ENDPOINT = "MIRROR_PRIMARY_BLOB_ENDPOINT", Some("https://{account}.blob.core.windows.net"),
        "Blob endpoint of the primary's storage accounts; `{account}` stands for the account's name.";
    SECONDARY_BLOB_ENDPOINT = "MIRROR_SECONDARY_BLOB_ENDPOINT", Some("https://{account}.blob.core.windows.net"),
        "Blob endpoint of the secondary's storage accounts.";
    SOURCE_AUTH = "MIRROR_SOURCE_AUTH", Some("bearer"),
        "How the secondary's storage service reads the primary's blobs: `bearer` (the app's identity), `delegation-sas` (signed with a user delegation key) or `sas` (`MIRROR_PRIMARY_STORAGE_SAS`).";
    PRIMARY_STORAGE_SAS = "MIRROR_PRIMARY_STORAGE_SAS", None,
        "Secret. SAS with read and list rights on the primary's blobs, used in place of the app's identity.";
    SECONDARY_STORAGE_SAS = "MIRROR_SECONDARY_STORAGE_SAS", None,
        "Secret. SAS with read, list, create and write rights on the secondary's blobs, used in place of the app's identity.";
    HOST_MAP = "MIRROR_HOST_MAP", None,
        "Hosts inside key and licence acquisition URL templates and OpenID documents, and what stands in their place in the secondary: `keys.one.example=keys.two.example`.";
    ENCRYPTION_SCOPE_MAP = "MIRROR_ENCRYPTION_SCOPE_MAP", None,
        "Encryption scopes of assets, and their counterparts in the secondary's storage: `one=two`.";
    SCOPE = "MIRROR_SCOPE", Some("published"),
        "Which assets are mirrored: `published` (those with a locator or made by a finished job) or `all`.";
    INCLUDE = "MIRROR_INCLUDE", None,
        "Only assets whose names match one of these patterns (`*` and `?`), separated by commas.";
    EXCLUDE = "MIRROR_EXCLUDE", None,
        "Assets whose names match one of these patterns are left out.";
    DELETES = "MIRROR_DELETES", None,
        "What becomes of a replica whose source is gone, per kind: `off` (it stays, and is reported), `events` (deleted when the primary announced it; `ams` only, since MK.IO announces no deletion) or `converge` (also deleted when a walk over the whole kind did not find the source). Kinds that are not named: `off`. Without the setting `streamingLocators=events` (`ams`) or `streamingLocators=converge` (`mkio`).";
    DELETE_GRACE = "MIRROR_DELETE_GRACE", Some("5m"),
        "How long an announced deletion waits before it is confirmed and done.";
    DELETE_CAP = "MIRROR_DELETE_CAP", Some("10"),
        "How many deletions may wait at once, announced or found by a walk; if there are more, none is done until an operator confirms.";
    SWEEP = "MIRROR_SWEEP", None,
        "How often everything is walked, by depth, such as `list=15m,bytes=off`: `list` (what both lists show), `children` (the filters of each asset), `keys` (key values and secrets), `bytes` (the blobs of each asset), and on `mkio` `updated` (what the primary says was updated). Depths that are not named: `list` 5 minutes, `updated` 1 minute, the others 24 hours. `off` alone: nothing is walked.";
    KEEP = "MIRROR_KEEP", None,
        "Replicas that are never deleted: patterns of `kind/name`, such as `streamingLocators/live-*`, separated by commas.";
    CONFLICTS = "MIRROR_CONFLICTS", Some("streamingLocators=replace-without-keys"),
        "What becomes of a replica that cannot be changed and differs, per kind: `report`, `replace-without-keys` (locators only) or `replace`. Kinds that are not named: `report`. A streaming locator ID is never replaced by another.";
    EVENT_TOPICS = "MIRROR_EVENT_TOPICS", Some("system"),
        "Whose events are accepted: `system` (the system topics of the primary, its resource group and its subscription), resource IDs of custom topics separated by commas, or `none`. For `blob-changed` the system topics are those of the storage accounts in `MIRROR_STORAGE_MAP` (`ams`) or of any storage account (`mkio`, where the map has records); a list must then name the storage accounts' resource IDs too.";
    BLOB_DEBOUNCE = "MIRROR_BLOB_DEBOUNCE", Some("60s"),
        "`blob-changed`: how long after the first blob event of a container the asset is looked at, once for all events of that time: `60s`, `5m`; at most `1h`.";
    SETTLE = "MIRROR_SETTLE", Some("2m"),
        "How old the newest blob of an asset must be before the asset counts as complete (not waited for after a finished job): `90s`, `2m`, `1h`, `0s`.";
    COPY_BUDGET = "MIRROR_COPY_BUDGET", Some("5m"),
        "How long one invocation copies the blobs of an asset before it puts the rest back into the queue; below the host's `functionTimeout`.";
    PRIMARY_SHARE = "MIRROR_PRIMARY_SHARE", Some("0.5"),
        "Which part of the primary's published rate limits the mirror takes, all its instances together: a number up to 1, or `unlimited` (then only 429s hold it back).";
    SECONDARY_SHARE = "MIRROR_SECONDARY_SHARE", Some("1"),
        "The same for the secondary.";
    INSTANCES = "MIRROR_INSTANCES", Some("4"),
        "How many instances of the app are expected at most; each takes its part of the share.";
    CALL_TIMEOUT = "MIRROR_CALL_TIMEOUT", Some("30s"),
        "How long one call to a media service may take.";
    QUEUE_SERVICE = "AzureWebJobsStorage__queueServiceUri", None,
        "Queue endpoint of the app's own storage account, `https://<account>.queue.core.windows.net`; a SAS in it is used. Required, unless `AzureWebJobsStorage__accountName` is set.";
    BLOB_SERVICE = "AzureWebJobsStorage__blobServiceUri", None,
        "Blob endpoint of the app's own storage account, for state documents. Required, unless `AzureWebJobsStorage__accountName` is set.";
    STORAGE_ACCOUNT = "AzureWebJobsStorage__accountName", None,
        "Name of the app's own storage account in the public cloud, in place of both endpoints.";
    STATE_CONTAINER = "MIRROR_STATE_CONTAINER", Some("mirror-state"),
        "Container of the app's own storage account that holds the state documents.";
    PORT = "FUNCTIONS_CUSTOMHANDLER_PORT", None,
        "Required. Port to listen on, on 127.0.0.1; the Functions host sets it.";
}

/// The table in `docs/configure.md`, in Markdown.
#[must_use]
pub fn reference_table() -> String {
    let mut table = String::from("| variable | default | meaning |\n|---|---|---|\n");
    for setting in SETTINGS {
        let default = setting
            .default
            .map_or_else(String::new, |default| format!("`{default}`"));
        table.push_str(&format!(
            "| `{}` | {default} | {} |\n",
            setting.name, setting.help
        ));
    }
    table
}
