#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::sync::Notify;

use super::*;
use crate::clock::ClockHand;

const SECOND: Duration = Duration::from_secs(1);

/// An issuer that says a number, and how often it was asked.
#[derive(Default)]
struct Issuer {
    says: AtomicU32,
    is_away: AtomicBool,
    is_slow: AtomicBool,
    answers: Notify,
    asked: AtomicU32,
}

impl Issuer {
    fn read(self: &Arc<Self>) -> impl Future<Output = Result<u32, ProviderError>> + Send + 'static {
        let issuer = Arc::clone(self);
        async move {
            issuer.asked.fetch_add(1, Ordering::SeqCst);
            if issuer.is_slow.load(Ordering::SeqCst) {
                issuer.answers.notified().await;
            }
            match issuer.is_away.load(Ordering::SeqCst) {
                true => Err(ProviderError::Unreadable("key set", "it is away".to_owned())),
                false => Ok(issuer.says.load(Ordering::SeqCst)),
            }
        }
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

fn story() -> (Arc<Issuer>, Arc<Kept<u32>>, ClockHand) {
    let (clock, hand) = Clock::manual(UnixTime::from_seconds(1_800_000_000));
    (Arc::default(), Arc::new(Kept::new("an issuer", clock)), hand)
}

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn one_reads_for_all_who_ask() {
    let (issuer, kept, _hand) = story();
    issuer.is_slow.store(true, Ordering::SeqCst);
    let ask = || {
        let (kept, read) = (Arc::clone(&kept), issuer.read());
        tokio::spawn(async move { kept.current(read).await.unwrap().value })
    };
    let all: Vec<_> = std::iter::repeat_with(ask).take(100).collect();
    until(|| issuer.asked() == 1).await;
    issuer.says.store(7, Ordering::SeqCst);
    issuer.answers.notify_one();
    for one in all {
        assert_eq!(one.await.unwrap(), 7);
    }
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn whoever_asks_and_leaves_has_it_read_once() {
    let (issuer, kept, _hand) = story();
    issuer.is_slow.store(true, Ordering::SeqCst);
    for _ in 0..10 {
        let (kept, read) = (Arc::clone(&kept), issuer.read());
        let guest = tokio::spawn(async move { kept.current(read).await.map(drop) });
        until(|| issuer.asked() == 1).await;
        guest.abort();
        assert!(guest.await.unwrap_err().is_cancelled());
    }
    issuer.answers.notify_one();
    assert_eq!(kept.current(issuer.read()).await.unwrap().value, 0);
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn an_issuer_that_is_away_is_asked_less_and_less_often() {
    let (issuer, kept, hand) = story();
    issuer.is_away.store(true, Ordering::SeqCst);
    let mut asked_at = Vec::new();
    for second in 0..=200 {
        let before = issuer.asked();
        let refusal = kept.current(issuer.read()).await.err().unwrap();
        assert!(refusal.to_string().contains("it is away"), "{refusal}");
        if issuer.asked() > before {
            asked_at.push(second);
        } else {
            assert!(refusal.is_transient(), "{refusal}");
        }
        hand.advance(SECOND);
    }
    assert_eq!(asked_at, [0, 5, 15, 35, 75, 135, 195]);
    // It is believed again within a minute of its return.
    issuer.is_away.store(false, Ordering::SeqCst);
    hand.advance(LONGEST_PAUSE);
    assert!(kept.current(issuer.read()).await.is_ok());
}

#[tokio::test]
async fn what_it_does_not_know_is_asked_less_and_less_often_and_found_within_a_minute() {
    let (issuer, kept, hand) = story();
    let mut asked_at = Vec::new();
    let first = kept.current(issuer.read()).await.unwrap();
    for second in 0..=200 {
        let before = issuer.asked();
        let last = kept.current(issuer.read()).await.unwrap();
        assert_eq!(kept.newer(last, issuer.read()).await.unwrap().value, first.value, "strangers lock nobody out");
        if issuer.asked() > before {
            asked_at.push(second);
        }
        hand.advance(SECOND);
    }
    assert_eq!(asked_at, [5, 10, 20, 40, 80, 140, 200]);
    issuer.says.store(8, Ordering::SeqCst);
    hand.advance(LONGEST_PAUSE);
    let last = kept.current(issuer.read()).await.unwrap();
    assert_eq!(kept.newer(last, issuer.read()).await.unwrap().value, 8);
    // News end the pauses.
    issuer.says.store(9, Ordering::SeqCst);
    hand.advance(PAUSE);
    let last = kept.current(issuer.read()).await.unwrap();
    assert_eq!(kept.newer(last, issuer.read()).await.unwrap().value, 9);
}

#[tokio::test]
async fn it_is_read_again_after_an_hour_and_not_believed_after_a_day() {
    let (issuer, kept, hand) = story();
    assert!(kept.current(issuer.read()).await.is_ok());
    hand.advance(FRESH - SECOND);
    assert!(kept.current(issuer.read()).await.is_ok());
    assert_eq!(issuer.asked(), 1);
    hand.advance(SECOND);
    issuer.says.store(5, Ordering::SeqCst);
    assert_eq!(kept.current(issuer.read()).await.unwrap().value, 5);
    issuer.is_away.store(true, Ordering::SeqCst);
    hand.advance(BELIEVED - SECOND);
    assert_eq!(kept.current(issuer.read()).await.unwrap().value, 5, "the old serves on");
    let old = kept.current(issuer.read()).await.unwrap();
    assert!(kept.newer(old, issuer.read()).await.is_err_and(|fault| fault.is_transient()), "for whom it does");
    hand.advance(SECOND);
    assert!(kept.current(issuer.read()).await.is_err(), "and no longer than a day");
}

#[tokio::test]
async fn whom_the_old_serves_does_not_wait() {
    let (issuer, kept, hand) = story();
    kept.current(issuer.read()).await.unwrap();
    hand.advance(FRESH);
    issuer.is_slow.store(true, Ordering::SeqCst);
    let slow = tokio::spawn({
        let (kept, read) = (Arc::clone(&kept), issuer.read());
        async move { kept.current(read).await.map(drop) }
    });
    until(|| issuer.asked() == 2).await;
    assert!(kept.current(issuer.read()).await.is_ok());
    assert!(!slow.is_finished());
    issuer.answers.notify_one();
    assert!(slow.await.unwrap().is_ok());
}
