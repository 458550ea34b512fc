use std::fmt;

/// The exit code of a process with a bad configuration: `EX_USAGE` of sysexits.
pub const EXIT_CODE: u8 = 64;

/// Everything that is wrong with a configuration. `Display` is one line that names each variable and its remedy, and no value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes(pub(crate) Vec<(String, String)>);

impl Mistakes {
    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether one of them is about this variable.
    #[must_use]
    pub fn names(&self, variable: &str) -> bool {
        self.0.iter().any(|(name, _)| name == variable)
    }

    /// Each one: the variable, and what is wrong with it and how to remedy it.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, what)| (name.as_str(), what.as_str()))
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        let s = if count == 1 { "" } else { "s" };
        write!(f, "configuration: {count} mistake{s}")?;
        for (name, what) in &self.0 {
            write!(f, "; {name}: {what}")?;
        }
        Ok(())
    }
}
