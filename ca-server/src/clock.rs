//! The only reader of time in the server: everything that expires, leases, backs off or is scheduled asks a [`Clock`].

#![expect(clippy::disallowed_methods, reason = "the door itself")]

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ca_core::time::{UnixMicros, UnixTime};
use tokio::sync::watch;

/// Wall-clock time that can be waited for. Clones share one source.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System(Arc<SystemClock>),
    Manual(watch::Receiver<Reading>),
}

/// What a manual clock shows.
#[derive(Clone, Copy, Debug)]
struct Reading {
    now: UnixMicros,
    /// Microseconds that its hand set it later by.
    stepped: i64,
    last_jump: Option<ClockJump>,
}

impl Clock {
    /// The machine's clock. Each reading is compared with the monotonic clock, see [`Clock::last_jump`].
    pub fn system() -> Self {
        Self(Source::System(Arc::new(SystemClock::start())))
    }

    /// A clock that stands at `start` until its hand is moved, so that stories about hours run in milliseconds.
    pub fn manual(start: UnixTime) -> (Self, ClockHand) {
        let now = UnixMicros::from_micros(start.seconds().saturating_mul(1_000_000));
        let (hand, reading) = watch::channel(Reading { now, stepped: 0, last_jump: None });
        (Self(Source::Manual(reading)), ClockHand(hand))
    }

    /// The current whole second.
    pub fn now(&self) -> UnixTime {
        self.now_micros().to_unix_time()
    }

    /// The current microsecond.
    pub fn now_micros(&self) -> UnixMicros {
        match &self.0 {
            Source::System(clock) => clock.read(),
            Source::Manual(reading) => reading.borrow().now,
        }
    }

    /// Returns once the wall clock reads `deadline` or later.
    pub async fn sleep_until(&self, deadline: UnixTime) {
        match &self.0 {
            Source::System(clock) => clock.sleep_until(deadline).await,
            Source::Manual(reading) => wait_for(reading.clone(), deadline).await,
        }
    }

    /// Returns after `duration` by the wall clock; for pauses under a second too.
    pub async fn sleep(&self, duration: Duration) {
        match &self.0 {
            Source::System(_) => tokio::time::sleep(duration).await,
            Source::Manual(_) => self.sleep_until(self.now().plus(duration)).await,
        }
    }

    /// The newest leap of the wall clock by more than a minute against the monotonic one; of a manual clock, the newest one
    /// that its hand made.
    pub fn last_jump(&self) -> Option<ClockJump> {
        match &self.0 {
            Source::System(clock) => clock.leaps().last,
            Source::Manual(reading) => reading.borrow().last_jump,
        }
    }

    /// Wall clock minus monotonic clock, in microseconds. Only differences mean something: by so much was the wall clock set
    /// between two readings, be it ever so little.
    pub fn ahead_of_monotonic(&self) -> i64 {
        match &self.0 {
            Source::System(clock) => clock.ahead_of_monotonic(),
            Source::Manual(reading) => reading.borrow().stepped,
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// Moves the manual clock it was made with.
#[derive(Debug)]
pub struct ClockHand(watch::Sender<Reading>);

impl ClockHand {
    /// Moves the clock later; sleepers whose deadline is reached wake up.
    pub fn advance(&self, duration: Duration) {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        self.0
            .send_modify(|reading| reading.now = UnixMicros::from_micros(reading.now.micros().saturating_add(micros)));
    }

    /// Moves the clock to `observed` as if somebody had set it.
    pub fn jump(&self, observed: UnixTime) {
        self.0.send_modify(|reading| {
            let (expected, now) = (reading.now.to_unix_time(), UnixMicros::of_second(observed));
            let stepped = reading.stepped.saturating_add(now.micros().saturating_sub(reading.now.micros()));
            *reading = Reading { now, stepped, last_jump: Some(ClockJump { expected, observed }) };
        });
    }

    /// Sets the clock later by microseconds, or earlier, as NTP may: too little for a jump.
    pub fn step(&self, micros: i64) {
        self.0.send_modify(|reading| {
            reading.now = UnixMicros::from_micros(reading.now.micros().saturating_add(micros));
            reading.stepped = reading.stepped.saturating_add(micros);
        });
    }
}

async fn wait_for(mut reading: watch::Receiver<Reading>, deadline: UnixTime) {
    if reading.wait_for(|reading| reading.now.to_unix_time() >= deadline).await.is_err() {
        // The hand is gone, so this instant never comes.
        std::future::pending::<()>().await;
    }
}

/// A leap of the wall clock that no passing of time explains: a step by NTP, an operator, or a resumed machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockJump {
    /// What the clock would have read.
    pub expected: UnixTime,
    /// What it did read.
    pub observed: UnixTime,
}

/// Leaps up to this long are what NTP may do without anybody asking.
const TOLERATED_JUMP_MICROS: i64 = 60 * 1_000_000;

/// Two clocks read within so many microseconds are as good as read at once.
const TIGHT_MICROS: i64 = 100;

/// Longest nap before the wall clock is read again, so that a jump during a long sleep is noticed.
const LONGEST_NAP: Duration = Duration::from_secs(30);

struct SystemClock {
    started: Instant,
    leaps: Mutex<Leaps>,
}

struct Leaps {
    /// Wall clock minus monotonic clock, in microseconds; constant while nobody sets the wall clock.
    offset: i64,
    last: Option<ClockJump>,
}

impl SystemClock {
    fn start() -> Self {
        Self { started: Instant::now(), leaps: Mutex::new(Leaps { offset: wall_micros(), last: None }) }
    }

    fn read(&self) -> UnixMicros {
        let monotonic = self.monotonic_micros();
        let wall = wall_micros();
        let leap = self.leaps().compare(wall, monotonic);
        if let Some(jump) = leap {
            tracing::error!(expected = %jump.expected, observed = %jump.observed, "the wall clock jumped");
        }
        UnixMicros::from_micros(wall)
    }

    /// A thread that is stopped between the two readings would see a step where there is none: the tightest of a few counts.
    fn ahead_of_monotonic(&self) -> i64 {
        let bracketed = || {
            let before = self.monotonic_micros();
            let wall = wall_micros();
            let width = self.monotonic_micros().saturating_sub(before);
            (width, wall.saturating_sub(before.saturating_add(width / 2)))
        };
        let mut best = bracketed();
        for _ in 0..3 {
            if best.0 < TIGHT_MICROS {
                break;
            }
            best = best.min(bracketed());
        }
        best.1
    }

    fn monotonic_micros(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX)
    }

    fn leaps(&self) -> MutexGuard<'_, Leaps> {
        self.leaps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn sleep_until(&self, deadline: UnixTime) {
        let deadline = deadline.seconds().saturating_mul(1_000_000);
        loop {
            let left = deadline.saturating_sub(self.read().micros());
            let Ok(left @ 1..) = u64::try_from(left) else { return };
            tokio::time::sleep(Duration::from_micros(left).min(LONGEST_NAP)).await;
        }
    }
}

impl Leaps {
    /// Reports one leap once: the new offset is the measure of the next reading. Whoever reads after that finds the leap
    /// here, under the same lock.
    fn compare(&mut self, wall: i64, monotonic: i64) -> Option<ClockJump> {
        let offset = wall.saturating_sub(monotonic);
        let known = self.offset;
        if offset.abs_diff(known) <= TOLERATED_JUMP_MICROS.unsigned_abs() {
            return None;
        }
        let expected = UnixMicros::from_micros(known.saturating_add(monotonic)).to_unix_time();
        let jump = ClockJump { expected, observed: UnixMicros::from_micros(wall).to_unix_time() };
        *self = Self { offset, last: Some(jump) };
        Some(jump)
    }
}

/// Microseconds since 1970; negative on a machine that believes in an earlier year.
fn wall_micros() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixTime = UnixTime::from_seconds(1_700_000_000);
    const SECOND: i64 = 1_000_000;

