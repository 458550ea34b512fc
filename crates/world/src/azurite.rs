//! Azurite, the official storage emulator: started for a test or a demonstration, ended for certain.

mod install;
mod process;

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use url::Url;

use crate::{Account, Error, Tls};
use process::Process;

pub use install::AZURITE_VERSION;

/// How long a start may take. Measured: 0.6 s on two idle cores; the rest is for a busy machine.
const START: Duration = Duration::from_secs(60);
/// How long an orderly end may take before the process is killed.
const STOP: Duration = Duration::from_secs(5);

/// Which services an emulator offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Services {
    /// Blobs only.
    Blobs,
    /// Blobs and queues.
    BlobsAndQueues,
}

/// One running Azurite: https on loopback, bearer tokens accepted (`--oauth basic`), data in memory.
///
/// It ends when this value is dropped, and also when this process ends in any other way, because its
/// standard input is a pipe that then closes. It runs in a process group of its own, so that a Ctrl-C in
/// the terminal reaches whoever started it first.
#[derive(Debug)]
pub struct Azurite {
    process: Process,
    blobs: Url,
    queues: Option<Url>,
    accounts: Vec<Account>,
}

impl Azurite {
    /// Installs Azurite if need be (once per machine and lock file, some 20 s), starts it on free ports and
    /// waits until it listens.
    ///
    /// # Errors
    /// [`Error::NodeMissing`], [`Error::NodeTooOld`] and [`Error::Install`] from the installation,
    /// [`Error::AzuriteEnded`] and [`Error::AzuriteSlow`] from the start, [`Error::Io`] from either.
    pub async fn start(
        tls: &Tls,
        accounts: Vec<Account>,
        services: Services,
    ) -> Result<Self, Error> {
        let directory = install::install().await?;
        let script = match services {
            Services::Blobs => "node_modules/azurite/dist/src/blob/main.js",
            Services::BlobsAndQueues => "node_modules/azurite/dist/src/azurite.js",
        };
        let mut command = Command::new("node");
        command
            .arg(directory.join("guard.js"))
            .arg(directory.join(script))
            .args(["--blobHost", "127.0.0.1", "--blobPort", "0"])
            .args([
                "--oauth",
                "basic",
                "--inMemoryPersistence",
                "--disableTelemetry",
                "--silent",
            ])
            .arg("--cert")
            .arg(tls.certificate_path())
            .arg("--key")
            .arg(tls.key_path());
        if services == Services::BlobsAndQueues {
            // The table service cannot be left out here, so it gets a free port as well.
            command.args(["--queueHost", "127.0.0.1", "--queuePort", "0"]);
            command.args(["--tableHost", "127.0.0.1", "--tablePort", "0"]);
        }
        let keys: Vec<_> = accounts
            .iter()
            .map(|account| format!("{}:{}", account.name(), account.key()))
            .collect();
        command
            .env("AZURITE_ACCOUNTS", keys.join(";"))
            // Azurite looks at a copy source over https itself, and must trust its own certificate for it.
            .env("NODE_EXTRA_CA_CERTS", tls.certificate_path())
            // Azurite leaves a settings file in its working directory.
            .current_dir(tls.certificate_path().parent().unwrap_or(&directory))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let process = Process::spawn(command)?;
        Self::listening(process, accounts, services).await
    }

    async fn listening(
        mut process: Process,
        accounts: Vec<Account>,
        services: Services,
    ) -> Result<Self, Error> {
        let expected: &[&str] = match services {
            Services::Blobs => &["Blob"],
            Services::BlobsAndQueues => &["Blob", "Queue"],
        };
        let addresses = process.addresses(expected, START).await?;
        let mut addresses = addresses.into_iter();
        let blobs = addresses.next();
        let queues = addresses.next();
        let Some(blobs) = blobs else {
            return Err(Error::AzuriteEnded {
                output: "no blob service".to_owned(),
            });
        };
        Ok(Self {
            process,
            blobs,
            queues,
            accounts,
        })
    }

    /// The accounts this emulator was started with.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// The account of this name.
    #[must_use]
    pub fn account(&self, name: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.name() == name)
    }

    /// The blob endpoint of an account, such as `https://127.0.0.1:40123/primarystore`: without a slash at
    /// the end, as the SDK wants it.
    #[must_use]
    pub fn blob_endpoint(&self, account: &str) -> Url {
        endpoint(&self.blobs, account)
    }

    /// The queue endpoint of an account; `None` when the emulator was started without queues.
    #[must_use]
    pub fn queue_endpoint(&self, account: &str) -> Option<Url> {
        self.queues.as_ref().map(|queues| endpoint(queues, account))
    }

    /// The process ID, as long as it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Ends the emulator and waits until it is gone, killing it if it does not leave within 5 s.
    pub async fn stop(self) {
        self.process.stop(STOP).await;
    }
}

fn endpoint(service: &Url, account: &str) -> Url {
    let mut url = service.clone();
    url.set_path(account);
    url
}
