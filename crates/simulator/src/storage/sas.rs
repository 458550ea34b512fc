//! Shared access signatures made with an account key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use time::{Duration, OffsetDateTime};
use url::form_urlencoded::byte_serialize;

use super::StorageError;
use crate::times;

/// Which storage version signs a container's SAS: recordings show one per generation of the media service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SasVersion {
    /// `2015-07-08`, from api-version 2018-07-01.
    V2015,
    /// `2019-02-02`, from api-version 2021-11-01.
    V2019,
}

/// A service SAS for one container.
#[derive(Debug)]
pub(crate) struct ContainerSas<'a> {
    pub account: &'a str,
    pub key: &'a str,
    pub container: &'a str,
    /// In the order the storage service wants: `racwdl`.
    pub permissions: &'a str,
    pub expires: OffsetDateTime,
    pub version: SasVersion,
}

impl ContainerSas<'_> {
    /// The query of the signed URL, parameters in the order the real service writes them.
    pub(crate) fn query(&self) -> Result<String, StorageError> {
        let expires = whole_seconds(self.expires);
        let permissions = self.permissions;
        let resource = format!("/blob/{}/{}", self.account, self.container);
        let (version, text) = match self.version {
            SasVersion::V2015 => {
                let version = "2015-07-08";
                (
                    version,
                    format!("{permissions}\n\n{expires}\n{resource}\n\n\n\n{version}\n\n\n\n\n"),
                )
            }
            SasVersion::V2019 => {
                let version = "2019-02-02";
                (
                    version,
                    format!(
                        "{permissions}\n\n{expires}\n{resource}\n\n\n\n{version}\nc\n\n\n\n\n\n"
                    ),
                )
            }
        };
        let signature = sign(self.key, &text)?;
        Ok(format!(
            "sv={version}&sr=c&sig={signature}&se={expires}&sp={permissions}"
        ))
    }
}

/// An account SAS for the blob service, good for an hour: what the simulator itself works with.
pub(crate) fn account_query(account: &str, key: &str) -> Result<String, StorageError> {
    let version = "2022-11-02";
    let now = OffsetDateTime::now_utc();
    let starts = whole_seconds(now - Duration::minutes(15));
    let expires = whole_seconds(now + Duration::hours(1));
    let (services, types, permissions, protocols) = ("b", "sco", "rwdlac", "https,http");
    let text = format!(
        "{account}\n{permissions}\n{services}\n{types}\n{starts}\n{expires}\n\n{protocols}\n{version}\n\n"
    );
    let signature = sign(key, &text)?;
    let (starts, expires, protocols) = (encoded(&starts), encoded(&expires), encoded(protocols));
    Ok(format!(
        "sv={version}&ss={services}&srt={types}&sp={permissions}&st={starts}&se={expires}&spr={protocols}&sig={signature}"
    ))
}

fn sign(key: &str, text: &str) -> Result<String, StorageError> {
    let key = STANDARD.decode(key).map_err(|_| StorageError::Key)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| StorageError::Key)?;
    mac.update(text.as_bytes());
    Ok(encoded(&STANDARD.encode(mac.finalize().into_bytes())))
}

fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

fn whole_seconds(at: OffsetDateTime) -> String {
    times::ticks(at.replace_nanosecond(0).unwrap_or(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_reads_as_in_the_recordings() {
        let sas = ContainerSas {
            account: "clitest000002",
            key: "a2V5",
            container: "asset-bccb0a66-f9b5-47b2-a559-33eacdec6668",
            permissions: "rl",
            expires: times::parse("2022-04-15T09:52:55.760582Z").unwrap(),
            version: SasVersion::V2019,
        };
        let query = sas.query().unwrap();
        let (before, rest) = query.split_once("&sig=").unwrap();
        let (signature, after) = rest.split_once('&').unwrap();
        assert_eq!(before, "sv=2019-02-02&sr=c");
        assert_eq!(after, "se=2022-04-15T09:52:55Z&sp=rl");
        assert!(!signature.contains(['+', '/', '=']), "{signature}");
    }

    #[test]
    fn a_key_that_is_not_base64_is_an_error() {
        assert!(account_query("a", "not base64!").is_err());
    }
}
