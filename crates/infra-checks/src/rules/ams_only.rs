use super::{Findings, Infra};

/// Only what is deployed for the back end `ams` names a resource of `Microsoft.Media`.
pub(super) fn rule(infra: &Infra<'_>, findings: &mut Findings) {
    for file in &infra.files {
        let inside = file.path.starts_with("infra/ams/");
        for (line, text) in file.strings() {
            if text.contains("Microsoft.Media/") && !inside {
                findings.say(
                    &file.path,
                    format!("line {line}: names a media-services resource"),
                );
            }
        }
        for module in file.modules() {
            let ams = "backend == 'ams'";
            let asked = module
                .condition
                .is_some_and(|condition| condition.contains(ams));
            if module.what.contains("ams/") && !inside && !asked {
                let what = format!("line {}: is not behind {ams}", module.line);
                findings.say(&file.path, what);
            }
        }
    }
}
