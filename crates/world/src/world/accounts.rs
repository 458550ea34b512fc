//! Both media-services accounts, each on the storage account of its region.

use std::net::SocketAddr;

use anyhow::Context;
use simulator::{AccountOptions, Simulator, SimulatorOptions, StorageOptions, TlsFiles};

use crate::{Account, Storage, Tls, World};

pub(super) async fn start(tls: &Tls, storage: &Storage) -> anyhow::Result<Simulator> {
    let account =
        |name: &str, region: &str, storage_account: &str| -> anyhow::Result<AccountOptions> {
            let key = storage
                .regions
                .account(storage_account)
                .map(Account::key)
                .context("the storage account exists")?;
            Ok(AccountOptions {
                name: name.to_owned(),
                region: region.to_owned(),
                storage: vec![StorageOptions {
                    account: storage_account.to_owned(),
                    key,
                    blob_endpoint: Some(storage.regions.blob_endpoint(storage_account)),
                }],
            })
        };
    Simulator::start(SimulatorOptions {
        accounts: vec![
            account(World::PRIMARY, "westeurope", Storage::PRIMARY)?,
            account(World::SECONDARY, "northeurope", Storage::SECONDARY)?,
        ],
        https: Some((
            SocketAddr::from(([127, 0, 0, 1], 0)),
            TlsFiles {
                cert_pem_path: tls.certificate_path(),
                key_pem_path: tls.key_path(),
            },
        )),
        trusted_ca_pem: Some(tls.certificate_path()),
        ..SimulatorOptions::default()
    })
    .await
}
