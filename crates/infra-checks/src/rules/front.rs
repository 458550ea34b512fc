use super::{Findings, Infra};
use crate::node::{of_kind, property, string, text};

/// What is switched by hand on the bad day follows a parameter, so that the next deployment does not undo it: whether the side that is
/// asked first is asked at all.
pub(super) fn rule(infra: &Infra<'_>, findings: &mut Findings) {
    for path in [
        "infra/front/front-door.bicep",
        "infra/front/traffic-manager.bicep",
    ] {
        let Some(file) = infra.file(path) else {
            findings.say(path, "is not there");
            continue;
        };
        let source = &file.source;
        let objects = of_kind(file.root(), "object").into_iter();
        let first = objects.filter(|object| {
            property(*object, "priority", source).is_some_and(|node| text(node, source) == "1")
        });
        let states: Vec<_> = first
            .filter_map(|object| {
                let states = ["enabledState", "endpointStatus"].iter();
                states
                    .filter_map(|state| property(object, state, source))
                    .next()
            })
            .collect();
        if states.is_empty() {
            findings.say(path, "asks no side first");
        }
        if states.iter().any(|state| string(*state, source).is_some()) {
            findings.say(path, "a deployment would ask the primary again");
        }
    }
}
