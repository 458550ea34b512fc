use super::{Findings, Infra};

/// The grammar understands every line.
pub(super) fn rule(infra: &Infra<'_>, findings: &mut Findings) {
    if infra.file("infra/main.bicep").is_none() {
        findings.say("infra/main.bicep", "is not there");
    }
    for file in &infra.files {
        for line in file.mistakes() {
            findings.say(
                &file.path,
                format!("line {line}: not understood by the grammar"),
            );
        }
    }
}
