//! The machine, and what else it was doing.

use std::fs;

use anyhow::Context;

/// Clock ticks a second in `/proc`: fixed by the kernel's interface to programs on every platform the handler runs on.
pub(crate) const TICKS: f64 = 100.0;

/// Cores, processor, memory, kernel in one line.
pub(crate) fn describe() -> anyhow::Result<String> {
    let cores = std::thread::available_parallelism()?;
    let field = |file: &str, name: &str| -> anyhow::Result<String> {
        let text = fs::read_to_string(file).context(file.to_owned())?;
        let line = text.lines().find(|line| line.starts_with(name));
        let value = line
            .and_then(|line| line.split_once(':'))
            .map(|(_, value)| value.trim());
        Ok(value.unwrap_or("unknown").to_owned())
    };
    let processor = field("/proc/cpuinfo", "model name")?;
    let memory = field("/proc/meminfo", "MemTotal")?;
    let memory = memory
        .split(' ')
        .next()
        .and_then(|kib| kib.parse::<f64>().ok());
    let memory = memory.map_or_else(String::new, |kib| {
        format!("{:.0} GiB, ", kib / 1024.0 / 1024.0)
    });
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    Ok(format!(
        "{cores} cores, {processor}, {memory}Linux {}",
        kernel.trim()
    ))
}

/// CPU time that all processes together have used, in seconds.
pub(crate) fn busy() -> anyhow::Result<f64> {
    let text = fs::read_to_string("/proc/stat")?;
    busy_of(&text).context("/proc/stat has no line for all cores")
}

fn busy_of(text: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix("cpu "))?;
    // user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice; guests are part of user.
    let ticks: Vec<f64> = line
        .split_whitespace()
        .map_while(|ticks| ticks.parse().ok())
        .collect();
    let [user, nice, system, _, _, irq, softirq, steal, ..] = ticks[..] else {
        return None;
    };
    Some((user + nice + system + irq + softirq + steal) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_time_and_waiting_are_not_busy() {
        let text = "cpu  100 20 30 9999 9999 4 5 6 100 100 \ncpu0 1 1 1 1 1 1 1 1 1 1\n";
        assert_eq!(busy_of(text), Some(1.65));
        assert_eq!(busy_of("intr 1"), None);
    }

    #[test]
    fn this_machine_can_be_described() {
        let line = describe().unwrap();
        assert!(line.contains("cores") && !line.contains('\n'), "{line}");
        assert!(busy().unwrap() > 0.0);
    }
}
