//! One history from beginning to end, and the promises that must hold then.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};

use change::{Kind, ResourceId};
use mirror::rules::Backend;
use serde_json::{Value, json};
use state::Deletions;
use tokio::{runtime::Builder, time::sleep};

use crate::{
    account::{Record, Unknown},
    app::{DEPTHS, LISTS},
    chance::Chance,
    documents::Clerk,
    history::Platform,
    host::{Host, Log, TICK},
    line::{Line, keep_quiet_about_panics},
    mkio::{AssetUpdates, Switches},
    process::Process,
    promises::{
        canonical::UNKNOWN,
        converged::{self, Excused, Said},
        secret,
    },
    sabotage::Sabotage,
    state::State,
    weather::Part,
    world::World,
};

/// How long the queues may take to run dry, in virtual time: the longest delays are an hour, and there may be some in a row.
const PATIENCE: Duration = Duration::from_secs(86_400);

/// How long walks leave alone what failed for good.
const FAILED_AGAIN: Duration = Duration::from_secs(3_600);

/// What a run did: to see that it did something.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Calls that reached a service.
    pub calls: u64,
    /// Virtual time, in seconds.
    pub seconds: u64,
    /// Faults, by what they were.
    pub faults: BTreeMap<&'static str, u64>,
    /// Outcomes with their reasons, as the log has them, by how often.
    pub outcomes: BTreeMap<String, u64>,
    /// Resources whose replicas differ in the end, by the reason that the mirror gave.
    pub excused: BTreeMap<String, u64>,
    /// How each switch of MK.IO stood; none on Azure Media Services.
    pub switches: BTreeMap<&'static str, &'static str>,
    /// What became of resources, by kind: `assets applied`, `streamingLocators failed(keys-shared)`.
    pub became: BTreeSet<String>,
    /// The trace, if it was wanted.
    pub trace: Vec<String>,
}

/// Promises that a history broke.
#[derive(Debug)]
pub struct Failure {
    /// The service of both accounts.
    pub backend: Backend,
    /// The history.
    pub seed: u64,
    /// What was broken, in words.
    pub broken: Vec<String>,
    /// The trace, if it was wanted.
    pub trace: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "seed {} of {} breaks {} promises:",
            self.seed,
            name(self.backend),
            self.broken.len()
        )?;
        for what in self.broken.iter().take(20) {
            writeln!(f, "  {what}")?;
        }
        write!(
            f,
            "to see it again: cargo run -p simulation -- --backend {} --seed {} --trace",
            name(self.backend),
            self.seed
        )
    }
}

impl std::error::Error for Failure {}

/// The word for a service, as the command line and the configuration have it.
#[must_use]
pub const fn name(backend: Backend) -> &'static str {
    match backend {
        Backend::Ams => "ams",
        Backend::Mkio => "mkio",
    }
}

/// Runs the history of a seed between two accounts of a service. The same seed does the same each time, on any machine.
///
/// # Errors
/// [`Failure`] when a promise is broken.
///
/// # Panics
/// When the runtime cannot be built.
pub fn run(backend: Backend, seed: u64, trace: bool) -> Result<Summary, Failure> {
    begin(backend, seed, trace, Sabotage::None)
}

/// The same with something that goes wrong on purpose.
#[cfg(test)]
pub(crate) fn sabotaged(
    backend: Backend,
    seed: u64,
    sabotage: Sabotage,
) -> Result<Summary, Failure> {
    begin(backend, seed, false, sabotage)
}

fn begin(backend: Backend, seed: u64, trace: bool, sabotage: Sabotage) -> Result<Summary, Failure> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    keep_quiet_about_panics();
    let log = Log::default();
    let dispatch = log.dispatch();
    let _logging = tracing::dispatcher::set_default(&dispatch);
    let broken = runtime.block_on(history(backend, seed, trace, sabotage, log));
    broken.map_err(|(broken, trace)| Failure {
        backend,
        seed,
        broken,
        trace,
    })
}

