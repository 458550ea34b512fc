//! CPU time and memory of a process, from `/proc`.

use std::{fs, time::Instant};

use anyhow::Context;

use crate::machine::TICKS;

/// CPU time that a process has used, in seconds: user and system, all its threads, ended ones included.
pub(crate) fn cpu_of(process: u32) -> anyhow::Result<f64> {
    Ok(times_of(process)?.own)
}

/// CPU seconds of a process, and of its children that have ended and were waited for.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Times {
    own: f64,
    children: f64,
}

fn times_of(process: u32) -> anyhow::Result<Times> {
    let text =
        fs::read_to_string(format!("/proc/{process}/stat")).context("the process is gone")?;
    times_in(&text).context("its stat file cannot be read")
}

fn times_in(stat: &str) -> Option<Times> {
    // The name is in parentheses and may hold anything; what follows the last one is numbers.
    let (_, rest) = stat.rsplit_once(')')?;
    let ticks: Vec<f64> = rest
        .split_whitespace()
        .skip(11)
        .map_while(|ticks| ticks.parse().ok())
        .collect();
    let [user, system, children_user, children_system, ..] = ticks[..] else {
        return None;
    };
    Some(Times {
        own: (user + system) / TICKS,
        children: (children_user + children_system) / TICKS,
    })
}

/// Memory of a process, in bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Memory {
    /// Resident now.
    pub(crate) resident: f64,
    /// The most that was ever resident.
    pub(crate) peak: f64,
}

/// What a process holds in memory, its executable's pages included.
pub(crate) fn memory_of(process: u32) -> anyhow::Result<Memory> {
    let text =
        fs::read_to_string(format!("/proc/{process}/status")).context("the process is gone")?;
    memory_in(&text).context("its status file cannot be read")
}

fn memory_in(status: &str) -> Option<Memory> {
    let field = |name: &str| -> Option<f64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: f64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
        Some(kib * 1024.0)
    };
    Some(Memory {
        resident: field("VmRSS:")?,
        peak: field("VmHWM:")?,
    })
}

/// A window of time, and what the handler, this process and all others used of the CPU in it.
pub(crate) struct Window {
    began: Instant,
    handler: Option<u32>,
    handler_cpu: f64,
    own_cpu: f64,
    busy: f64,
}

/// What a [`Window`] saw.
pub(crate) struct Used {
    /// Seconds from its beginning to its end.
    pub(crate) wall: f64,
    /// CPU seconds of the handler.
    pub(crate) handler: f64,
    /// CPU seconds of this process, the services and the harness, and of children that ended.
    pub(crate) own: f64,
    /// How many cores everything else on the machine kept busy, on average.
    pub(crate) others: f64,
}

impl Window {
    /// From now on; with a handler, if one runs all the time.
    pub(crate) fn open(handler: Option<u32>) -> anyhow::Result<Self> {
        Ok(Self {
            handler,
            handler_cpu: handler.map_or(Ok(0.0), cpu_of)?,
            own_cpu: own()?,
            busy: crate::machine::busy()?,
            began: Instant::now(),
        })
    }

    /// The handler is this process, which began after the window was opened.
    pub(crate) const fn with(mut self, handler: u32) -> Self {
        self.handler = Some(handler);
        self
    }

    pub(crate) fn close(self) -> anyhow::Result<Used> {
        let wall = self.began.elapsed().as_secs_f64();
        let handler = self.handler.map_or(Ok(0.0), cpu_of)? - self.handler_cpu;
        let own = own()? - self.own_cpu;
        let others = (crate::machine::busy()? - self.busy - handler - own).max(0.0) / wall;
        Ok(Used {
            wall,
            handler,
            own,
            others,
        })
    }
}

fn own() -> anyhow::Result<f64> {
    let times = times_of(std::process::id())?;
    Ok(times.own + times.children)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_parentheses_hides_nothing() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 1 2 3 4 150 50 20 5 20 0 3 0 1 1 1";
        assert_eq!(
            times_in(stat),
            Some(Times {
                own: 2.0,
                children: 0.25
            })
        );
    }

    #[test]
    fn memory_is_in_bytes() {
        let status = "Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        let memory = memory_in(status).unwrap();
        assert_eq!((memory.resident, memory.peak), (1_048_576.0, 2_097_152.0));
    }

    #[test]
    fn this_process_uses_memory() {
        let memory = memory_of(std::process::id()).unwrap();
        assert!(memory.resident > 0.0 && memory.peak >= memory.resident);
    }
}
