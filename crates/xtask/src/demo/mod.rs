//! `cargo demo`: a video platform on the primary, and the mirror doing the rest.

mod proof;
mod story;
mod watch;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context;
use clap::{Args, ValueEnum};
use simulator::RedeliveryOrder;
use world::{
    Backend, World, WorldOptions,
    bodies::{content_key_policies::SIGN_IN_HOST, streaming_policies::LICENCE_HOST},
    platform::Platform,
    proof::Proof,
};

use crate::{build, package};

/// How long the mirror may take to follow a step. The demo waits for quiet, not for this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// The hosts of the primary's region that stand in the story's policies, and their counterparts in the secondary's.
const HOSTS: [(&str, &str); 2] = [
    (LICENCE_HOST, "licences.north.example.com"),
    (SIGN_IN_HOST, "login.north.example.com"),
];

/// How the demo runs.
#[derive(Args)]
pub(crate) struct Options {
    /// The service that both accounts speak.
    #[arg(long, value_enum, default_value = "ams")]
    backend: Service,
    /// Leave the world running afterwards and print its addresses; Ctrl-C ends it.
    #[arg(long)]
    keep: bool,
    /// Play with the package that `cargo xtask package` made, unpacked, rather than with a handler that is built for it.
    #[arg(long, value_name = "FILE")]
    zip: Option<PathBuf>,
}

/// The services by the names that the setting `MIRROR_BACKEND` has for them.
#[derive(Clone, Copy, ValueEnum)]
enum Service {
    /// Azure Media Services v3.
    Ams,
    /// MK.IO by MediaKind.
    Mkio,
}

impl From<Service> for Backend {
    fn from(service: Service) -> Self {
        match service {
            Service::Ams => Self::Ams,
            Service::Mkio => Self::Mkio,
        }
    }
}

pub(crate) async fn run(options: Options) -> ExitCode {
    match play(&options).await {
        Ok(()) => {
            println!("demo: PASS");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("demo: FAIL: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn play(options: &Options) -> anyhow::Result<()> {
    let unpacked = tempfile::Builder::new()
        .prefix("media-mirror-package-")
        .tempdir()?;
    let (app, handler) = match &options.zip {
        Some(zip) => {
            println!("unpacking {}", zip.display());
            package::unpack(zip, unpacked.path())?;
            (Some(unpacked.path().to_owned()), PathBuf::new())
        }
        None => tokio::select! {
            handler = build::for_this_machine() => (None, handler?),
            interrupted = interrupted() => return interrupted,
        },
    };
    let backend = Backend::from(options.backend);
    let accounts = match backend {
        Backend::Ams => "two media-services accounts",
        Backend::Mkio => "two projects of MK.IO",
    };
    println!(
        "starting the local world: storage of two regions, {accounts}, queues, the Functions host"
    );
    let hosts = HOSTS.map(|(primary, secondary)| format!("{primary}={secondary}"));
    let starting = World::start(WorldOptions {
        backend,
        app,
        handler,
        settings: vec![
            ("MIRROR_HOST_MAP".to_owned(), hosts.join(",")),
            // So that nobody has to wait five minutes until what was withdrawn is gone.
            ("MIRROR_DELETE_GRACE".to_owned(), "1s".to_owned()),
        ],
        ..WorldOptions::default()
    });
    let world = tokio::select! {
        world = starting => world?,
        interrupted = interrupted() => return interrupted,
    };
    let result = tokio::select! {
        result = tell(&world) => result,
        interrupted = interrupted() => interrupted,
    };
    if let Err(error) = &result {
        println!("\nthe last lines:\n{}", world.last_lines());
        println!("{error:#}");
    }
    if options.keep {
        print_addresses(&world)?;
        println!("the world is running; Ctrl-C ends it");
        tokio::signal::ctrl_c()
            .await
            .context("waiting for Ctrl-C")?;
    }
    world.stop().await;
    result
}

/// Ends with an error when somebody presses Ctrl-C.
async fn interrupted() -> anyhow::Result<()> {
    tokio::signal::ctrl_c()
        .await
        .context("waiting for Ctrl-C")?;
    anyhow::bail!("interrupted")
}

async fn tell(world: &World) -> anyhow::Result<()> {
    let platform = Platform::new(world, World::PRIMARY)?;
    let hints = story::tell(world, &platform).await?;

    println!("\nthe proof, by other code than the mirror's own comparison:");
    let proof = Proof::new(world)?.with_hosts(&HOSTS);
    proof::everything_is_equal(&proof, world.backend).await?;
    repeat(world, &proof, &hints).await
}

/// Events come at least once and in no order: every one of them again must change nothing.
async fn repeat(world: &World, proof: &Proof, hints: &[story::Hint]) -> anyhow::Result<()> {
    println!("\nevery event and every hint once more, the last one first:");
    let blobs_before = proof.replica_blob_versions(story::ASSET).await?;
    world.control().reset_requests();
    let delivered = world.control().redeliver(RedeliveryOrder::Reversed).await;
    for hint in hints.iter().rev() {
        world.enqueue(hint.queue, hint.message.as_bytes()).await?;
    }
    world.quiet(PATIENCE).await?;
    let counts = world.control().counts(World::SECONDARY);
    println!(
        "  {delivered} events delivered, {} hints given: {} reads and {} writes reached the secondary",
        hints.len(),
        counts.reads + counts.actions,
        counts.writes
    );
    anyhow::ensure!(delivered > 0, "no event was delivered again");
    anyhow::ensure!(counts.reads > 0, "the repeated events were not looked at");
    anyhow::ensure!(
        counts.writes == 0,
        "a repeated event wrote to the secondary"
    );
    let primary = world.control().counts(World::PRIMARY).writes;
    anyhow::ensure!(primary == 0, "the mirror wrote to the primary");
    let blobs_after = proof.replica_blob_versions(story::ASSET).await?;
    anyhow::ensure!(blobs_before == blobs_after, "a repeated event wrote a blob");
    println!(
        "  and not one of {} blobs was written again",
        blobs_after.len()
    );
    Ok(())
}

fn print_addresses(world: &World) -> anyhow::Result<()> {
    let media = world.media_url()?;
    let (token, accounts) = match world.backend {
        Backend::Ams => (
            "any bearer token",
            [World::PRIMARY, World::SECONDARY].map(World::account_id),
        ),
        Backend::Mkio => (
            "any JWT that has not expired, signed or not",
            [World::PRIMARY, World::SECONDARY].map(|name| format!("/api/v1/projects/{name}")),
        ),
    };
    let [primary, secondary] = accounts;
    println!(
        "\nmedia services  {media} ({token}; certificate {})",
        world.tls.certificate_path().display()
    );
    println!("  primary       {primary}");
    println!("  secondary     {secondary}");
    println!("simulator       {media}_sim/requests, {media}_sim/faults, ...");
    for account in [world::Storage::PRIMARY, world::Storage::SECONDARY] {
        println!(
            "blobs           {}",
            world.storage.regions.blob_endpoint(account)
        );
    }
    if let Some(queues) = world.storage.app.queue_endpoint(world::Storage::APP) {
        println!("queues          {queues}");
    }
    println!("functions host  {}", world.host.url());
    Ok(())
}
