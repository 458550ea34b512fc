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

pub(crate) async fn measure(executable: &Path, count: u32) -> anyhow::Result<Vec<Row>> {
    let (mut times, mut resident) = (Vec::new(), Vec::new());
    let window = Window::open(None)?;
    for n in 0..count {
        // Memory takes a second a time: a few are enough.
        let (executable, idle) = (executable.to_owned(), n < 3);
        let (time, memory) =
            tokio::task::spawn_blocking(move || start_once(&executable, idle)).await??;
        times.push(time.as_secs_f64() * 1e3);
        resident.extend(memory);
    }
    let others = window.close()?.others;
    let bar = Bar::AtMost(15.0);
    let what = "Process start to first answered `GET /`";
    Ok(vec![
        Row::new(
            "start-median",
            &format!("{what}, median"),
            bar,
            quantile(&mut times, 0.5),
            "ms",
        )
        .note(format!("{count} starts, one after another, the file cached; other processes used {others:.2} cores meanwhile")),
        Row::new(
            "start-p90",
            &format!("{what}, p90"),
            bar,
            quantile(&mut times, 0.9),
            "ms",
        ),
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

/// A started handler that is killed when this is dropped.
struct Started(std::process::Child);

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One start: how long until the first answer, and, if asked for, the memory when it is idle.
fn start_once(executable: &Path, idle: bool) -> anyhow::Result<(Duration, Option<f64>)> {
    let port = free_port()?;
    let mut command = handler::command(executable, &settings(), port);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit());
    let began = Instant::now();
    let started = Started(
        command
            .spawn()
            .with_context(|| executable.display().to_string())?,
    );
    loop {
        if answered(port).is_ok() {
            break;
        }
        ensure!(
            began.elapsed() < LONGEST,
            "the handler does not answer GET /"
        );
        thread::park_timeout(PAUSE);
    }
    let time = began.elapsed();
    if !idle {
        return Ok((time, None));
    }
    let until = Instant::now() + IDLE;
    while Instant::now() < until {
        thread::park_timeout(until - Instant::now());
    }
    Ok((time, Some(memory_of(started.0.id())?.resident)))
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
