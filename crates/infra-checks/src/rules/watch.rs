use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Findings, Infra};
use crate::node::{named, property, string};

const ALERTS: &str = "infra/watch/alerts.bicep";
const PAGE: &str = "docs/operate.md";
const TABLE: &str = "infra/README.md";
const WORKBOOK: &str = "infra/watch/workbook.json";

/// What every line of the log has (`handlers/src/lines.rs`).
const ALWAYS: [&str; 4] = ["timestamp", "level", "message", "target"];

/// A query of an alert or the workbook.
struct Query<'a> {
    file: &'a str,
    /// Its title in the workbook.
    title: String,
    text: String,
}

/// Queries ask for fields that the handler writes in lines of the kind that they ask for, and compare them with words that it knows. The
/// workbook is one, and every query is used.
pub(super) fn rule(infra: &Infra<'_>, findings: &mut Findings) {
    let records = records(infra);
    let mut queries = workbook(infra, findings);
    for (file, text) in infra.tree.files("infra/", ".kql") {
        queries.push(Query {
            file,
            title: String::new(),
            text: text.to_owned(),
        });
        let name = file.rsplit('/').next().unwrap_or(file);
        let loaded = format!("loadTextContent('queries/{name}')");
        if !infra.files.iter().any(|file| file.source.contains(&loaded)) {
            findings.say(file, "no alert uses this query");
        }
        let table = infra.tree.text(TABLE).unwrap_or_default();
        if !table.contains(&format!("(watch/queries/{name})")) {
            findings.say(TABLE, format!("lists no alert with {name}"));
        }
    }
    for query in &queries {
        for what in mistakes(infra, query, &records) {
            let title = if query.title.is_empty() { "" } else { ": " };
            findings.say(query.file, format!("{}{title}{what}", query.title));
        }
    }
    operator_page(infra, findings);
    for file in &infra.files {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for loaded in between(&file.source, "loadTextContent('", "'") {
            if infra.tree.text(&format!("{folder}/{loaded}")).is_none() {
                findings.say(&file.path, format!("{loaded} is not there"));
            }
        }
    }
}

/// Whoever is called by an alert finds its name in the operator's page.
fn operator_page(infra: &Infra<'_>, findings: &mut Findings) {
    let page = infra.tree.text(PAGE).unwrap_or_default();
    let Some(file) = infra.file(ALERTS) else {
        findings.say(ALERTS, "is not there");
        return;
    };
    let alerts = file.var("alerts").map(named).unwrap_or_default();
    let names: Vec<&str> = alerts
        .into_iter()
        .filter_map(|alert| string(property(alert, "name", &file.source)?, &file.source))
        .collect();
    if names.is_empty() {
        findings.say(ALERTS, "has no alerts");
    }
    for name in names {
        if !page.lines().any(|line| line == format!("### {name}")) {
            findings.say(PAGE, format!("says nothing of the alert \"{name}\""));
        }
    }
}

fn mistakes(
    infra: &Infra<'_>,
    query: &Query<'_>,
    records: &BTreeMap<String, BTreeSet<String>>,
) -> Vec<String> {
    let mut mistakes = Vec::new();
    let words = compared(&query.text);
    let messages: Vec<&str> = words
        .iter()
        .filter(|(field, _)| field == "message")
        .map(|(_, word)| word.as_str())
        .collect();
    if messages.is_empty() {
        mistakes.push("says nothing of record.message".to_owned());
    }
    for message in &messages {
        let Some(fields) = records.get(*message) else {
            mistakes.push(format!("the handler writes no line {message}"));
            continue;
        };
        for field in fields_of(&query.text) {
            if !fields.contains(field) && !ALWAYS.contains(&field) {
                mistakes.push(format!("a line {message} has no field {field}"));
            }
        }
    }
    for field in inner_fields_of(&query.text) {
        let mut sources = infra.tree.files("crates/state/src/heartbeat/", ".rs");
        let declared = [format!("pub {field}:"), format!(" {field}: ")];
        if !sources.any(|(_, text)| declared.iter().any(|field| text.contains(field))) {
            mistakes.push(format!("no figure has a field {field}"));
        }
    }
    for (field, word) in words.iter().filter(|(field, _)| field != "message") {
        let literal = format!("\"{word}\"");
        let known = ["handlers/src/", "crates/"];
        let mut sources = known
            .iter()
            .flat_map(|below| infra.tree.files(below, ".rs"));
        if !sources.any(|(_, text)| text.contains(&literal)) {
            mistakes.push(format!("{field} is never {word}"));
        }
    }
    mistakes
}

/// The names behind `record.`.
fn fields_of(query: &str) -> BTreeSet<&str> {
    let rest = query.split("record.").skip(1);
    rest.map(|rest| word(rest).0).collect()
}

/// The names behind those: `unread` of `record.exceptions.unread`, `messages` of `record.queues[queue].messages`.
fn inner_fields_of(query: &str) -> BTreeSet<&str> {
    let rest = query.split("record.").skip(1).map(|rest| word(rest).1);
    let inner = rest.filter_map(|rest| match rest.strip_prefix('[') {
        Some(index) => index.split_once(']')?.1.strip_prefix('.'),
        None => rest.strip_prefix('.'),
    });
    inner.map(|rest| word(rest).0).collect()
}

