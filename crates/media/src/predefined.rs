//! Streaming policies that every account has.

/// Those that encrypt nothing (Azure Media Services and MK.IO documentation, "Predefined streaming policies").
const CLEAR: [&str; 3] = [
    "Predefined_ClearStreamingOnly",
    "Predefined_DownloadOnly",
    "Predefined_DownloadAndClearStreaming",
];

/// Whether a streaming policy, by its name, is one of those that encrypt nothing in any account: a locator on it has no content keys.
#[must_use]
pub fn encrypts_nothing(policy: &str) -> bool {
    CLEAR.contains(&policy)
}