    #[test]
    fn a_step_of_the_wall_clock_is_reported_once() {
        let mut clock = Leaps { offset: 100 * SECOND, last: None };
        assert_eq!(clock.compare(110 * SECOND, 10 * SECOND), None, "both clocks moved alike");
        assert_eq!(clock.compare(180 * SECOND, 20 * SECOND), None, "sixty seconds are tolerated");
        let jump = ClockJump { expected: UnixTime::from_seconds(130), observed: UnixTime::from_seconds(191) };
        assert_eq!(clock.compare(191 * SECOND, 30 * SECOND), Some(jump));
        assert_eq!(clock.last, Some(jump), "nobody who reads now misses it");
        assert_eq!(clock.compare(192 * SECOND, 31 * SECOND), None, "already told");
        let back = ClockJump { expected: UnixTime::from_seconds(193), observed: UnixTime::from_seconds(-7) };
        assert_eq!(clock.compare(-7 * SECOND, 32 * SECOND), Some(back), "backwards, before 1970");
    }

    #[test]
    fn the_system_clock_reads_this_century_and_has_not_jumped() {
        let clock = Clock::system();
        assert!(clock.now() > START);
        assert!(clock.now_micros() <= clock.now_micros());
        assert_eq!(clock.last_jump(), None);
    }

    #[test]
    fn a_step_by_hand_is_seen_and_passing_time_is_not() {
        let (clock, hand) = Clock::manual(START);
        let before = clock.ahead_of_monotonic();
        hand.advance(Duration::from_secs(100));
        assert_eq!(clock.ahead_of_monotonic(), before);
        hand.step(-3 * SECOND);
        assert_eq!((clock.now(), clock.last_jump()), (START.plus(Duration::from_secs(97)), None));
        assert_eq!(clock.ahead_of_monotonic(), before - 3 * SECOND);
        hand.jump(START);
        assert_eq!(clock.ahead_of_monotonic(), before - 100 * SECOND);
    }

    #[test]
    fn the_system_clock_keeps_its_distance_from_the_monotonic_one() {
        let clock = Clock::system();
        let before = clock.ahead_of_monotonic();
        for _ in 0..1000 {
            assert!(clock.ahead_of_monotonic().abs_diff(before) < 50_000);
        }
    }

    #[tokio::test]
    async fn a_passed_deadline_does_not_sleep() {
        let clock = Clock::system();
        clock.sleep_until(clock.now()).await;
    }

    #[tokio::test]
    async fn sleepers_wake_when_the_hand_reaches_their_deadline() {
        let (clock, hand) = Clock::manual(START);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(START.plus(Duration::from_secs(3600))).await }
        });
        hand.advance(Duration::from_secs(3599));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        hand.advance(Duration::from_secs(1));
        assert!(sleeper.await.is_ok());
        assert_eq!(clock.now(), START.plus(Duration::from_secs(3600)));
    }
}
