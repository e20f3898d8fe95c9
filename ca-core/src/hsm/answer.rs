//! One value from a thread to a future, whatever runtime drives the future.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The side that waits.
pub(crate) struct Answer<T>(Arc<Mutex<State<T>>>);

/// The side that answers. Whoever answers first is heard, later answers are dropped.
pub(crate) struct Answerer<T>(Arc<Mutex<State<T>>>);

enum State<T> {
    Waiting(Option<Waker>),
    Answered(T),
    /// The answer was taken, or the waiting side has gone.
    Over,
}

/// A waiting side and its answering side.
pub(crate) fn channel<T>() -> (Answerer<T>, Answer<T>) {
    let state = Arc::new(Mutex::new(State::Waiting(None)));
    (Answerer(Arc::clone(&state)), Answer(state))
}

fn lock<T>(state: &Mutex<State<T>>) -> MutexGuard<'_, State<T>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> Clone for Answerer<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Answerer<T> {
    pub(crate) fn answer(&self, value: T) {
        let mut state = lock(&self.0);
        if let State::Waiting(waker) = &mut *state {
            let waker = waker.take();
            *state = State::Answered(value);
            drop(state);
            waker.into_iter().for_each(Waker::wake);
        }
    }

    /// Whether somebody still waits.
    pub(crate) fn is_wanted(&self) -> bool {
        matches!(*lock(&self.0), State::Waiting(_))
    }
}

impl<T> Future for Answer<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut state = lock(&self.0);
        match std::mem::replace(&mut *state, State::Over) {
            State::Answered(value) => Poll::Ready(value),
            State::Waiting(_) => {
                *state = State::Waiting(Some(context.waker().clone()));
                Poll::Pending
            }
            State::Over => Poll::Pending,
        }
    }
}

impl<T> Drop for Answer<T> {
    fn drop(&mut self) {
        *lock(&self.0) = State::Over;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn the_first_answer_wakes_and_is_heard() {
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&wakes));
        let (answerer, mut answer) = channel();
        assert!(Pin::new(&mut answer).poll(&mut Context::from_waker(&waker)).is_pending());
        answerer.clone().answer(1);
        answerer.answer(2);
        assert_eq!(wakes.0.load(Ordering::SeqCst), 1);
        assert_eq!(Pin::new(&mut answer).poll(&mut Context::from_waker(&waker)), Poll::Ready(1));
    }

    #[test]
    fn the_answering_side_sees_that_nobody_waits() {
        let (answerer, answer) = channel::<()>();
        assert!(answerer.is_wanted());
        drop(answer);
        assert!(!answerer.is_wanted());
    }
}
