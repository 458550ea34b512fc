//! Runs an app as `func start` would: `functions-host-standin --app-root <folder> --queue AzureWebJobsStorage=<url>`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Parser;
use functions_host::{AzureQueues, ConsoleSink, Host, HostOptions, MemoryQueues, QueueService};
use serde_json::Value;

/// A stand-in of the Azure Functions host for custom handlers. For development only.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The packaged app: host.json, the handler's executable and one folder per function.
    #[arg(long, default_value = ".")]
    app_root: PathBuf,
    /// Where the front listens.
    #[arg(long, default_value = "127.0.0.1:7071")]
    listen: SocketAddr,
    /// An app setting; it wins over local.settings.json.
    #[arg(long = "env", value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// Queue access for a connection: a queue service URL with a SAS, or `memory`.
    #[arg(long = "queue", value_name = "CONNECTION=URL")]
    queues: Vec<String>,
    /// A certificate (PEM) to trust beside the system's.
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// Use the real defaults of Azure instead of those of `func start`.
    #[arg(long)]
    production: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    // Whoever installed a provider before chose as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut options = HostOptions::new(&arguments.app_root);
    options.listen = arguments.listen;
    options.dev = !arguments.production;
    options.console = Some(ConsoleSink::stdout());
    options.env = local_settings(&arguments.app_root)?;
    for pair in &arguments.env {
        let (name, value) = split(pair)?;
        options.env.retain(|(key, _)| key != name);
        options.env.push((name.to_owned(), value.to_owned()));
    }
    let http = http_client(arguments.trust.as_deref())?;
    for pair in &arguments.queues {
        let (name, url) = split(pair)?;
        let service: Arc<dyn QueueService> = if url == "memory" {
            Arc::new(MemoryQueues::new())
        } else {
            Arc::new(AzureQueues::new(
                url.parse().context("the queue URL")?,
                None,
                http.clone(),
            )?)
        };
        options.queues.insert(name.to_owned(), service);
    }
    let host = Host::start(options).await?;
    println!("listening on {}", host.url());
    tokio::select! {
        result = tokio::signal::ctrl_c() => result?,
        () = host.stopped() => bail!("the host stopped of its own accord"),
    }
    host.stop().await;
    Ok(())
}

fn split(pair: &str) -> anyhow::Result<(&str, &str)> {
    pair.split_once('=')
        .with_context(|| format!("{pair:?} has no ="))
}

/// `Values` of `local.settings.json`, if there is one.
fn local_settings(root: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let path = root.join("local.settings.json");
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(&path)?;
    let document: Value =
        serde_json::from_str(&text).with_context(|| path.display().to_string())?;
    let values = document.get("Values").and_then(Value::as_object);
    Ok(values
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            (
                name.clone(),
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned),
            )
        })
        .collect())
}

fn http_client(trust: Option<&Path>) -> anyhow::Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder();
    if let Some(path) = trust {
        let pem = std::fs::read(path).with_context(|| path.display().to_string())?;
        builder = builder.tls_certs_merge([reqwest::Certificate::from_pem(&pem)?]);
    }
    Ok(builder.build()?)
}
