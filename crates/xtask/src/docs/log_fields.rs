//! The fields that a source writes into the log.

use std::collections::BTreeSet;

/// What writes into the log: the macros of `tracing`, and the handler's own (`handlers/src/log.rs`), in which the fields come after a `;`.
const MACROS: [&str; 3] = ["tracing::", "entry!", "entry_of_run!"];

/// The names of the fields in every such macro of a source.
pub(super) fn log_fields(source: &str) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    let calls = MACROS.iter().flat_map(|name| source.match_indices(name));
    for (at, _) in calls {
        let call = &source[at..];
        let Some((name, rest)) = call.split_once('(') else {
            continue;
        };
        if !name.ends_with('!') || name.len() > 20 {
            continue;
        }
        for argument in arguments_of(rest) {
            let (field, _) = argument.split_once('=').unwrap_or((argument.as_str(), ""));
            let field = field.trim();
            if !field.is_empty() && field.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
                fields.insert(field.to_owned());
            }
        }
    }
    fields
}

/// The arguments of a call behind its last `;`, up to its closing bracket.
fn arguments_of(text: &str) -> Vec<String> {
    let (mut depth, mut quoted) = (0_u32, false);
    let mut arguments = vec![String::new()];
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted && depth == 0 => break,
            ')' | ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                arguments.push(String::new());
                continue;
            }
            ';' if !quoted && depth == 0 => {
                arguments = vec![String::new()];
                continue;
            }
            _ => {}
        }
        if let Some(last) = arguments.last_mut() {
            last.push(c);
        }
    }
    arguments
}

#[test]
fn log_fields_are_found_in_all_forms() {
    let source = r#"tracing::info!(target: "x", a_b = f(1, 2), c, d = g.map(|v| v, "q"), "message, e"); let x = tracing::Level::INFO;"#;
    let fields: Vec<String> = log_fields(source).into_iter().collect();
    assert_eq!(fields, ["a_b", "c", "d"]);
    let source = r#"entry!(info, invocation; a, b = c("d; e"), "f")"#;
    let fields: Vec<String> = log_fields(source).into_iter().collect();
    assert_eq!(fields, ["a", "b"]);
}
