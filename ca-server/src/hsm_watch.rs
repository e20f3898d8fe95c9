//! How each HSM answered lately, as this process saw it: the probes of a day, and the last call that failed.

use std::collections::{HashMap, VecDeque};
use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ca_core::time::UnixTime;

/// Probes kept of each HSM: a day of one a minute.
const KEPT: usize = 1_440;

/// One probe: an HSM was asked for a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// When it was asked.
    pub at: UnixTime,
    /// How long the verified signature took; none if there was none.
    pub elapsed: Option<Duration>,
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// When.
    pub at: UnixTime,
    /// How.
    pub text: String,
}

/// What is known of one HSM.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Probes, oldest first.
    pub probes: VecDeque<Probe>,
    /// The last call that failed, be it a probe or a signature that somebody waited for.
    pub last_fault: Option<Fault>,
}

impl History {
    /// The last probe.
    pub fn last(&self) -> Option<Probe> {
        self.probes.back().copied()
    }

    /// Whether the last probe failed. One that was never probed is not known to.
    pub fn is_down(&self) -> bool {
        self.last().is_some_and(|probe| probe.elapsed.is_none())
    }
}

/// The histories of all HSMs, by name.
#[derive(Debug, Default)]
pub struct HsmWatch(Mutex<HashMap<String, History>>);

impl HsmWatch {
    /// Notes the outcome of a probe.
    pub fn probed(&self, hsm: &str, at: UnixTime, outcome: Result<Duration, &dyn Display>) {
        self.change(hsm, |history| {
            history.probes.push_back(Probe { at, elapsed: outcome.ok() });
            while history.probes.len() > KEPT {
                history.probes.pop_front();
            }
            if let Err(error) = outcome {
                history.last_fault = Some(Fault { at, text: error.to_string() });
            }
        });
    }

    /// Notes a call that failed.
    pub fn failed(&self, hsm: &str, at: UnixTime, error: &dyn Display) {
        self.change(hsm, |history| history.last_fault = Some(Fault { at, text: error.to_string() }));
    }

    /// What is known of an HSM.
    pub fn history(&self, hsm: &str) -> History {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(hsm).cloned().unwrap_or_default()
    }

    fn change(&self, hsm: &str, change: impl FnOnce(&mut History)) {
        change(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(hsm.to_owned()).or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: UnixTime = UnixTime::from_seconds(1_800_000_000);

    #[test]
    fn the_last_probe_says_whether_it_is_down_and_the_fault_stays() {
        let watch = HsmWatch::default();
        assert!(!watch.history("local").is_down());
        watch.probed("local", AT, Err(&"no such token"));
        assert!(watch.history("local").is_down());
        watch.probed("local", AT, Ok(Duration::from_millis(2)));
        let history = watch.history("local");
        assert!(!history.is_down());
        assert_eq!(history.last_fault.map(|fault| fault.text).as_deref(), Some("no such token"));
        assert!(watch.history("other").probes.is_empty());
    }

    #[test]
    fn a_day_is_kept() {
        let watch = HsmWatch::default();
        for _ in 0..KEPT + 5 {
            watch.probed("local", AT, Ok(Duration::ZERO));
        }
        assert_eq!(watch.history("local").probes.len(), KEPT);
    }
}
