//! That an event arrived, written down without holding up its answer.

use crate::app::App;

/// The types of events that the mirror asks for.
const TYPES: &[&str] = &[
    "Microsoft.Media.JobFinished",
    "Microsoft.Media.JobOutputFinished",
    "Microsoft.Resources.ResourceWriteSuccess",
    "Microsoft.Resources.ResourceDeleteSuccess",
    "Microsoft.Storage.BlobCreated",
    "Microsoft.Storage.BlobDeleted",
    "MediaKind.JobFinished",
    "MediaKind.StreamingLocatorCreated",
];

/// Notes an event of the primary. At most once a minute for each type and process it is written down, beside whatever else is done: nobody
/// waits for that, and where it fails the type seems to be silent a little longer than it is.
pub(super) fn note(app: &App, event_type: &str) {
    let known = TYPES
        .iter()
        .find(|known| known.eq_ignore_ascii_case(event_type));
    let now = (app.clock)();
    if let Some(&known) = known
        && app.arrivals.is_due(known, now)
    {
        let arrivals = app.arrivals.clone();
        tokio::spawn(async move { arrivals.write(known, now).await });
    }
}
