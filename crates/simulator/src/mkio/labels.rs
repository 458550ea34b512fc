//! The labels of assets: their rules, and what a listing can ask of them.

use serde_json::{Map, Value};

use super::call::Call;
use super::reply::Reply;
use crate::state::{Kind, Record};

/// At most 32, names and values of at most 256 characters: letters, digits, hyphens and underscores, and in values
/// spaces too.
pub(super) fn check(labels: &Map<String, Value>) -> Result<(), Reply> {
    if labels.len() > 32 {
        return Err(Reply::bad_request("An asset has at most 32 labels."));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    for (name, value) in labels {
        let value = value
            .as_str()
            .ok_or_else(|| Reply::bad_request(format!("The label '{name}' is not a text.")))?;
        let name_holds = (1..=256).contains(&name.chars().count()) && name.chars().all(plain);
        let value_holds =
            value.chars().count() <= 256 && value.chars().all(|c| plain(c) || c == ' ');
        if !name_holds || !value_holds {
            return Err(Reply::bad_request(format!(
                "The label '{name}' has a name or value that is too long or has other characters than labels may have."
            )));
        }
    }
    Ok(())
}

/// What a listing asks of labels.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    names: Vec<String>,
    exact: Vec<(String, String)>,
    part: Vec<(String, String)>,
}

/// Reads `$label_key=k`, `$label=k=v` and `$label=k~v`, each as often as it comes.
pub(super) fn wanted(call: &Call<'_>, kind: Kind) -> Result<Wanted, Reply> {
    let mut wanted = Wanted::default();
    if kind != Kind::Assets {
        return Ok(wanted);
    }
    wanted.names = call.queries("label_key");
    for text in call.queries("label") {
        let at = text.find(['=', '~']).ok_or_else(|| {
            Reply::bad_request(format!("'{text}' is neither name=value nor name~part."))
        })?;
        let pair = (text[..at].to_owned(), text[at + 1..].to_owned());
        if text[at..].starts_with('=') {
            wanted.exact.push(pair);
        } else {
            wanted.part.push(pair);
        }
    }
    Ok(wanted)
}

impl Wanted {
    pub(super) fn accept(&self, record: &Record) -> bool {
        let label = |name: &str| record.fields.get("labels")?.get(name)?.as_str();
        self.names.iter().all(|name| label(name).is_some())
            && self
                .exact
                .iter()
                .all(|(name, value)| label(name) == Some(value.as_str()))
            && self
                .part
                .iter()
                .all(|(name, part)| label(name).is_some_and(|value| value.contains(part.as_str())))
    }
}
