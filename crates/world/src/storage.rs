//! The storage the mirror needs, as two emulators.

use crate::{Account, Azurite, Error, Services, Tls};

/// Storage of both regions and of the app.
///
/// The two regions are two accounts of **one** emulator, because Azurite copies from account to account
/// only within itself. The app's queues and documents live in another, so that tests can take a region
/// away without taking the queues with it.
#[derive(Debug)]
pub struct Storage {
    /// The emulator with the blob accounts of both regions, [`Storage::PRIMARY`] and [`Storage::SECONDARY`].
    pub regions: Azurite,
    /// The emulator with the app's own account, [`Storage::APP`]: queues, and blobs for state documents.
    pub app: Azurite,
}

impl Storage {
    /// The primary's storage account.
    pub const PRIMARY: &'static str = "primarystore";
    /// The secondary's storage account.
    pub const SECONDARY: &'static str = "secondarystore";
    /// The app's storage account.
    pub const APP: &'static str = "appstore";

    /// Starts both emulators at once, with new keys.
    ///
    /// # Errors
    /// Those of [`Azurite::start`].
    pub async fn start(tls: &Tls) -> Result<Self, Error> {
        let regions = [
            Account::generate(Self::PRIMARY),
            Account::generate(Self::SECONDARY),
        ];
        let app = [Account::generate(Self::APP)];
        let (regions, app) = tokio::try_join!(
            Azurite::start(tls, regions.to_vec(), Services::Blobs),
            Azurite::start(tls, app.to_vec(), Services::BlobsAndQueues),
        )?;
        Ok(Self { regions, app })
    }

    /// Ends both emulators and waits until they are gone.
    pub async fn stop(self) {
        tokio::join!(self.regions.stop(), self.app.stop());
    }
}
