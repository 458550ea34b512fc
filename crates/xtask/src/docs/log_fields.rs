//! The fields that a source writes into the log.

use std::collections::BTreeSet;

/// The names of the fields in every `tracing` macro of a source.
pub(super) fn log_fields(source: &str) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    for (at, _) in source.match_indices("tracing::") {
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

/// The arguments of a call, up to its closing bracket.
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
            _ => {}
        }
        if let Some(last) = arguments.last_mut() {
            last.push(c);
        }
    }
    arguments
}

#[test]
fn log_fields_are_found_in_both_forms() {
    let source = r#"tracing::info!(target: "x", a_b = f(1, 2), c, d = g.map(|v| v, "q"), "message, e"); let x = tracing::Level::INFO;"#;
    let fields: Vec<String> = log_fields(source).into_iter().collect();
    assert_eq!(fields, ["a_b", "c", "d"]);
}
