//! The simulator as a program: for trying clients out by hand, and for other processes.

mod arguments;
mod certificate;

use std::io::Write as _;

use anyhow::Context as _;
use clap::Parser as _;
use simulator::{Settings, Simulator, SimulatorOptions, TlsFiles};

use crate::arguments::Arguments;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let files = TlsFiles {
        cert_pem_path: arguments.certificate.clone(),
        key_pem_path: arguments.key.clone(),
    };
    certificate::make_unless_there(&files)?;
    let address = |port| (arguments.host, port).into();
    let simulator = Simulator::start(SimulatorOptions {
        accounts: arguments.accounts()?,
        http: arguments.http_port.map(address),
        https: Some((address(arguments.https_port), files)),
        trusted_ca_pem: arguments.trust.clone(),
        data_dir: arguments.data.clone(),
        settings: Settings {
            page_size: arguments.page_size,
            ..Settings::default()
        },
    })
    .await?;
    // Whoever started it may listen no more; it goes on all the same.
    let _ = announce(&simulator, &arguments);
    tokio::signal::ctrl_c()
        .await
        .context("cannot wait for Ctrl-C")?;
    simulator.stop().await;
    Ok(())
}

/// One fact a line, for people and for scripts.
fn announce(simulator: &Simulator, arguments: &Arguments) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for url in [simulator.https_url(), simulator.http_url()]
        .into_iter()
        .flatten()
    {
        writeln!(out, "listening on {url}")?;
    }
    writeln!(out, "certificate {}", arguments.certificate.display())?;
    for account in simulator.control().accounts() {
        writeln!(out, "account {} in {}", account.name, account.region)?;
    }
    Ok(())
}
