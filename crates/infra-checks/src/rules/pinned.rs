use super::{Findings, Infra};

/// Every resource has an API version that is a date and no preview.
pub(super) fn rule(infra: &Infra<'_>, findings: &mut Findings) {
    for file in &infra.files {
        for resource in file.resources() {
            let version = resource.what.split_once('@').map(|(_, version)| version);
            if !version.is_some_and(is_date) {
                findings.say(
                    &file.path,
                    format!(
                        "line {}: {} has no stable API version",
                        resource.line, resource.what
                    ),
                );
            }
        }
    }
}

fn is_date(text: &str) -> bool {
    let shape = |c: char| if c.is_ascii_digit() { '0' } else { c };
    text.chars().map(shape).eq("0000-00-00".chars())
}
