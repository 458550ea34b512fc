//! Runs histories: one, or many at once.

use std::{
    collections::BTreeMap,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use clap::Parser;
use simulation::{Backend, Failure, Summary, name, run};

/// The mirror in random histories on virtual time.
#[derive(Parser)]
struct Options {
    /// The service of both accounts: ams or mkio; with several histories both if not given.
    #[arg(long, value_parser = backend)]
    backend: Option<Backend>,
    /// One history, of ams if nothing else is said.
    #[arg(long, conflicts_with = "seeds")]
    seed: Option<u64>,
    /// Histories from..to, the last one not included.
    #[arg(long, value_parser = range, default_value = "0..1000")]
    seeds: (u64, u64),
    /// Print what happens.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// How many at once; as many as there are processors if not given.
    #[arg(long)]
    jobs: Option<usize>,
    /// Go on after the first failure.
    #[arg(long)]
    keep_going: bool,
}

fn range(text: &str) -> Result<(u64, u64), String> {
    let parsed = text
        .split_once("..")
        .and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    parsed.ok_or_else(|| "expected FROM..TO, such as 0..1000".to_owned())
}

fn backend(text: &str) -> Result<Backend, String> {
    let known = BACKENDS.into_iter().find(|backend| name(*backend) == text);
    known.ok_or_else(|| "expected ams or mkio".to_owned())
}

const BACKENDS: [Backend; 2] = [Backend::Ams, Backend::Mkio];

fn main() -> ExitCode {
    let options = Options::parse();
    match options.seed {
        Some(seed) => one(options.backend.unwrap_or_default(), seed, options.trace),
        None => {
            let backends = options.backend.map_or(BACKENDS.to_vec(), |one| vec![one]);
            let kept = backends.into_iter().all(|backend| many(backend, &options));
            if kept {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn one(backend: Backend, seed: u64, trace: bool) -> ExitCode {
    match run(backend, seed, trace) {
        Ok(summary) => {
            print_lines(&summary.trace);
            println!(
                "seed {seed} of {} keeps every promise: {}",
                name(backend),
                told(&summary)
            );
            ExitCode::SUCCESS
        }
        Err(failure) => {
            print_lines(&failure.trace);
            println!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn print_lines(lines: &[String]) {
    for line in lines {
        println!("{line}");
    }
}

fn told(summary: &Summary) -> String {
    format!(
        "{} calls in {} virtual seconds; faults {:?}; outcomes {:?}; different in the end {:?}",
        summary.calls, summary.seconds, summary.faults, summary.outcomes, summary.excused
    )
}

#[derive(Default)]
struct Total {
    runs: u64,
    summary: Summary,
    failures: Vec<Failure>,
}

impl Total {
    fn add(&mut self, summary: Summary) {
        fn sum<K: Ord>(total: &mut BTreeMap<K, u64>, more: BTreeMap<K, u64>) {
            for (what, count) in more {
                *total.entry(what).or_default() += count;
            }
        }
        self.summary.calls += summary.calls;
        self.summary.seconds += summary.seconds;
        sum(&mut self.summary.faults, summary.faults);
        sum(&mut self.summary.outcomes, summary.outcomes);
        sum(&mut self.summary.excused, summary.excused);
    }
}

/// Whether every promise was kept.
fn many(backend: Backend, options: &Options) -> bool {
    let began = Instant::now();
    let (from, to) = options.seeds;
    let next = AtomicU64::new(from);
    let total = Mutex::new(Total::default());
    let lock = || total.lock().unwrap_or_else(PoisonError::into_inner);
    let jobs = options
        .jobs
        .or_else(|| thread::available_parallelism().ok().map(usize::from));
    thread::scope(|scope| {
        for _ in 0..jobs.unwrap_or(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let stop = !options.keep_going && !lock().failures.is_empty();
                    if seed >= to || stop {
                        return;
                    }
                    let result = run(backend, seed, false);
                    let mut total = lock();
                    total.runs += 1;
                    match result {
                        Ok(summary) => total.add(summary),
                        Err(failure) => {
                            println!("{failure}");
                            total.failures.push(failure);
                        }
                    }
                }
            });
        }
    });
    let total = lock();
    println!(
        "{}: {} histories, {} failures, {:.1} s; {}",
        name(backend),
        total.runs,
        total.failures.len(),
        began.elapsed().as_secs_f64(),
        told(&total.summary)
    );
    total.failures.is_empty()
}
