//! Whether the clock can be believed: what its sources say of it, and whether it jumped.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ca_core::time::{UnixMicros, UnixTime};

use crate::clock::{Clock, ClockJump};
use crate::config::TimestampSettings;
use crate::sntp::{self, SntpFault};

/// How often sources are asked while all is well.
const PERIOD: Duration = Duration::from_secs(64);

/// And while it is not.
const RETRY: Duration = Duration::from_secs(16);

/// Oldest answer that an accuracy can be promised upon: one may be lost.
const FRESH: Duration = Duration::from_secs(2 * PERIOD.as_secs() + RETRY.as_secs());

/// What is known of the clock.
#[derive(Debug, Default)]
pub struct ClockGuard(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    sources: BTreeMap<String, Source>,
    asked_at: Option<UnixTime>,
}

/// One source, as it answered lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// What it said last.
    pub answer: Option<Answer>,
    /// Why it did not answer the last time.
    pub fault: Option<String>,
}

/// What a source said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Microseconds that our clock was behind its own; negative when ours was ahead.
    pub offset: i64,
    /// Microseconds that this may be wrong by.
    pub uncertainty: u64,
    /// When.
    at: Moment,
}

/// An instant as our clocks tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moment {
    now: UnixMicros,
    /// See [`Clock::ahead_of_monotonic`].
    ahead: i64,
    jump: Option<ClockJump>,
}

impl Moment {
    fn of(clock: &Clock) -> Self {
        let now = clock.now_micros();
        Self { now, ahead: clock.ahead_of_monotonic(), jump: clock.last_jump() }
    }

    /// Microseconds that the clock was set later by since `before`.
    fn set_since(&self, before: &Self) -> i64 {
        self.ahead.saturating_sub(before.ahead)
    }

    /// Time that passed since `before`, whatever the clock was set to.
    fn since(&self, before: &Self) -> Duration {
        let micros = self.now.micros().saturating_sub(before.now.micros()).saturating_sub(self.set_since(before));
        Duration::from_micros(u64::try_from(micros).unwrap_or_default())
    }
}

impl Answer {
    /// What it would say now of the clock, which may have been set since.
    fn offset(&self, now: &Moment) -> i64 {
        self.offset.saturating_sub(now.set_since(&self.at))
    }

    /// Microseconds that the clock may be off now, by this answer.
    fn error(&self, now: &Moment) -> u64 {
        self.offset(now).unsigned_abs().saturating_add(self.uncertainty)
    }
}

/// Why the clock is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockFault {
    /// Most sources disagree with it, or do not know well enough.
    #[error(
        "the clock differs by {}, give or take {}, from its sources, and {} is tolerated",
        seconds(.offset.unsigned_abs()), seconds(*.uncertainty), seconds(*.tolerated)
    )]
    Drift {
        /// Microseconds.
        offset: i64,
        /// Microseconds.
        uncertainty: u64,
        /// Microseconds.
        tolerated: u64,
    },
    /// Too few say anything about it.
    #[error("{answered} of {of} sources of time have answered within {within:?}, and more than half have to")]
    Silence {
        /// So many have.
        answered: usize,
        /// So many are configured.
        of: usize,
        /// The time they had.
        within: Duration,
    },
    /// Somebody set it, or the machine slept.
    #[error("the clock jumped from {} to {}{}", .jump.expected, .jump.observed, if *.sources { "" } else { ", and there are no timestamp.clock_sources that could say whether it is right: set it and restart the server" })]
    Jump {
        /// The jump.
        jump: ClockJump,
        /// Whether sources can settle it.
        sources: bool,
    },
}

fn seconds(micros: u64) -> String {
    format!("{}.{:06} s", micros / 1_000_000, micros % 1_000_000)
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
        for name in &settings.clock_sources {
            let answer = ask(clock, name).await;
            let mut state = self.lock();
            let source = state.sources.entry(name.clone()).or_default();
            match answer {
                Ok(answer) => *source = Source { answer: Some(answer), fault: None },
                Err(fault) => source.fault = Some(fault.to_string()),
            }
        }
    }

    /// Whether the clock may be believed now: more than half of all sources, whoever of them answers, have to vouch for it.
    ///
    /// # Errors
    /// [`ClockFault`].
    pub fn trust(&self, clock: &Clock, settings: &TimestampSettings) -> Result<(), ClockFault> {
        let (now, all) = (Moment::of(clock), settings.clock_sources.len());
        let mut answers = self.answers(settings);
        answers.retain(|answer| answer.at.jump == now.jump);
        if let Some(jump) = now.jump.filter(|_| answers.len() <= all / 2) {
            return Err(ClockFault::Jump { jump, sources: all > 0 });
        }
        if all == 0 {
            return Ok(());
        }
        let within = longest_silence(settings);
        answers.retain(|answer| now.since(&answer.at) < within);
        answers.sort_by_key(|answer| answer.error(&now));
        // This one and all before it are more than half.
        let Some(last) = answers.get(all / 2) else {
            return Err(ClockFault::Silence { answered: answers.len(), of: all, within });
        };
        let tolerated = u64::try_from(settings.max_drift.as_micros()).unwrap_or(u64::MAX);
        if last.error(&now) > tolerated {
            return Err(ClockFault::Drift { offset: last.offset(&now), uncertainty: last.uncertainty, tolerated });
        }
        Ok(())
    }

    fn answers(&self, settings: &TimestampSettings) -> Vec<Answer> {
        let state = self.lock();
        settings.clock_sources.iter().filter_map(|name| state.sources.get(name)?.answer).collect()
    }

    /// Every source that was asked.
    pub fn sources(&self) -> BTreeMap<String, Source> {
        self.lock().sources.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn longest_silence(settings: &TimestampSettings) -> Duration {
    if settings.accuracy.is_some() { settings.max_silence.min(FRESH) } else { settings.max_silence }
}

/// An answer across which the clock was set is no better than the step was short; one across which it jumped is from before.
async fn ask(clock: &Clock, source: &str) -> Result<Answer, SntpFault> {
    let before = Moment::of(clock);
    let said = sntp::measure(clock, source).await?;
    let at = Moment { jump: before.jump, ..Moment::of(clock) };
    let uncertainty = said.uncertainty.saturating_add(at.set_since(&before).unsigned_abs());
    Ok(Answer { offset: said.offset, uncertainty, at })
}
