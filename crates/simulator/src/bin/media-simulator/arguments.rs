//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use simulator::{AccountOptions, StorageOptions};

/// Simulates media-services accounts behind the Azure Resource Manager API (Microsoft.Media, v3) and, as projects of the
/// same names, behind the API of MK.IO.
#[derive(Debug, clap::Parser)]
#[command(version, after_help = EXAMPLE)]
pub(crate) struct Arguments {
    /// An account and its region; repeat for more. Without any: primary@westeurope and secondary@northeurope.
    #[arg(long = "account", value_name = "NAME@REGION")]
    accounts: Vec<String>,
    /// A storage account of an account, with its key and, if there is one, the emulator's address; repeat for more, the
    /// primary one first. Without any, an account has one by the name of `<account>store` with nothing behind it.
    #[arg(long = "storage", value_name = "ACCOUNT=STORAGE:KEY[@URL]")]
    storage: Vec<String>,
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// The port with TLS; 0 takes a free one.
    #[arg(long, default_value_t = 8443)]
    pub https_port: u16,
    /// The port without TLS; 0 takes a free one. Without it there is none.
    #[arg(long)]
    pub http_port: Option<u16>,
    /// The certificate (PEM); made, with its key, if neither file is there.
    #[arg(long, value_name = "FILE", default_value = "media-simulator.cert.pem")]
    pub certificate: PathBuf,
    /// The certificate's key (PEM).
    #[arg(long, value_name = "FILE", default_value = "media-simulator.key.pem")]
    pub key: PathBuf,
    /// A certificate (PEM) to trust when calling the storage emulator and event endpoints.
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    /// A folder in which resources survive a restart. Without it they are forgotten.
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// The most resources on one page of a listing.
    #[arg(long, default_value_t = 1000)]
    pub page_size: usize,
}

const EXAMPLE: &str = "\
Example: two accounts over one Azurite, kept in ./data

  media-simulator --account primary@westeurope --account secondary@northeurope \\
    --storage 'primary=weu:<base64 key>@https://127.0.0.1:10000/weu' \\
    --storage 'secondary=neu:<base64 key>@https://127.0.0.1:10000/neu' \\
    --trust azurite.cert.pem --data ./data

  curl --cacert media-simulator.cert.pem -H 'Authorization: Bearer anything' \\
    'https://127.0.0.1:8443/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaServices/primary/assets?api-version=2023-01-01'

The same accounts as projects of MK.IO: any JWT that has not expired will do, e30.e30. is the shortest

  curl --cacert media-simulator.cert.pem -H 'Authorization: Bearer e30.e30.' \
    https://127.0.0.1:8443/api/v1/projects/primary/media/assets

  curl --cacert media-simulator.cert.pem -X PATCH -H 'Content-Type: application/json' \
    -d '{\"mkio\":{\"explicitKeysOnPredefined\":\"accept\"}}' https://127.0.0.1:8443/_sim/settings

What else can be asked of it: GET /_sim";

impl Arguments {
    /// The accounts with their storage.
    pub(crate) fn accounts(&self) -> anyhow::Result<Vec<AccountOptions>> {
        let defaults = ["primary@westeurope", "secondary@northeurope"].map(str::to_owned);
        let given = if self.accounts.is_empty() {
            &defaults[..]
        } else {
            &self.accounts
        };
        let mut accounts = given
            .iter()
            .map(|account| {
                let (name, region) = account
                    .split_once('@')
                    .with_context(|| format!("--account {account}: NAME@REGION is wanted"))?;
                Ok(AccountOptions {
                    name: name.to_owned(),
                    region: region.to_owned(),
                    storage: Vec::new(),
                })
            })
            .collect::<anyhow::Result<Vec<_>>>()?;
        for given in &self.storage {
            let (account, storage) = storage(given)?;
            let account = accounts
                .iter_mut()
                .find(|known| known.name == account)
                .with_context(|| format!("--storage: there is no account '{account}'"))?;
            account.storage.push(storage);
        }
        for account in accounts
            .iter_mut()
            .filter(|account| account.storage.is_empty())
        {
            account.storage.push(StorageOptions {
                account: format!("{}store", account.name),
                // Signs what nobody checks.
                key: "c2ltdWxhdG9y".to_owned(),
                blob_endpoint: None,
            });
        }
        Ok(accounts)
    }
}

/// `ACCOUNT=STORAGE:KEY[@URL]`; errors do not repeat the key.
fn storage(given: &str) -> anyhow::Result<(&str, StorageOptions)> {
    let wanted = "--storage: ACCOUNT=STORAGE:KEY[@URL] is wanted";
    let (account, rest) = given.split_once('=').context(wanted)?;
    let (name, rest) = rest.split_once(':').context(wanted)?;
    let (key, url) = match rest.split_once('@') {
        Some((key, url)) => (
            key,
            Some(
                url.parse()
                    .with_context(|| format!("--storage: {url} is no address"))?,
            ),
        ),
        None => (rest, None),
    };
    let options = StorageOptions {
        account: name.to_owned(),
        key: key.to_owned(),
        blob_endpoint: url,
    };
    Ok((account, options))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory as _, Parser as _};

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn storage_belongs_to_its_account() {
        let given = [
            "media-simulator",
            "--storage",
            "primary=weu:a2V5PQ==@https://127.0.0.1:10000/weu",
        ];
        let accounts = Arguments::parse_from(given).accounts().unwrap();
        let storage = &accounts[0].storage[0];
        assert_eq!(
            (storage.account.as_str(), storage.key.as_str()),
            ("weu", "a2V5PQ==")
        );
        assert_eq!(storage.blob_endpoint.as_ref().unwrap().path(), "/weu");
        assert_eq!(accounts[1].storage[0].account, "secondarystore");
    }

    #[test]
    fn a_mistake_is_named_without_the_key() {
        for given in [
            "other=weu:SECRET",
            "SECRET",
            "primary=weu:SECRET@no address",
        ] {
            let arguments = Arguments::parse_from(["media-simulator", "--storage", given]);
            let error = format!("{:#}", arguments.accounts().unwrap_err());
            assert!(!error.contains("SECRET"), "{error}");
        }
    }
}
