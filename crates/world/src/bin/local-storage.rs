//! `local-storage`: starts the storage of the local world alone, for use with other tools, prints one JSON
//! line that says where it is, and runs until Ctrl-C. The keys in it are new every time and open nothing else.

use std::io::Write as _;

use serde_json::json;
use world::{Azurite, Storage, Tls};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let tls = Tls::generate()?;
    let storage = Storage::start(&tls).await?;
    let line = json!({
        "certificate": tls.certificate_path(),
        "emulators": [describe(&storage.regions), describe(&storage.app)],
    });
    writeln!(std::io::stdout(), "{line}")?;
    tokio::signal::ctrl_c().await?;
    storage.stop().await;
    Ok(())
}

fn describe(azurite: &Azurite) -> serde_json::Value {
    let account = |account: &world::Account| {
        json!({
            "name": account.name(),
            "key": account.key(),
            "blobs": azurite.blob_endpoint(account.name()).as_str(),
            "queues": azurite.queue_endpoint(account.name()).as_ref().map(url::Url::as_str),
        })
    };
    json!({ "pid": azurite.id(), "accounts": azurite.accounts().iter().map(account).collect::<Vec<_>>() })
}
