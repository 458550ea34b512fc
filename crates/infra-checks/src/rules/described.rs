use super::{Findings, Infra};

/// Every file, parameter and output says what it is.
pub(super) fn rule(infra: &Infra<'_>, findings: &mut Findings) {
    for file in &infra.files {
        if !file.source.starts_with("metadata description = '") {
            findings.say(&file.path, "begins with no metadata description");
        }
        for declared in file.params().into_iter().chain(file.outputs()) {
            let text = declared.description.unwrap_or_default();
            if text.trim().len() < 10 {
                findings.say(
                    &file.path,
                    format!(
                        "line {}: {} has no description",
                        declared.line, declared.name
                    ),
                );
            }
        }
    }
}
