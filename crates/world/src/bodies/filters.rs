//! Filters, of the account or of an asset: what a player is shown of a title.

use serde_json::{Value, json};

/// For small screens: the lower bitrates, and which to begin with.
#[must_use]
pub fn small_screens() -> Value {
    json!({
        "firstQuality": {"bitrate": 400_000},
        "tracks": [
            {"trackSelections": [
                {"property": "Type", "operation": "Equal", "value": "Audio"},
                {"property": "FourCC", "operation": "NotEqual", "value": "EC-3"}
            ]},
            {"trackSelections": [
                {"property": "Type", "operation": "Equal", "value": "Video"},
                {"property": "Bitrate", "operation": "Equal", "value": "0-1000000"}
            ]}
        ]
    })
}

/// A clip: seconds two to six, in units of 100 ns.
#[must_use]
pub fn clip() -> Value {
    json!({
        "presentationTimeRange": {
            "startTimestamp": 20_000_000,
            "endTimestamp": 60_000_000,
            // "No window": the greatest number that the service's own examples use. A reader of JSON that keeps numbers as doubles changes it.
            "presentationWindowDuration": 9_223_372_036_854_774_806_i64,
            "liveBackoffDuration": 0,
            "timescale": 10_000_000,
            "forceEndTimestamp": false
        }
    })
}
