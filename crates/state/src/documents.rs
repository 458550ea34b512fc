use async_trait::async_trait;
use change::ResourceId;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// A document and the version that was read.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its content.
    pub value: Value,
    /// Its version, for a conditional write.
    pub version: String,
}

/// What must hold for a write to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    Always,
    /// There is no such document.
    New,
    /// The document still has this version.
    Version(String),
}

/// What became of a conditional write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It was done; the new version.
    Done(String),
    /// Somebody else was first.
    Lost,
}

/// A document that could not be read or written. Remedy: give the app's identity the role *Storage Blob Data Contributor* on the
/// app's storage account, and see that the account can be reached.
#[derive(Clone, Debug, thiserror::Error)]
#[error("state document {path}: {what}")]
pub struct StateError {
    /// The document's path.
    pub path: String,
    /// Status and code, or what was wrong with the content.
    pub what: String,
}

/// Where documents are kept.
#[async_trait]
pub trait Documents: Send + Sync {
    /// Reads a document; `None` when there is none.
    async fn read(&self, path: &str) -> Result<Option<Document>, StateError>;

    /// Writes a document whole.
    async fn write(
        &self,
        path: &str,
        value: &Value,
        condition: &Condition,
    ) -> Result<Written, StateError>;

    /// Removes a document; one that is not there is a success.
    async fn remove(&self, path: &str) -> Result<(), StateError>;

    /// The paths under a prefix, in order, at most so many.
    async fn list(&self, prefix: &str, at_most: usize) -> Result<Vec<String>, StateError>;
}

/// What stays as it is in a path.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// The longest segment that a name makes. A blob's name has at most 1,024 characters, and holds a folder and four segments.
const LONGEST: usize = 400;

/// The path of the document about a resource under a folder: a name of any characters makes one segment. What is left of a long one, which
/// 260 characters that are not ASCII can be, ends in a hash of the whole, behind a character that no encoded name has.
pub(crate) fn path_of(folder: &str, id: &ResourceId) -> String {
    let encoded: Vec<String> = id
        .segments()
        .into_iter()
        .map(|segment| {
            let encoded = utf8_percent_encode(segment, PLAIN).to_string();
            match encoded.get(..LONGEST) {
                Some(start) if encoded.len() > LONGEST => format!("{start}~{:016x}", hash(segment)),
                _ => encoded,
            }
        })
        .collect();
    format!("{folder}/{}", encoded.join("/"))
}

/// FNV-1a of 64 bits: the same in every build, as the name of a document must be.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use change::{Kind, Name};

    #[test]
    fn every_name_makes_one_segment() {
        let filter =
            ResourceId::asset_filter(Name::new("a b.c").unwrap(), Name::new("ü(1)").unwrap());
        assert_eq!(
            path_of("exceptions", &filter),
            "exceptions/assets/a%20b%2Ec/assetFilters/%C3%BC%281%29"
        );
        let asset = ResourceId::new(Kind::Assets, Name::new("x").unwrap());
        assert_eq!(path_of("exceptions", &asset), "exceptions/assets/x");
    }

    #[test]
    fn the_longest_names_make_the_name_of_a_blob() {
        let named = |last: char| Name::new(format!("{}{last}", "\u{1F3AC}".repeat(259))).unwrap();
        let paths = ['a', 'b'].map(|last| {
            let filter = ResourceId::asset_filter(named(last), named('c'));
            path_of("runs/deletions", &filter)
        });
        assert!(paths.iter().all(|path| path.len() <= 1024), "{paths:?}");
        assert_ne!(paths[0], paths[1]);
        // The usual ones stay readable.
        let usual = ResourceId::new(Kind::Assets, Name::new("a film of ".repeat(24)).unwrap());
        assert!(!path_of("exceptions", &usual).contains('~'));
        assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c);
    }
}
