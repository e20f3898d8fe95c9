//! What the kernel says about a process.

use anyhow::{Context, Result};

/// CPU, memory and bytes of one process at one moment.
#[derive(Clone, Copy, Debug)]
pub struct ProcessStat {
    /// User and system time in seconds.
    pub cpu: f64,
    /// Resident memory, in KiB.
    pub resident: u64,
    /// The most memory that was resident so far, in KiB.
    pub peak_resident: u64,
    /// Bytes that were sent to the storage layer.
    pub written: u64,
}

impl ProcessStat {
    /// The process at this moment.
    ///
    /// # Errors
    /// If it is gone, or belongs to somebody else.
    pub fn of(pid: u32) -> Result<Self> {
        Ok(Self {
            cpu: cpu(pid)?,
            resident: field(&format!("/proc/{pid}/status"), "VmRSS:")?,
            peak_resident: field(&format!("/proc/{pid}/status"), "VmHWM:")?,
            written: field(&format!("/proc/{pid}/io"), "write_bytes:")?,
        })
    }
}

/// User and system time in seconds; the kernel counts in hundredths.
fn cpu(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("the measured process is gone")?;
    // The name may hold anything; what follows its parenthesis is numbers, from the third field on.
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ticks = |index: usize| -> Result<f64> { Ok(fields.get(index).context("a short stat")?.parse()?) };
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}

fn field(path: &str, name: &str) -> Result<u64> {
    let text = std::fs::read_to_string(path).with_context(|| path.to_owned())?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("{name} in {path}"))?;
    Ok(line.split_whitespace().next().context(name.to_owned())?.parse()?)
}
