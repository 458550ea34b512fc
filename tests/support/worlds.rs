//! The worlds.

use std::{ops::Deref, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard, Semaphore, SemaphorePermit};
use world::Backend;

use super::{Scene, variants};

static SHARED_AMS: Mutex<Option<Arc<Scene>>> = Mutex::const_new(None);
static SHARED_MKIO: Mutex<Option<Arc<Scene>>> = Mutex::const_new(None);
static AMS: Pool<1> = Pool::new();
static MKIO: Pool<1> = Pool::new();
static REPLACING: Pool<3> = Pool::new();
static PACED: Pool<1> = Pool::new();
static COUNTED_AMS: Pool<1> = Pool::new();
static COUNTED_MKIO: Pool<1> = Pool::new();
static WALKING_AMS: Pool<2> = Pool::new();
static WALKING_MKIO: Pool<2> = Pool::new();

/// Beside the records that a world on MK.IO has, the map names one that the secondary lacks and those that are in other clouds.
const STORAGE_MAP: &str = "west media=north media, west lost=north lost, west bucket=north media, west google=north media";

/// How long a world may take to come to rest after the test that had it before.
const REST: Duration = Duration::from_secs(5);

/// Deletions need not wait long for somebody to change their mind.
const GRACE: (&str, &str) = ("MIRROR_DELETE_GRACE", "1s");

/// Worlds of one sort. Each belongs to one test at a time.
struct Pool<const N: usize> {
    worlds: [Mutex<Option<Scene>>; N],
    free: Semaphore,
    /// Held by who looks at which worlds are free: meanwhile none looks free to anybody else.
    choosing: Mutex<()>,
}

/// A world that belongs to one test until this is dropped.
pub(crate) struct Exclusive {
    // Dropped first: whoever gets the turn must find the world free.
    scene: MappedMutexGuard<'static, Scene>,
    _turn: SemaphorePermit<'static>,
}

impl Deref for Exclusive {
    type Target = Scene;

    fn deref(&self) -> &Scene {
        &self.scene
    }
}

impl<const N: usize> Pool<N> {
    const fn new() -> Self {
        Self {
            worlds: [const { Mutex::const_new(None) }; N],
            free: Semaphore::const_new(N),
            choosing: Mutex::const_new(()),
        }
    }

