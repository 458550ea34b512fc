//! Storage accounts of the local world, and what their keys can sign.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

/// The service version account SAS are signed for: the oldest with the encryption-scope line.
const SAS_VERSION: &str = "2022-11-02";

/// A storage account: its name and its key. Debug shows the name only.
#[derive(Clone)]
pub struct Account {
    name: String,
    key: [u8; 64],
}

impl Account {
    /// An account with a random key, as long as the service's keys are (64 bytes).
    #[must_use]
    pub fn generate(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            key: rand::random(),
        }
    }

    /// The account's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key in base64, as `AZURITE_ACCOUNTS` and connection strings want it.
    #[must_use]
    pub fn key(&self) -> String {
        STANDARD.encode(self.key)
    }

    /// Signs an account SAS and returns it as a query string without `?`.
    ///
    /// The official crates sign user delegation SAS only. The string to sign is that of "Create an account
    /// SAS", service version 2020-12-06 and later:
    /// <https://learn.microsoft.com/rest/api/storageservices/create-account-sas>.
    #[must_use]
    pub fn sas(&self, sas: &AccountSas<'_>) -> String {
        let now = OffsetDateTime::now_utc();
        // The emulators' and the caller's clocks may differ by a little.
        let (start, expiry) = (iso(now - Duration::minutes(5)), iso(now + sas.valid_for));
        let (sp, ss, srt) = (sas.permissions, sas.services, sas.resource_types);
        let name = &self.name;
        let to_sign = format!(
            "{name}\n{sp}\n{ss}\n{srt}\n{start}\n{expiry}\n\nhttps,http\n{SAS_VERSION}\n\n"
        );
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair("sv", SAS_VERSION)
            .append_pair("ss", ss)
            .append_pair("srt", srt)
            .append_pair("sp", sp)
            .append_pair("st", &start)
            .append_pair("se", &expiry)
            .append_pair("spr", "https,http")
            .append_pair("sig", &self.sign(&to_sign))
            .finish()
    }

    /// HMAC-SHA256 of `text` under the account's key, in base64.
    fn sign(&self, text: &str) -> String {
        // HMAC hashes keys longer than a block (64 bytes) first; this one is exactly a block.
        let mut mac = Hmac::<Sha256>::new(&self.key.into());
        mac.update(text.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What an account SAS allows, in the service's own letters.
#[derive(Debug, Clone, Copy)]
pub struct AccountSas<'a> {
    /// `ss`: `b` blobs, `q` queues.
    pub services: &'a str,
    /// `srt`: `s` service, `c` container, `o` object.
    pub resource_types: &'a str,
    /// `sp`, for example `rl`; the order is the service's: `rwdlacup`.
    pub permissions: &'a str,
    /// For how long from now; a negative value makes one that has expired.
    pub valid_for: Duration,
}

impl Default for AccountSas<'_> {
    /// Everything on blobs and queues, for one hour.
    fn default() -> Self {
        Self {
            services: "bq",
            resource_types: "sco",
            permissions: "rwdlacup",
            valid_for: Duration::hours(1),
        }
    }
}

/// Whole seconds in UTC, such as `2026-11-22T08:30:02Z`: the service's form of a SAS time.
fn iso(at: OffsetDateTime) -> String {
    at.format(format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second]Z"
    ))
    .unwrap_or_else(|_| String::from("0001-01-01T00:00:00Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_has_its_own_key_of_64_bytes() {
        let (a, b) = (Account::generate("a"), Account::generate("b"));
        assert_eq!(STANDARD.decode(a.key()).unwrap().len(), 64);
        assert_ne!(a.key(), b.key());
    }

    #[test]
    fn debug_does_not_show_the_key() {
        let account = Account::generate("primarystore");
        let shown = format!("{account:?}");
        assert!(shown.contains("primarystore"));
        assert!(!shown.contains(&account.key()));
    }

    #[test]
    fn signature_is_hmac_sha256_of_the_text() {
        let account = Account {
            name: "a".into(),
            key: [0x0b; 64],
        };
        // Computed with an independent tool: printf text | openssl dgst -sha256 -mac HMAC -macopt hexkey:0b0b... -binary | base64
        assert_eq!(account.sign("text"), EXPECTED_SIGNATURE);
    }
    const EXPECTED_SIGNATURE: &str = "yeW4fVV1ZLVIJkVLDxE1DafAClR16c+lyn6VTTqzzqk=";
}
