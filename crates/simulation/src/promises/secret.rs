//! No secret in any message or line of the log.

use super::watch::Watch;
use crate::{secrets::needles, world::World};

/// Searches everything that the handler sent and wrote.
pub(crate) fn check(world: &World) {
    let mut found = Vec::new();
    let needles = needles();
    let mut search = |place: &str, text: &str| {
        if needles.iter().any(|needle| text.contains(needle.as_str())) {
            found.push(format!("{place}: {text}"));
        }
    };
    for (queue, text) in world.queues.sent() {
        search(&format!("a message in {queue}"), &text);
    }
    for line in world.log.text().lines() {
        search("the log", line);
    }
    let mut state = world.state();
    let watch: &mut Watch = &mut state.watch;
    for what in found {
        watch.breaks("no secret leaves the accounts", what);
    }
}
