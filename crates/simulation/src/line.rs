//! One call of a handler process to something outside it: it takes time, may fail, and may be the last thing the process does.

use std::{
    fmt,
    future::pending,
    panic,
    sync::{Arc, Once},
    time::Duration,
};

use tokio::time::sleep;

use crate::{
    process::Process,
    state::State,
    weather::{Fate, Part, Trouble},
    world::World,
};

/// How long a caller waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What a panic on purpose carries.
struct OnPurpose;

/// Panics on purpose are not reported; all others are, as before.
pub(crate) fn keep_quiet_about_panics() {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !panic.payload().is::<OnPurpose>() {
                report(panic);
            }
        }));
    });
}

#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) world: Arc<World>,
    pub(crate) process: Arc<Process>,
}

/// One call.
pub(crate) struct Call {
    pub(crate) part: Part,
    /// What it is called in the trace and the journal.
    pub(crate) what: String,
    /// Whether it changes anything, whatever the answer.
    pub(crate) writes: bool,
}

/// Whether the work is to be done in earnest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Earnest {
    Yes,
    /// Only the answer is wanted, as it would be if nothing changed.
    Pretend,
}

impl Line {
    /// Makes the call. `effect` is the work, done at one moment.
    pub(crate) async fn call<T: Send>(
        &self,
        call: Call,
        effect: impl FnOnce(&mut State, Earnest) -> T + Send,
    ) -> Result<T, Trouble> {
        let world = &self.world;
        let what = call.what;
        self.process.lives().await;
        sleep(world.latency()).await;
        self.process.lives().await;
        let fate = world.weather.fate(call.part, call.writes);
        let say = |outcome: fmt::Arguments<'_>| {
            world.say(format_args!(
                "{:<9} {} {what}: {outcome}",
                self.process.name,
                call.part.as_str()
            ));
        };
        let work = |earnest| {
            let mut state = world.state();
            state.journal.note(call.part, &what, call.writes);
            effect(&mut state, earnest)
        };
        let result = match fate {
            Fate::Answered => {
                let answer = work(Earnest::Yes);
                say(format_args!("done"));
                Ok(answer)
            }
            Fate::Ignored => {
                let answer = work(Earnest::Pretend);
                say(format_args!("answered, but not done"));
                Ok(answer)
            }
            Fate::Fails { trouble, done } => {
                if done {
                    work(Earnest::Yes);
                }
                let done = if done { "done, but " } else { "" };
                say(format_args!("{done}{trouble:?}"));
                if trouble == Trouble::TimedOut {
                    sleep(TIMEOUT).await;
                }
                Err(trouble)
            }
            Fate::Panics => {
                say(format_args!("the caller panics"));
                panic::panic_any(OnPurpose)
            }
            Fate::Killed { done } => {
                if done {
                    work(Earnest::Yes);
                }
                say(format_args!(
                    "{}",
                    if done {
                        "done, then the caller is killed"
                    } else {
                        "the caller is killed before it"
                    }
                ));
                self.process.kill();
                return pending().await;
            }
        };
        sleep(world.latency()).await;
        self.process.lives().await;
        result
    }
}
