//! The parts of the documents that are made from the code.

use mirror::{Owner, Reason};

/// A part of a document, between two markers.
pub(super) struct Part {
    /// The document, from the workspace's root.
    pub(super) file: &'static str,
    /// The name in the markers.
    pub(super) marker: &'static str,
    /// What belongs between them.
    pub(super) text: String,
}

/// Every generated part.
pub(super) fn parts() -> Vec<Part> {
    vec![
        Part {
            file: "docs/configure.md",
            marker: "settings",
            text: settings::reference_table(),
        },
        Part {
            file: "docs/reasons.md",
            marker: "reasons",
            text: reasons(),
        },
        Part {
            file: "docs/differences.md",
            marker: "differences",
            text: world::differences::table(),
        },
        Part {
            file: "ARCHITECTURE.md",
            marker: "costs",
            text: world::costs::table(),
        },
        Part {
            file: "docs/cli.md",
            marker: "help",
            text: cli::reference(),
        },
    ]
}

fn reasons() -> String {
    let mut table =
        String::from("| reason | passes | owner | meaning | next step |\n|---|---|---|---|---|\n");
    for reason in Reason::ALL {
        let passes = if reason.is_transient() { "yes" } else { "" };
        table.push_str(&format!(
            "| `{reason}` | {passes} | {} | {} | {} |\n",
            owner(reason.owner()),
            reason.meaning(),
            reason.next_step()
        ));
    }
    table
}

const fn owner(owner: Owner) -> &'static str {
    match owner {
        Owner::Configuration => "configuration",
        Owner::Service => "service",
        Owner::Data => "data",
    }
}