async fn history(
    backend: Backend,
    seed: u64,
    trace: bool,
    sabotage: Sabotage,
    log: Log,
) -> Result<Summary, Broken> {
    let mut world = World::random(backend, seed, trace);
    world.log = log;
    world.sabotage = sabotage;
    let world = Arc::new(world);
    let chance = Chance::new(seed, "history");
    let mut platform = Platform {
        world: Arc::clone(&world),
        hosts: Vec::new(),
        chance,
        raises_events: false,
    };
    if let Some(switches) = world.state().switches() {
        world.say(format_args!("{:?}", switches.values()));
    }
    platform.furnish_secondary();
    let foreign = platform.of_others();
    platform.begin();
    platform.hosts = (1..=platform.chance.between(1, 2))
        .map(|number| Host::new(Arc::clone(&world), number))
        .collect();
    for host in &platform.hosts {
        tokio::spawn(Arc::clone(host).serve());
    }
    tokio::spawn(Host::sweep(platform.hosts.clone()));
    platform.raises_events = true;
    let steps = platform.chance.between(10, 40);
    platform.live(steps).await;
    world.say(format_args!("from now on everything works"));
    world.calm();
    let since = world.log.length();
    if world.by_events {
        confirm_deletions(&world).await;
        if rest(&world, "before the walks").await {
            let said = Said::new(world.log.entries(0));
            converged::check_by_events(&mut world.state(), &said);
        }
    }
    world.walk(true);
    sleep(FAILED_AGAIN + LISTS * 2 + TICK).await;
    world.walk(false);
    confirm_deletions(&world).await;
    if rest(&world, "after the walks over lists").await {
        converged::check_by_lists(&mut world.state());
    }
    world.walk(true);
    sleep(DEPTHS - FAILED_AGAIN + TICK * 3).await;
    world.walk(false);
    let rested = rest(&world, "after the walks").await;
    let said = Said::new(world.log.entries(since));
    let excused = converged::check(&mut world.state(), &world.log, &said, &foreign);
    if rested && bring_late(&world, &excused).await {
        repeat(&world, &excused).await;
    }
    secret::check(&world);
    ended(&world, &excused)
}

/// An operator looked at the deletions that wait, and finds them right.
async fn confirm_deletions(world: &Arc<World>) {
    let clerk = Clerk(Line {
        world: Arc::clone(world),
        process: Arc::new(Process::new("operator".to_owned())),
    });
    let until = world.clock.now() + PATIENCE * 5;
    let confirmed = Deletions::new(Arc::new(clerk)).confirm(until).await;
    confirmed.expect("documents that can be written");
    world.state().watch.confirmed = true;
}

/// Waits until nothing is left to be done.
async fn rest(world: &World, when: &str) -> bool {
    let rested = world.rest(PATIENCE).await;
    if !rested {
        let waiting = world.queues.waiting();
        let text = format!(
            "{when}: {} messages wait, such as {:?}",
            waiting.len(),
            waiting.first()
        );
        world.state().watch.breaks("the queues run dry", text);
    }
    rested
}

/// Assets that no locator publishes are mirrored when a job finished, and the walk does not know that. If the news of the job was
/// lost or failed, hearing it again brings them now.
async fn bring_late(world: &World, excused: &Excused) -> bool {
    let mut messages = world.queues.sent();
    messages.sort();
    messages.dedup();
    for (queue, text) in messages {
        let late = |id: &ResourceId| text.contains(&json!(id.name().as_str()).to_string());
        if queue == Kind::Assets.queue() && excused.keys().any(late) {
            world.queues.send(&queue, &text, Duration::ZERO);
        }
    }
    rest(world, "after what was late").await
}

