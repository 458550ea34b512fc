use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest name that both services accept, in characters.
const MAX_CHARS: usize = 260;

/// Characters that neither service accepts in a resource name.
const FORBIDDEN: &str = "<>%&:\\?/*+'";

/// The name of a resource, checked: safe in a URL path once percent-encoded, and in a log.
///
/// Both services refuse `< > % & : \ ? / * + '` and control characters and names of more than 260
/// characters (Azure Media Services naming rules; MK.IO media API, `name` pattern). What only one of them refuses
/// is left to it. `.` and `..` are refused because URL libraries resolve them away.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// A text that cannot be the name of a resource. The text is not repeated, because it comes from outside.
/// Remedy: correct the sender; no service accepts such a name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// Nothing there.
    #[error("a resource name is empty")]
    Empty,
    /// More than 260 characters.
    #[error("a resource name has {0} characters, more than {MAX_CHARS}")]
    TooLong(usize),
    /// A character that no service accepts.
    #[error("a resource name contains the forbidden character {0:?}")]
    Forbidden(char),
    /// `.` or `..`.
    #[error("a resource name consists of dots only")]
    Dots,
}

impl Name {
    /// Checks a text.
    ///
    /// # Errors
    /// [`BadName`] says what is wrong with it.
    pub fn new(text: impl Into<String>) -> Result<Self, BadName> {
        let text = text.into();
        if text.is_empty() {
            return Err(BadName::Empty);
        }
        let chars = text.chars().count();
        if chars > MAX_CHARS {
            return Err(BadName::TooLong(chars));
        }
        if let Some(bad) = text
            .chars()
            .find(|c| c.is_control() || FORBIDDEN.contains(*c))
        {
            return Err(BadName::Forbidden(bad));
        }
        if text == "." || text == ".." {
            return Err(BadName::Dots);
        }
        Ok(Self(text))
    }

    /// The name as it is.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl TryFrom<String> for Name {
    type Error = BadName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_both_services_accept() {
        for name in ["a", "Asset 517", "clip.v2", "Ünï-ço_de", &"x".repeat(260)] {
            assert!(Name::new(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn names_that_no_service_accepts() {
        assert_eq!(Name::new(""), Err(BadName::Empty));
        assert_eq!(Name::new("x".repeat(261)), Err(BadName::TooLong(261)));
        assert_eq!(Name::new(".."), Err(BadName::Dots));
        for bad in FORBIDDEN.chars().chain(['\n', '\0']) {
            assert_eq!(Name::new(format!("a{bad}b")), Err(BadName::Forbidden(bad)));
        }
    }
}
