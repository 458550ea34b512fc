use std::collections::BTreeMap;

use crate::{Mistakes, SETTINGS, Setting};

/// Reads settings one by one and keeps the mistakes.
pub(crate) struct Reader<'a> {
    variables: &'a BTreeMap<String, String>,
    mistakes: Vec<(String, String)>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(variables: &'a BTreeMap<String, String>) -> Self {
        let mut reader = Self {
            variables,
            mistakes: Vec::new(),
        };
        reader.report_unknown();
        reader.report_unresolved();
        reader
    }

    /// Azure hands over a Key Vault reference that it could not resolve as it stands: as a secret it would be one that everybody knows.
    fn report_unresolved(&mut self) {
        for setting in SETTINGS {
            let text = self.variables.get(setting.name);
            if text.is_some_and(|text| text.trim().starts_with("@Microsoft.KeyVault(")) {
                self.mistake(
                    setting,
                    "the Key Vault reference was not resolved; see that the secret is there and that the app's identity may read it",
                );
            }
        }
    }

    /// A misspelt variable would silently leave a default in force.
    fn report_unknown(&mut self) {
        for name in self
            .variables
            .keys()
            .filter(|name| name.starts_with("MIRROR_"))
        {
            if SETTINGS.iter().all(|setting| setting.name != name) {
                let what = "there is no such setting; correct or remove it".to_owned();
                self.mistakes.push((name.clone(), what));
            }
        }
    }

    pub(crate) fn text(&self, setting: &Setting) -> Option<&'a str> {
        self.variables
            .get(setting.name)
            .map(|text| text.trim())
            .filter(|text| !text.is_empty())
            .or(setting.default)
    }

    pub(crate) fn optional<T>(
        &mut self,
        setting: &Setting,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        match parse(self.text(setting)?) {
            Ok(value) => Some(value),
            Err(what) => {
                self.mistake(setting, what);
                None
            }
        }
    }

    pub(crate) fn required<T>(
        &mut self,
        setting: &Setting,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        if self.text(setting).is_none() {
            self.mistake(setting, "missing; set it");
        }
        self.optional(setting, parse)
    }

    pub(crate) fn one_of<T: Copy>(
        &mut self,
        setting: &Setting,
        choices: &[(&str, T)],
    ) -> Option<T> {
        self.optional(setting, |text| {
            choices
                .iter()
                .find(|(word, _)| *word == text)
                .map(|(_, value)| *value)
                .ok_or_else(|| {
                    let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
                    format!("expected {}", words.join(" or "))
                })
        })
    }

    pub(crate) fn mistake(&mut self, setting: &Setting, what: impl Into<String>) {
        self.mistakes.push((setting.name.to_owned(), what.into()));
    }

    pub(crate) fn finish<T>(self, settings: Option<T>) -> Result<T, Mistakes> {
        match settings {
            Some(settings) if self.mistakes.is_empty() => Ok(settings),
            _ => Err(Mistakes(self.mistakes)),
        }
    }
}
