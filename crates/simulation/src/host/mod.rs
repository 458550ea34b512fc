//! One instance of the Functions host: it hands out messages and events to its handler process, and starts it again when it dies.

mod envelope;
mod functions;
pub(crate) mod grid;
mod log;
pub(crate) mod webhooks;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use handlers::{App, Reply, answer};
use tokio::time::{Instant, sleep, sleep_until, timeout};

pub(crate) use functions::Functions;
pub(crate) use log::{Entry, Log};

use crate::{
    app, process::Process, queues::Message, sabotage::Sabotage, weather::Part, world::World,
};
use functions::QueueFunction;

/// As `host.json` has it: messages fetched at once, and how few must be left in progress before more are.
const BATCH: usize = 8;
const THRESHOLD: usize = 4;
const VISIBILITY: Duration = Duration::from_secs(10);
const MAX_DEQUEUES: u64 = 30;
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(600);

/// How often the timer ticks: less often than that of the app, whose walks are more frequent too.
pub(crate) const TICK: Duration = Duration::from_secs(600);

pub(crate) struct Host {
    world: Arc<World>,
    number: usize,
    functions: &'static Functions,
    state: Mutex<State>,
}

struct State {
    process: Arc<Process>,
    app: Arc<App>,
    starts: usize,
    in_progress: BTreeMap<&'static str, usize>,
}

impl Host {
    pub(crate) fn new(world: Arc<World>, number: usize) -> Arc<Self> {
        let (process, app) = started(&world, number, 1);
        Arc::new(Self {
            world,
            number,
            functions: Functions::packaged(),
            state: Mutex::new(State {
                process,
                app,
                starts: 1,
                in_progress: BTreeMap::new(),
            }),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn current(&self) -> (Arc<Process>, Arc<App>) {
        let state = self.lock();
        (Arc::clone(&state.process), Arc::clone(&state.app))
    }

    /// Works until the runtime ends.
    pub(crate) async fn serve(self: Arc<Self>) {
        let queues = &self.world.queues;
        loop {
            let (process, _) = self.current();
            if process.is_dead() {
                sleep(Duration::from_secs(2)).await;
                self.restart();
                continue;
            }
            // The host reads the queues from the account to which its handler writes them.
            if let Some(until) = self.world.weather.dark_until(Part::Queues) {
                sleep_until(until).await;
                continue;
            }
            let changes = queues.changes();
            for function in &self.functions.queues {
                for message in self.receive(function) {
                    tokio::spawn(Arc::clone(&self).handle(function, message));
                }
            }
            let next = self.next();
            tokio::select! {
                biased;
                () = process.died() => {}
                () = queues.changed(changes) => {}
                () = sleep_until(next) => {}
            }
        }
    }

    /// Has a timer that starts walks, which the hosts take in turns, until the runtime ends.
    pub(crate) async fn sweep(hosts: Vec<Arc<Self>>) {
        for turn in 0.. {
            sleep(TICK).await;
            let host = &hosts[turn % hosts.len()];
            let (process, _) = host.current();
            if host.world.walks() && !process.is_dead() {
                host.invoke("sweep", &envelope::tick()).await;
            }
        }
    }

    fn restart(&self) {
        let mut state = self.lock();
        state.starts += 1;
        (state.process, state.app) = started(&self.world, self.number, state.starts);
        let name = state.process.name.clone();
        drop(state);
        self.world.say(format_args!("{name} starts"));
    }

    fn receive(&self, function: &'static QueueFunction) -> Vec<Message> {
        let mut state = self.lock();
        let in_progress = state.in_progress.entry(function.name.as_str()).or_default();
        if *in_progress > THRESHOLD {
            return Vec::new();
        }
        let messages = self.world.queues.receive(&function.queue, BATCH);
        *in_progress += messages.len();
        messages
    }

    /// When there may be something to do, if nothing changes before.
    fn next(&self) -> Instant {
        let state = self.lock();
        let open = self.functions.queues.iter().filter(|function| {
            state
                .in_progress
                .get(function.name.as_str())
                .is_none_or(|count| *count <= THRESHOLD)
        });
        open.filter_map(|function| self.world.queues.next_visible(&function.queue))
            .min()
            .unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400))
    }

    async fn handle(self: Arc<Self>, function: &'static QueueFunction, message: Message) {
        let queues = &self.world.queues;
        let queue = &function.queue;
        let lost = self.world.sabotage == Sabotage::LosesMessages
            && (message.id.is_multiple_of(2) || queue == "backfill");
        if lost {
            queues.delete(queue, &message);
        } else if message.dequeued > MAX_DEQUEUES {
            queues.send(&format!("{queue}-poison"), &message.text, Duration::ZERO);
            queues.delete(queue, &message);
        } else {
            let invocation = envelope::queue(function, &message);
            match self.invoke(&function.name, &invocation).await {
                Ended::Done(outputs) => {
                    debug_assert!(outputs.is_empty(), "no queue function has output bindings");
                    queues.delete(queue, &message);
                }
                Ended::Failed => queues.release(queue, &message, VISIBILITY),
                // Either the host notices the death of its handler, or it died itself.
                Ended::Died => {
                    let lost = self.world.hosting.happens(0.3);
                    if !lost {
                        queues.release(queue, &message, VISIBILITY);
                    }
                }
            }
        }
        if let Some(count) = self.lock().in_progress.get_mut(function.name.as_str()) {
            *count -= 1;
        }
        queues.change();
    }

    /// Hands an invocation to the handler process as it is now.
    async fn invoke(&self, function: &str, body: &str) -> Ended {
        let (process, app) = self.current();
        let Some(invocation) = envelope::invocation(function, body) else {
            self.world
                .state()
                .watch
                .breaks("the handler understands its host", body);
            return Ended::Failed;
        };
        let answered = async {
            match timeout(FUNCTION_TIMEOUT, answer(&app, invocation)).await {
                Ok(reply) => reply,
                Err(_) => {
                    self.world.say(format_args!(
                        "{} takes too long and is killed",
                        process.name
                    ));
                    process.kill();
                    None
                }
            }
        };
        tokio::select! {
            biased;
            () = process.died() => Ended::Died,
            reply = answered => match reply {
                Some(Reply::Done(outputs)) => Ended::Done(outputs),
                Some(Reply::Failed(_)) => Ended::Failed,
                None => Ended::Died,
            },
        }
    }
}

/// How an invocation ended.
enum Ended {
    Done(BTreeMap<&'static str, Vec<String>>),
    Failed,
    Died,
}

fn started(world: &Arc<World>, number: usize, start: usize) -> (Arc<Process>, Arc<App>) {
    let process = Arc::new(Process::new(format!("handler-{number}.{start}")));
    let app = Arc::new(app::build(world, &process));
    (process, app)
}
