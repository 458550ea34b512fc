//! `cargo demo`: a video platform on the primary, and the mirror doing the rest.

mod build;
mod proof;
mod story;
mod watch;

use std::{process::ExitCode, time::Duration};

use anyhow::Context;
use clap::Args;
use simulator::RedeliveryOrder;
use world::{
    World, WorldOptions,
    bodies::{content_key_policies::SIGN_IN_HOST, streaming_policies::LICENCE_HOST},
    platform::Platform,
    proof::Proof,
};

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
    /// Leave the world running afterwards and print its addresses; Ctrl-C ends it.
    #[arg(long)]
    keep: bool,
}

pub(crate) async fn run(options: Options) -> ExitCode {
    let result = tokio::select! {
        result = play(&options) => result,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    match result {
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
    let handler = build::handler().await?;
    println!(
        "starting the local world: storage of two regions, two media-services accounts, queues, the Functions host"
    );
    let hosts = HOSTS.map(|(primary, secondary)| format!("{primary}={secondary}"));
    let world = World::start(WorldOptions {
        handler,
        settings: vec![
            ("MIRROR_HOST_MAP".to_owned(), hosts.join(",")),
            // So that nobody has to wait five minutes until what was withdrawn is gone.
            ("MIRROR_DELETE_GRACE".to_owned(), "1s".to_owned()),
        ],
        ..WorldOptions::default()
    })
    .await?;
    let result = tell(&world).await;
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

async fn tell(world: &World) -> anyhow::Result<()> {
    let platform = Platform::new(world, World::PRIMARY)?;
    story::tell(world, &platform).await?;

    println!("\nthe proof, by other code than the mirror's own comparison:");
    let proof = Proof::new(world)?.with_hosts(&HOSTS);
    proof::everything_is_equal(&proof).await?;
    repeat(world, &proof).await
}

/// Events come at least once and in no order: every one of them again must change nothing.
async fn repeat(world: &World, proof: &Proof) -> anyhow::Result<()> {
    println!("\nevery event once more, the last one first:");
    let blobs_before = proof.replica_blob_versions(story::ASSET).await?;
    world.control().reset_requests();
    let delivered = world.control().redeliver(RedeliveryOrder::Reversed).await;
    world.quiet(PATIENCE).await?;
    let counts = world.control().counts(World::SECONDARY);
    println!(
        "  {delivered} events delivered: {} reads and {} writes reached the secondary",
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
    println!(
        "\nmedia services  {media} (any bearer token; certificate {})",
        world.tls.certificate_path().display()
    );
    println!("  primary       {}", World::account_id(World::PRIMARY));
    println!("  secondary     {}", World::account_id(World::SECONDARY));
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
