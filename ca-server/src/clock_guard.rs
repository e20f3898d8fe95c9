//! Whether the clock can be believed: what its sources say of it, and whether it jumped.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ca_core::time::UnixTime;

use crate::clock::{Clock, ClockJump};
use crate::config::TimestampSettings;
use crate::sntp;

/// How often sources are asked while all is well.
const PERIOD: Duration = Duration::from_secs(64);

/// And while it is not.
const RETRY: Duration = Duration::from_secs(16);

/// What is known of the clock.
#[derive(Debug, Default)]
pub struct ClockGuard(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    sources: BTreeMap<String, Source>,
    asked_at: Option<UnixTime>,
    /// The jump after which sources said that the clock is right.
    settled: Option<ClockJump>,
}

/// One source, as it answered lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// When it last answered, by our clock.
    pub answered_at: Option<UnixTime>,
    /// What it said: microseconds that our clock is behind its own; negative when ours is ahead.
    pub offset: i64,
    /// Why it did not answer the last time.
    pub fault: Option<String>,
}

/// Why the clock is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockFault {
    /// Most sources disagree with it.
    #[error("the clock differs by {} from its sources, and {} is tolerated", seconds(*.offset), seconds(*.tolerated))]
    Drift {
        /// Microseconds.
        offset: i64,
        /// Microseconds.
        tolerated: i64,
    },
    /// Nobody says anything about it.
    #[error("no source of time has answered for {0:?}")]
    Silence(Duration),
    /// Somebody set it, or the machine slept.
    #[error("the clock jumped from {} to {}{}", .jump.expected, .jump.observed, if *.sources { "" } else { ", and there are no timestamp.clock_sources that could say whether it is right: set it and restart the server" })]
    Jump {
        /// The jump.
        jump: ClockJump,
        /// Whether sources can settle it.
        sources: bool,
    },
}

fn seconds(micros: i64) -> String {
    format!("{}.{:06} s", micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000)
}

impl ClockGuard {
    /// Asks every source, if it is time to; answers whether it was.
    pub async fn watch(&self, clock: &Clock, settings: &TimestampSettings) -> bool {
        let pause = if self.trust(clock, settings).is_ok() { PERIOD } else { RETRY };
        let now = clock.now();
        let due = |asked: UnixTime| now < asked || now.since(asked) >= pause;
        if !self.lock().asked_at.is_none_or(due) {
            return false;
        }
        self.measure(clock, settings).await;
        true
    }

    /// Asks every source now.
    pub async fn measure(&self, clock: &Clock, settings: &TimestampSettings) {
        self.lock().asked_at = Some(clock.now());
        let jump = clock.last_jump();
        let mut answers = Vec::new();
        for source in &settings.clock_sources {
            answers.push((source.clone(), sntp::offset(clock, source).await));
        }
        // A jump while they were asked makes what they said worthless.
        if clock.last_jump() != jump {
            return;
        }
        let now = clock.now();
        let mut state = self.lock();
        let answered = answers.iter().any(|(_, answer)| answer.is_ok());
        if answered && state.settled != jump {
            // Times of answers from before the jump mean nothing any more.
            state.sources.values_mut().for_each(|source| source.answered_at = None);
            state.settled = jump;
        }
        for (name, answer) in answers {
            let source = state.sources.entry(name).or_default();
            match answer {
                Ok(offset) => *source = Source { answered_at: Some(now), offset, fault: None },
                Err(fault) => source.fault = Some(fault.to_string()),
            }
        }
    }

    /// Whether the clock may be believed now.
    ///
    /// # Errors
    /// [`ClockFault`].
    pub fn trust(&self, clock: &Clock, settings: &TimestampSettings) -> Result<(), ClockFault> {
        let now = clock.now();
        let state = self.lock();
        if let Some(jump) = clock.last_jump().filter(|jump| state.settled != Some(*jump)) {
            return Err(ClockFault::Jump { jump, sources: !settings.clock_sources.is_empty() });
        }
        if settings.clock_sources.is_empty() {
            return Ok(());
        }
        let recent = |source: &&Source| source.answered_at.is_some_and(|at| now.since(at) < settings.max_silence);
        let mut offsets: Vec<i64> = state.sources.values().filter(recent).map(|source| source.offset).collect();
        offsets.sort_by_key(|offset| offset.unsigned_abs());
        // Half of them, or more, have to agree with us; of two, both.
        let Some(offset) = offsets.get(offsets.len() / 2).copied() else {
            return Err(ClockFault::Silence(settings.max_silence));
        };
        let tolerated = i64::try_from(settings.max_drift.as_micros()).unwrap_or(i64::MAX);
        if offset.unsigned_abs() > tolerated.unsigned_abs() {
            return Err(ClockFault::Drift { offset, tolerated });
        }
        Ok(())
    }

    /// Every source that was asked.
    pub fn sources(&self) -> BTreeMap<String, Source> {
        self.lock().sources.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
