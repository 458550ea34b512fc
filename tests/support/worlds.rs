//! The two worlds.

use std::{sync::Arc, time::Duration};

use anyhow::anyhow;
use simulator::Settings;
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use super::Scene;

static SHARED: Mutex<Option<Arc<Scene>>> = Mutex::const_new(None);
static EXCLUSIVE: Mutex<Option<Scene>> = Mutex::const_new(None);

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
    let mut exclusive = EXCLUSIVE.lock().await;
    if let Some(scene) = exclusive.take() {
        scene.control().clear_faults(None);
        scene.control().set_settings(Settings::default());
        // One that does not come to rest was left by a test that failed.
        if scene.quiet(REST).await.is_ok() {
            *exclusive = Some(scene);
        } else {
            scene.end().await;
        }
    }
    if exclusive.is_none() {
        *exclusive = Some(Scene::start(true).await?);
    }
    let scene = MutexGuard::try_map(exclusive, Option::as_mut);
    let scene = scene.map_err(|_| anyhow!("the world is there"))?;
    scene.control().clear_deliveries();
    scene.control().reset_requests();
    Ok(scene)
}

/// Looks once more for secrets in everything that was written, and ends both worlds.
pub(super) async fn end() -> anyhow::Result<()> {
    let mut shown = Ok(());
    if let Some(scene) = SHARED.lock().await.take() {
        shown = scene.no_secret_shows().await.map(drop);
        if let Some(scene) = Arc::into_inner(scene) {
            scene.end().await;
        }
    }
    if let Some(scene) = EXCLUSIVE.lock().await.take() {
        shown = shown.and(scene.no_secret_shows().await.map(drop));
        scene.end().await;
    }
    shown
}