/// Fields and the texts that they are compared with: `record.a == 'x'`, `tostring(record.a) in ('x', 'y')`, `record.a['x']`.
fn compared(query: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for rest in query.split("record.").skip(1) {
        let (field, rest) = word(rest);
        let rest = rest.trim_start_matches(')');
        let texts = if let Some(rest) = rest.strip_prefix(" == '") {
            vec![rest.split('\'').next().unwrap_or_default()]
        } else if let Some(rest) = rest.strip_prefix(" in (") {
            let list = rest.split(')').next().unwrap_or_default();
            list.split('\'').skip(1).step_by(2).collect()
        } else if let Some(rest) = rest.strip_prefix("['") {
            vec![rest.split('\'').next().unwrap_or_default()]
        } else {
            Vec::new()
        };
        found.extend(
            texts
                .into_iter()
                .map(|text| (field.to_owned(), text.to_owned())),
        );
    }
    found
}

fn word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    text.split_at(end.unwrap_or(text.len()))
}

/// The fields of each line that the handler writes, by its message: from the `tracing` macros and those that the handler makes of them, in
/// the form that rustfmt gives them.
fn records(infra: &Infra<'_>) -> BTreeMap<String, BTreeSet<String>> {
    let mut records: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, source) in infra.tree.files("handlers/src/", ".rs") {
        let (macros, source) = macros_of(source);
        for (name, first) in &macros {
            for call in source.split(name.as_str()).skip(1) {
                let before = |line: &&str| !line.starts_with('"');
                let fields = call.lines().map(str::trim).take_while(before);
                let fields = fields.filter_map(field_of).chain(first.iter().cloned());
                let fields: BTreeSet<String> = fields.collect();
                let message = call.lines().map(str::trim).find(|line| !before(line));
                let Some(message) = message else { continue };
                let message = message.trim_matches([',', '"', ')', ';']);
                records
                    .entry(message.to_owned())
                    .or_default()
                    .extend(fields);
            }
        }
    }
    records
}

/// How calls of the macros that write a line begin, each with the fields that it gives by itself, and the source without the macros.
fn macros_of(source: &str) -> (Vec<(String, BTreeSet<String>)>, String) {
    let of_tracing = ["info", "error", "warn"].map(|level| format!("tracing::{level}!("));
    let mut macros: Vec<_> = of_tracing.map(|name| (name, BTreeSet::new())).into();
    let mut parts = source.split("macro_rules! ");
    let mut rest = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (body, after) = part.split_once("\n}\n").unwrap_or((part, ""));
        let mut fields: BTreeSet<String> =
            body.lines().map(str::trim).filter_map(field_of).collect();
        for (other, theirs) in &macros {
            if body.contains(other) {
                fields.extend(theirs.iter().cloned());
            }
        }
        macros.push((format!(" {}!(", word(body).0), fields));
        rest.push_str(after);
    }
    (macros, rest)
}

fn field_of(line: &str) -> Option<String> {
    let (name, rest) = word(line);
    let is_field = !name.is_empty() && (rest.starts_with(" = ") || rest == ",");
    is_field.then(|| name.to_owned())
}

fn workbook(infra: &Infra<'_>, findings: &mut Findings) -> Vec<Query<'static>> {
    let text = infra.tree.text(WORKBOOK).unwrap_or_default();
    let json: Value = match serde_json::from_str(text) {
        Ok(json) => json,
        Err(error) => {
            let at = format!("line {}: is not valid JSON", error.line());
            findings.say(WORKBOOK, at);
            return Vec::new();
        }
    };
    let items = json["items"].as_array().cloned().unwrap_or_default();
    let mut names = BTreeSet::new();
    let mut queries = Vec::new();
    for item in &items {
        let name = item["name"].as_str().unwrap_or_default();
        if !names.insert(name) {
            findings.say(WORKBOOK, format!("two items are named \"{name}\""));
        }
        let content = &item["content"];
        let filled = match item["type"].as_u64() {
            Some(1) => content["json"].is_string(),
            Some(3) => {
                queries.push(Query {
                    file: WORKBOOK,
                    title: name.to_owned(),
                    text: content["query"].as_str().unwrap_or_default().to_owned(),
                });
                content["version"] == "KqlItem/1.0" && content["title"].is_string()
            }
            Some(9) => content["parameters"].is_array(),
            _ => false,
        };
        if !filled {
            findings.say(
                WORKBOOK,
                format!("\"{name}\" is no text, query or parameters"),
            );
        }
    }
    if json["version"] != "Notebook/1.0" || queries.is_empty() {
        findings.say(WORKBOOK, "is no workbook with queries");
    }
    queries
}

fn between<'a>(text: &'a str, from: &'a str, to: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(from)
        .skip(1)
        .filter_map(move |rest| rest.split(to).next())
}
