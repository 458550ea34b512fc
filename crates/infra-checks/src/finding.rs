use std::fmt;

/// Something that is not as it should be. Remedy: the text names the file and what to change in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The rule that says so.
    pub rule: &'static str,
    /// The file, from the root of the repository.
    pub file: String,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.rule, self.file, self.what)
    }
}
