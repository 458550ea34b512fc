//! The worlds.

use std::{sync::Arc, time::Duration};

use anyhow::anyhow;
use simulator::Settings;
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use super::Scene;

static SHARED: Mutex<Option<Arc<Scene>>> = Mutex::const_new(None);
static EXCLUSIVE: Mutex<Option<Scene>> = Mutex::const_new(None);
static MKIO: Mutex<Option<Scene>> = Mutex::const_new(None);

/// Beside the records that a world on MK.IO has, the map names one that the secondary lacks and one that is a bucket of another cloud.
pub(crate) const STORAGE_MAP: &str =
    "west media=north media, west lost=north lost, west bucket=north media";

/// How long a world may take to come to rest after the test that had it before.
const REST: Duration = Duration::from_secs(5);

/// The world of all tests that keep apart by the names of their resources. Its handler signs in with its managed identity.
pub(crate) async fn shared() -> anyhow::Result<Arc<Scene>> {
    let mut shared = SHARED.lock().await;
    if let Some(scene) = &*shared {
        return Ok(Arc::clone(scene));
    }
    let scene = Arc::new(Scene::start(false).await?);
    *shared = Some(Arc::clone(&scene));
    Ok(scene)
}

/// A world for one test at a time, at rest and without faults, its journals empty. Its handler reaches storage by SAS.
pub(crate) async fn exclusive() -> anyhow::Result<MappedMutexGuard<'static, Scene>> {
    let mut scene = at_rest(&EXCLUSIVE).await;
    if scene.is_none() {
        *scene = Some(Scene::start(true).await?);
    }
    emptied(scene)
}

/// The same on MK.IO.
pub(crate) async fn mkio() -> anyhow::Result<MappedMutexGuard<'static, Scene>> {
    let mut scene = at_rest(&MKIO).await;
    if scene.is_none() {
        *scene = Some(
            Scene::start_mkio(&[
                ("MIRROR_STORAGE_MAP", STORAGE_MAP),
                ("MIRROR_CONFLICTS", "streamingLocators=replace"),
            ])
            .await?,
        );
    }
    emptied(scene)
}

/// A world as the test before left it, without faults; nothing if it does not come to rest.
async fn at_rest(world: &'static Mutex<Option<Scene>>) -> MutexGuard<'static, Option<Scene>> {
    let mut world = world.lock().await;
    if let Some(scene) = world.take() {
        scene.control().clear_faults(None);
        scene.control().set_settings(Settings::default());
        // One that does not come to rest was left by a test that failed.
        if scene.quiet(REST).await.is_ok() {
            *world = Some(scene);
        } else {
            scene.end().await;
        }
    }
    world
}

fn emptied(
    scene: MutexGuard<'static, Option<Scene>>,
) -> anyhow::Result<MappedMutexGuard<'static, Scene>> {
    let scene = MutexGuard::try_map(scene, Option::as_mut);
    let scene = scene.map_err(|_| anyhow!("the world is there"))?;
    scene.control().clear_deliveries();
    scene.control().reset_requests();
    Ok(scene)
}

/// Looks once more for secrets in everything that was written, and ends the worlds.
pub(super) async fn end() -> anyhow::Result<()> {
    let mut shown = Ok(());
    if let Some(scene) = SHARED.lock().await.take() {
        shown = scene.no_secret_shows().await.map(drop);
        if let Some(scene) = Arc::into_inner(scene) {
            scene.end().await;
        }
    }
    for world in [&EXCLUSIVE, &MKIO] {
        if let Some(scene) = world.lock().await.take() {
            shown = shown.and(scene.no_secret_shows().await.map(drop));
            scene.end().await;
        }
    }
    shown
}
