//! Reads `$filter` and `$orderby`, as far as published examples go: `eq`, `ge`, `gt`, `lt` and `and`.

use std::cmp::Ordering;

use super::fields::{Held, compare, filterable, held, orderable};
use super::reply::Reply;
use crate::state::{Key, Kind, Record};

/// A comparison that a resource must pass.
#[derive(Debug)]
pub(super) struct Condition {
    field: &'static str,
    operator: Operator,
    literal: Held,
}

#[derive(Debug, Clone, Copy)]
enum Operator {
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
}

impl Condition {
    pub(super) fn accepts(&self, key: &Key, record: &Record) -> bool {
        let found = held(self.field, key, record).and_then(|held| held.partial_cmp(&self.literal));
        match self.operator {
            Operator::Equal => found == Some(Ordering::Equal),
            Operator::Greater => found == Some(Ordering::Greater),
            Operator::GreaterOrEqual => {
                matches!(found, Some(Ordering::Greater | Ordering::Equal))
            }
            Operator::Less => found == Some(Ordering::Less),
        }
    }
}

/// `name eq 'x' and created ge 2021-01-01T00:00:00Z`: all of them must hold.
pub(super) fn parse(kind: Kind, text: &str) -> Result<Vec<Condition>, Reply> {
    let wrong = || Reply::bad_request(format!("The filter '{text}' is not understood."));
    let words = words(text).ok_or_else(wrong)?;
    let mut conditions = Vec::new();
    for (at, part) in words.chunks(4).enumerate() {
        let (field, operator, literal) = match part {
            [field, operator, literal] => (field, operator, literal),
            [field, operator, literal, joint] if joint == "and" && words.len() > (at + 1) * 4 => {
                (field, operator, literal)
            }
            _ => return Err(wrong()),
        };
        let field = filterable(kind, field)?;
        let operator = match operator.as_str() {
            "eq" => Operator::Equal,
            "gt" => Operator::Greater,
            "ge" => Operator::GreaterOrEqual,
            "lt" => Operator::Less,
            other => {
                return Err(Reply::bad_request(format!(
                    "The operator '{other}' is not supported."
                )));
            }
        };
        let literal = Held::read(field, literal).ok_or_else(wrong)?;
        conditions.push(Condition {
            field,
            operator,
            literal,
        });
    }
    if conditions.is_empty() {
        return Err(wrong());
    }
    Ok(conditions)
}

/// Words apart by spaces; what stands in quotes is one, a doubled quote in it being one.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let mut word = String::new();
        if let Some(mut quoted) = rest.strip_prefix('\'') {
            loop {
                let (before, after) = quoted.split_once('\'')?;
                word.push_str(before);
                match after.strip_prefix('\'') {
                    Some(more) => {
                        word.push('\'');
                        quoted = more;
                    }
                    None => {
                        rest = after;
                        break;
                    }
                }
            }
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            word.push_str(&rest[..end]);
            rest = &rest[end..];
        }
        words.push(word);
        rest = rest.trim_start();
    }
    Some(words)
}

/// Fields to order by, and whether downwards.
#[derive(Debug)]
pub(super) struct Order(Vec<(&'static str, bool)>);

impl Order {
    /// `created desc, name`.
    pub(super) fn parse(kind: Kind, text: &str) -> Result<Self, Reply> {
        let fields = text.split(',').map(|part| {
            let mut words = part.split_whitespace();
            let field = orderable(kind, words.next().unwrap_or_default())?;
            match (words.next(), words.next()) {
                (None | Some("asc"), None) => Ok((field, false)),
                (Some("desc"), None) => Ok((field, true)),
                _ => Err(Reply::bad_request(format!("'{part}' is not an order."))),
            }
        });
        Ok(Self(fields.collect::<Result<_, _>>()?))
    }

    pub(super) fn sort(&self, found: &mut [(&Key, &Record)]) {
        found.sort_by(|(a_key, a), (b_key, b)| {
            for (field, descending) in &self.0 {
                let order = compare(
                    held(field, a_key, a).as_ref(),
                    held(field, b_key, b).as_ref(),
                );
                let order = if *descending { order.reverse() } else { order };
                if order != Ordering::Equal {
                    return order;
                }
            }
            a_key.cmp(b_key)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Origin;
    use crate::times;
    use serde_json::json;

    fn locator(name: &str, asset: &str, created: &str) -> (Key, Record) {
        let created = times::parse(created).unwrap();
        let record = Record {
            name: name.to_owned(),
            id: "id".to_owned(),
            fields: json!({ "assetName": asset }).as_object().unwrap().clone(),
            keys: Vec::new(),
            created,
            modified: created,
            origin: Origin::default(),
            predefined: false,
        };
        (Key::new(Kind::StreamingLocators, None, name), record)
    }

    fn accepts(text: &str) -> Result<bool, String> {
        let (key, record) = locator("l", "it's here", "2024-03-26T14:51:19.1252803Z");
        parse(Kind::StreamingLocators, text)
            .map(|all| all.iter().all(|one| one.accepts(&key, &record)))
            .map_err(|reply| reply.body.unwrap()["error"]["detail"].to_string())
    }

    #[test]
    fn what_examples_show_is_understood() {
        for (text, expected) in [
            ("properties/assetName eq 'it''s here'", true),
            ("properties/assetName eq 'IT''S HERE'", false),
            ("created ge 2024-03-26T14:51:19.12528Z", true),
            ("created gt 2024-03-26T14:51:19.12528Z", false),
            ("updated lt 2024-04-01T00:00:00Z and name eq 'l'", true),
            ("name eq l and created lt 2021-01-01T00:00:00Z", false),
        ] {
            assert_eq!(accepts(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_no_example_shows_is_refused() {
        for text in [
            "",
            "name eq 'l' or name eq 'm'",
            "name ne 'l'",
            "created le 2021-01-01T00:00:00Z",
            "properties/suppressed eq 'true'",
            "name eq 'l' and",
            "name eq 'l",
            "created ge yesterday",
        ] {
            assert!(accepts(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_list_is_ordered_by_several_fields() {
        let all = [
            locator("b", "x", "2024-01-01T00:00:00Z"),
            locator("a", "x", "2024-01-01T00:00:00Z"),
            locator("c", "x", "2025-01-01T00:00:00Z"),
        ];
        let mut found: Vec<_> = all.iter().map(|(key, record)| (key, record)).collect();
        let order = Order::parse(Kind::StreamingLocators, "created desc, name asc").unwrap();
        order.sort(&mut found);
        let names: String = found.iter().map(|(_, one)| one.name.as_str()).collect();
        assert_eq!(names, "cab");
        assert!(Order::parse(Kind::StreamingLocators, "properties/assetName").is_err());
    }
}
