use super::{Findings, Infra};

/// Functions that return secrets.
const REVEAL: [&str; 6] = [
    "listKeys",
    "listAccountSas",
    "listServiceSas",
    "listSecrets",
    "listCredentials",
    "getSecret",
];

/// What stands in a text that is a secret.
const LOOKS_SECRET: [&str; 6] = [
    "AccountKey=",
    "SharedAccessKey=",
    "SharedAccessSignature",
    "sig=",
    "-----BEGIN",
    "eyJ",
];

/// Words of names that hold secrets.
const SECRET_WORDS: [&str; 5] = ["password", "secret", "sas", "apikey", "accesskey"];

/// No secret is asked for, read, written down or given out.
pub(super) fn rule(infra: &Infra<'_>, findings: &mut Findings) {
    for file in &infra.files {
        let mut say = |line: usize, what: String| {
            findings.say(&file.path, format!("line {line}: {what}"));
        };
        let members = file.source.lines().enumerate();
        for (at, text) in members {
            for function in REVEAL
                .iter()
                .filter(|name| text.contains(&format!("{name}(")))
            {
                say(at + 1, format!("{function} reads a secret"));
            }
        }
        for param in file.params() {
            if param.decorators.contains(&"secure") || holds_secret(param.name) {
                let what = format!("{}: the template takes no secrets", param.name);
                say(param.line, what);
            }
        }
        for (line, text) in file.strings() {
            if LOOKS_SECRET.iter().any(|mark| text.contains(mark)) || is_key(text) {
                say(line, "a text that looks like a secret".to_owned());
            }
        }
        for output in file.outputs() {
            let value = output
                .value
                .map_or("", |node| crate::node::text(node, &file.source));
            let reveals = ["ConnectionString", "InstrumentationKey", "KeyVault("];
            if holds_secret(output.name) || reveals.iter().any(|mark| value.contains(mark)) {
                say(
                    output.line,
                    format!("output {} gives out a secret", output.name),
                );
            }
        }
    }
    for (path, text) in infra.tree.files("infra/", ".json") {
        if LOOKS_SECRET.iter().any(|mark| text.contains(mark)) {
            findings.say(path, "has a text that looks like a secret");
        }
    }
}

fn holds_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// Whether a text could be a storage key or another long random one.
fn is_key(text: &str) -> bool {
    let base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    text.len() >= 40
        && text.chars().all(base64)
        && text.chars().any(|c| c.is_ascii_digit())
        && text.chars().any(|c| c.is_ascii_uppercase())
        && text.chars().any(|c| c.is_ascii_lowercase())
        && !text.starts_with("Microsoft.")
}