    /// A world at rest and without faults, its journals empty.
    async fn get<F>(&'static self, start: impl FnOnce() -> F) -> anyhow::Result<Exclusive>
    where
        F: Future<Output = anyhow::Result<Scene>>,
    {
        let turn = self.free.acquire().await?;
        let choosing = self.choosing.lock().await;
        // One that runs already is there sooner.
        let mut free: Vec<MutexGuard<'_, Option<Scene>>> = self
            .worlds
            .iter()
            .filter_map(|world| world.try_lock().ok())
            .collect();
        free.sort_by_key(|world| world.is_some());
        let mut world = free.pop().context("as many worlds as turns")?;
        drop(free);
        drop(choosing);
        if let Some(scene) = world.take() {
            scene.control().clear_faults(None);
            scene.control().set_settings(variants::settings()?);
            // One that does not come to rest was left by a test that failed.
            if scene.quiet(REST).await.is_ok() {
                *world = Some(scene);
            } else {
                scene.end().await;
            }
        }
        if world.is_none() {
            *world = Some(start().await?);
        }
        let scene = MutexGuard::try_map(world, Option::as_mut).ok();
        let scene = scene.context("the world is there")?;
        scene.control().clear_deliveries();
        scene.control().reset_requests();
        Ok(Exclusive { scene, _turn: turn })
    }

    /// Looks once more for secrets in everything that was written, and ends the worlds.
    async fn end(&self) -> anyhow::Result<()> {
        let mut shown = Ok(());
        for world in &self.worlds {
            if let Some(scene) = world.lock().await.take() {
                shown = shown.and(scene.no_secret_shows().await.map(drop));
                scene.end().await;
            }
        }
        shown
    }
}

/// The world of all tests on a service that keep apart by the names of their resources. Its handler signs in with its managed
/// identity.
pub(crate) async fn shared(backend: Backend) -> anyhow::Result<Arc<Scene>> {
    let mut shared = match backend {
        Backend::Ams => SHARED_AMS.lock().await,
        Backend::Mkio => SHARED_MKIO.lock().await,
    };
    if let Some(scene) = &*shared {
        return Ok(Arc::clone(scene));
    }
    let scene = Arc::new(Scene::start(backend, false, &[GRACE]).await?);
    *shared = Some(Arc::clone(&scene));
    Ok(scene)
}

/// A world for one test at a time. Its handler reaches storage by SAS.
pub(crate) async fn exclusive(backend: Backend) -> anyhow::Result<Exclusive> {
    let start = || Scene::start(backend, true, &[GRACE]);
    match backend {
        Backend::Ams => AMS.get(start).await,
        Backend::Mkio => MKIO.get(start).await,
    }
}

/// A world on MK.IO whose handler takes half of the published rates of both projects, and all of that by itself.
pub(crate) async fn half_the_rates() -> anyhow::Result<Exclusive> {
    let settings = [
        ("MIRROR_PRIMARY_SHARE", "0.5"),
        ("MIRROR_SECONDARY_SHARE", "0.5"),
        ("MIRROR_INSTANCES", "1"),
    ];
    PACED
        .get(|| async move { Scene::start(Backend::Mkio, false, &settings).await })
        .await
}

/// A world in which nothing happens but what a test counts.
pub(crate) async fn counted(backend: Backend) -> anyhow::Result<Exclusive> {
    let start = || Scene::start(backend, false, &[GRACE]);
    match backend {
        Backend::Ams => COUNTED_AMS.get(start).await,
        Backend::Mkio => COUNTED_MKIO.get(start).await,
    }
}

/// A world for one test at a time, on MK.IO, whose operator lets locators be replaced that have content keys.
pub(crate) async fn mkio() -> anyhow::Result<Exclusive> {
    let settings = [
        ("MIRROR_STORAGE_MAP", STORAGE_MAP),
        ("MIRROR_CONFLICTS", "streamingLocators=replace"),
    ];
    REPLACING
        .get(|| async move { Scene::start(Backend::Mkio, false, &settings).await })
        .await
}

/// A world for one test at a time, whose operator lets walks delete locators and asset filters, three at a time.
pub(crate) async fn walking(backend: Backend) -> anyhow::Result<Exclusive> {
    let settings = [
        GRACE,
        (
            "MIRROR_DELETES",
            "streamingLocators=converge, assetFilters=converge",
        ),
        ("MIRROR_DELETE_CAP", "3"),
        ("MIRROR_KEEP", "streamingLocators/kept-*"),
        ("MIRROR_SWEEP", "list=1h"),
    ];
    let start = || async move { Scene::start(backend, false, &settings).await };
    match backend {
        Backend::Ams => WALKING_AMS.get(start).await,
        Backend::Mkio => WALKING_MKIO.get(start).await,
    }
}

/// Tells a test in a world of its own, which ends whatever comes of it.
pub(crate) async fn alone(
    backend: Backend,
    settings: &[(&str, &str)],
    told: impl AsyncFnOnce(&Scene) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let scene = Scene::start(backend, false, settings).await?;
    let result = told(&scene).await;
    scene.end().await;
    result
}

/// Looks once more for secrets in everything that was written, and ends the worlds.
pub(super) async fn end() -> anyhow::Result<()> {
    let mut shown = Ok(());
    for shared in [&SHARED_AMS, &SHARED_MKIO] {
        if let Some(scene) = shared.lock().await.take() {
            shown = shown.and(scene.no_secret_shows().await.map(drop));
            if let Some(scene) = Arc::into_inner(scene) {
                scene.end().await;
            }
        }
    }
    for ended in [
        AMS.end().await,
        MKIO.end().await,
        REPLACING.end().await,
        PACED.end().await,
        COUNTED_AMS.end().await,
        COUNTED_MKIO.end().await,
        WALKING_AMS.end().await,
        WALKING_MKIO.end().await,
    ] {
        shown = shown.and(ended);
    }
    shown
}
