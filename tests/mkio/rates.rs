//! The rate limits that MK.IO publishes, and the real handler: as one process that has them for itself, and as one beside others.

use anyhow::ensure;
use futures::future::try_join_all;
use simulator::Settings;
use tokio::time::Instant;
use world::World;

use crate::support::{Scene, half_the_rates, tests, viewers};

tests![
    a_process_alone_is_never_refused,
    beside_others_all_work_is_done,
];

/// The length of the window in which the simulator counts, in seconds. MK.IO counts by the minute; the limits shrink with the window.
const WINDOW: f64 = 6.0;

/// The handler has half of the limits of both projects for itself, and more to do than they let through at once.
async fn a_process_alone_is_never_refused() -> anyhow::Result<()> {
    let scene = half_the_rates().await?;
    let began = Instant::now();
    let answered = mirrored(&scene, "alone", 60, 1.0).await?;
    let took = began.elapsed().as_secs_f64();
    for account in [World::PRIMARY, World::SECONDARY] {
        let refused = refused(&scene, account);
        ensure!(refused == 0, "{account} refused {refused} calls");
    }
    // It went at its pace, and did not only happen to be slow.
    let pace = media::Rates::MKIO.scaled(0.5).writes;
    let least = (answered as f64 - pace.burst) / pace.per_second;
    ensure!(
        took >= 0.9 * least,
        "{took} s where the pace asks for {least}"
    );
    ensure!(least > WINDOW, "{answered} calls are no test");
    Ok(())
}

/// The handler counts on half of the limits; others leave it a quarter.
async fn beside_others_all_work_is_done() -> anyhow::Result<()> {
    let scene = half_the_rates().await?;
    let answered = mirrored(&scene, "beside", 18, 0.25).await?;
    let refused = refused(&scene, World::SECONDARY);
    ensure!(refused > 0, "the limits were never reached");
    // Whoever is refused leaves the account alone, so there are fewer of them than calls that got through.
    ensure!(refused < answered, "{refused} refused of {answered}");
    Ok(())
}

/// Has so many content key policies mirrored while the limits hold, times `scale`. How many calls the secondary answered that are not GETs.
async fn mirrored(
    scene: &Scene,
    prefix: &str,
    policies: usize,
    scale: f64,
) -> anyhow::Result<usize> {
    let primary = &scene.primary()?;
    let key = scene.secrets.base64("verification-key");
    let paths: Vec<String> = (0..policies)
        .map(|number| format!("contentKeyPolicies/{prefix}-{number}"))
        .collect();
    try_join_all(paths.iter().map(|path| primary.put(path, viewers(&key)))).await?;
    let mut settings = Settings {
        throttling_scale: Some(scale),
        ..Settings::default()
    };
    settings.mkio.rate_window = WINDOW;
    scene.control().set_settings(settings);
    scene.control().reset_requests();
    let from = scene.log.end();
    try_join_all(paths.iter().map(|path| scene.hint(path))).await?;
    for path in &paths {
        // Whoever is refused again and again waits for minutes in the end.
        if scene.expect_mirrored(from, path).await.is_err() {
            scene.expect_mirrored(from, path).await?;
        }
    }
    scene.calm().await?;
    let requests = scene.control().requests(Some(World::SECONDARY));
    let answered = requests
        .iter()
        .filter(|request| request.method != "GET" && request.status != Some(429));
    Ok(answered.count())
}

fn refused(scene: &Scene, account: &str) -> usize {
    let requests = scene.control().requests(Some(account));
    let refused = requests
        .iter()
        .filter(|request| request.status == Some(429));
    refused.count()
}