/// Idempotence: every message that was ever sent is handled once more, and nothing is written but what was refused before.
async fn repeat(world: &World, excused: &Excused) {
    let mut messages = BTreeMap::new();
    for (queue, text) in world.queues.sent() {
        if !queue.ends_with("-poison") {
            messages.insert((queue.clone(), in_essence(&text)), (queue, text));
        }
    }
    let messages: Vec<_> = messages.into_values().collect();
    world.say(format_args!(
        "{} messages are handled again",
        messages.len()
    ));
    world.state().journal.start();
    for (queue, text) in messages {
        world.queues.send(&queue, &text, Duration::ZERO);
    }
    rest(world, "after everything was handled again").await;
    let mut state = world.state();
    let state = &mut *state;
    for call in &state.journal.calls {
        let to_app = matches!(call.part, Part::Queues | Part::Documents);
        if call.writes && !call.in_vain && !to_app && !is_excused(state, excused, &call.what) {
            let what = format!("{} {}", call.part.as_str(), call.what);
            state.watch.breaks("nothing is written twice", what);
        }
    }
}

/// A message without what makes it one of many: when it was sent, and how often it was tried.
fn in_essence(text: &str) -> String {
    let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
        return text.to_owned();
    };
    message.remove("since");
    message.remove("attempt");
    Value::Object(message).to_string()
}

/// Whether a write is about something that cannot be mirrored and is tried in vain each time, about a replica that was kept
/// because nobody announced that its source is gone, or about a source with a property that nobody knows and the secondary does not
/// take: that is worth one write for each hint.
fn is_excused(state: &State, excused: &Excused, what: &str) -> bool {
    let unknown = |record: &Record| {
        record
            .properties
            .keys()
            .any(|name| name.starts_with(UNKNOWN))
    };
    let refused = state.secondary.unknown == Unknown::Refused;
    let updates = state.switches().map(|switches| switches.asset_updates);
    let kept_out = updates.is_some_and(|updates| updates != AssetUpdates::All);
    let odd = state.primary.records.iter();
    let odd = odd.chain(&state.secondary.records);
    let odd = odd.filter(|(id, record)| {
        (refused || (kept_out && id.kind() == Kind::Assets)) && unknown(record)
    });
    let kept = state
        .chronicle
        .sources
        .keys()
        .filter(|id| state.primary.get(id).is_none());
    let bytes = |id: &ResourceId| {
        let containers = state.storage.containers();
        let of_asset = containers.filter(|(_, _, container)| container.is_made_for(id));
        let made = of_asset.map(|(account, name, _)| format!("{account}/{name}"));
        // The mirror may have found the replica with a container of its own.
        let found = state.secondary.place_of(id);
        let found = found.map(|(account, name)| format!("{account}/{name}"));
        made.chain(found).any(|place| what.contains(&place))
    };
    excused
        .keys()
        .chain(kept)
        .chain(odd.map(|(id, _)| id))
        .any(|id| what.ends_with(&id.to_string()) || bytes(id))
}

/// What was broken, and the trace.
type Broken = (Vec<String>, Vec<String>);

fn ended(world: &World, excused: &Excused) -> Result<Summary, Broken> {
    let trace = world.trace.take();
    let mut state = world.state();
    let broken = std::mem::take(&mut state.watch.broken);
    if !broken.is_empty() {
        return Err((broken, trace));
    }
    let mut summary = Summary {
        calls: state.journal.counted,
        seconds: world.clock.elapsed().as_secs(),
        faults: world.weather.seen(),
        switches: state.switches().map(Switches::values).unwrap_or_default(),
        trace,
        ..Summary::default()
    };
    for entry in world.log.entries(0) {
        let outcome = match entry.reason {
            Some(reason) => format!("{}({reason})", entry.outcome),
            None => entry.outcome,
        };
        summary.became.insert(format!("{} {outcome}", entry.kind));
        *summary.outcomes.entry(outcome).or_default() += 1;
    }
    for reason in excused.values() {
        *summary.excused.entry(reason.clone()).or_default() += 1;
    }
    Ok(summary)
}
