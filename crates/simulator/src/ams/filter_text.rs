//! Reads `$filter` and `$orderby`.

use super::filter::{Fields, Filter, Literal, Order};
use super::reply::Reply;
use crate::times;

/// `field`, `field asc` or `field desc`.
pub(super) fn parse_order(text: &str, fields: Fields) -> Result<Order, Reply> {
    let mut words = text.split_whitespace();
    let field = fields.find(words.next().unwrap_or_default())?;
    let descending = match words.next() {
        None => false,
        Some(word) if word.eq_ignore_ascii_case("asc") => false,
        Some(word) if word.eq_ignore_ascii_case("desc") => true,
        Some(word) => return Err(Reply::bad_request(format!("'{word}' is not an order."))),
    };
    if !field.ordered || words.next().is_some() {
        return Err(Reply::bad_request(format!(
            "A listing cannot be ordered by '{text}'."
        )));
    }
    Ok(Order {
        field: field.name,
        descending,
    })
}

/// `name eq 'x' and (properties/created gt 2012-06-01 or ...)`.
pub(super) fn parse(text: &str, fields: Fields) -> Result<Filter, Reply> {
    let tokens = tokens(text).ok_or_else(|| wrong(text))?;
    let mut parser = Parser {
        tokens: tokens.as_slice(),
        fields,
        text,
    };
    let filter = parser.any_of()?;
    if parser.tokens.is_empty() {
        Ok(filter)
    } else {
        Err(wrong(text))
    }
}

fn wrong(text: &str) -> Reply {
    Reply::bad_request(format!("The filter '{text}' cannot be read."))
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    Word(String),
    Quoted(String),
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '\'' => {
                let mut quoted = String::new();
                let mut at = 1;
                loop {
                    let end = at + rest.get(at..)?.find('\'')?;
                    quoted.push_str(&rest[at..end]);
                    at = end + 1;
                    // A doubled quote stands for one.
                    if !rest[at..].starts_with('\'') {
                        break (Token::Quoted(quoted), at);
                    }
                    quoted.push('\'');
                    at += 1;
                }
            }
            _ => {
                let end = rest
                    .find(|c: char| c.is_whitespace() || "()'".contains(c))
                    .unwrap_or(rest.len());
                (Token::Word(rest[..end].to_owned()), end)
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Some(tokens)
}

struct Parser<'a> {
    tokens: &'a [Token],
    fields: Fields,
    text: &'a str,
}

impl Parser<'_> {
    fn any_of(&mut self) -> Result<Filter, Reply> {
        let mut filter = self.all_of()?;
        while self.take_word("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.all_of()?));
        }
        Ok(filter)
    }

    fn all_of(&mut self) -> Result<Filter, Reply> {
        let mut filter = self.one()?;
        while self.take_word("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.one()?));
        }
        Ok(filter)
    }

    fn one(&mut self) -> Result<Filter, Reply> {
        match self.next()? {
            Token::Open => {
                let filter = self.any_of()?;
                if self.next()? == Token::Close {
                    Ok(filter)
                } else {
                    Err(wrong(self.text))
                }
            }
            Token::Word(name) => self.comparison(&name),
            Token::Close | Token::Quoted(_) => Err(wrong(self.text)),
        }
    }

    fn comparison(&mut self, name: &str) -> Result<Filter, Reply> {
        let field = self.fields.find(name)?;
        let Token::Word(operator) = self.next()? else {
            return Err(wrong(self.text));
        };
        let operator = field
            .operators
            .iter()
            .find(|known| known.eq_ignore_ascii_case(&operator))
            .ok_or_else(|| {
                Reply::bad_request(format!(
                    "The operator '{operator}' cannot be used with the field '{name}'."
                ))
            })?;
        let text = match self.next()? {
            Token::Word(text) | Token::Quoted(text) => text,
            Token::Open | Token::Close => return Err(wrong(self.text)),
        };
        let time = ["created", "lastModified", "endTime"]
            .iter()
            .any(|of| field.name.ends_with(of));
        let literal = if time {
            Literal::Time(times::parse(&text).ok_or_else(|| wrong(self.text))?)
        } else {
            Literal::Text(text.to_lowercase())
        };
        Ok(Filter::Compare(field.name, operator, literal))
    }

    fn next(&mut self) -> Result<Token, Reply> {
        let (first, rest) = self.tokens.split_first().ok_or_else(|| wrong(self.text))?;
        self.tokens = rest;
        Ok(first.clone())
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let found = matches!(self.tokens.first(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        if found {
            self.tokens = &self.tokens[1..];
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Origin;
    use crate::state::{Kind, Record};
    use serde_json::json;

    fn asset(name: &str, created: &str) -> Record {
        let created = times::parse(created).unwrap();
        Record {
            name: name.to_owned(),
            id: "ABC".to_owned(),
            fields: json!({ "alternateId": "it's" })
                .as_object()
                .unwrap()
                .clone(),
            keys: Vec::new(),
            created,
            modified: created,
            origin: Origin::default(),
            predefined: false,
        }
    }

    fn accepts(filter: &str) -> Result<bool, String> {
        let record = asset("Asset 517", "2012-11-01T00:00:00Z");
        parse(filter, Fields::of(Kind::Assets))
            .map(|filter| filter.accepts(&record))
            .map_err(|reply| reply.body.unwrap()["error"]["message"].to_string())
    }

    #[test]
    fn the_documented_examples_are_understood() {
        for (filter, expected) in [
            (
                "properties/created gt 2012-06-01 and properties/created lt 2013-07-01",
                true,
            ),
            ("properties/created gt 2013-06-01", false),
            ("name eq 'asset 517'", true),
            ("name gt 'Asset 600' or properties/assetId eq 'abc'", true),
            (
                "(name eq 'x' or name eq 'y') and properties/assetId eq 'abc'",
                false,
            ),
            ("properties/alternateId eq 'it''s'", true),
        ] {
            assert_eq!(accepts(filter), Ok(expected), "{filter}");
        }
    }

    #[test]
    fn what_the_service_cannot_filter_is_refused() {
        for filter in [
            "properties/description eq 'x'",
            "properties/alternateId gt 'x'",
            "name eq",
            "name 'x'",
            "(",
        ] {
            assert!(accepts(filter).is_err(), "{filter}");
        }
        assert!(
            parse(
                "properties/assetName eq 'a'",
                Fields::of(Kind::StreamingLocators)
            )
            .is_err()
        );
        assert!(parse("name eq 'a'", Fields::of(Kind::AccountFilters)).is_err());
    }

    #[test]
    fn an_order_can_be_turned_round() {
        let (old, new) = (asset("b", "2012-01-01"), asset("a", "2013-01-01"));
        let mut records = [&old, &new];
        parse_order("properties/created desc", Fields::of(Kind::Assets))
            .unwrap()
            .sort(&mut records);
        assert_eq!(records[0].name, "a");
        assert!(parse_order("properties/assetId", Fields::of(Kind::Assets)).is_err());
    }
}
