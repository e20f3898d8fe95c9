//! Threads that do blocking work, behind a bounded queue.
//!
//! A blocking call cannot be interrupted. When one outlives its time limit its caller is answered, its thread is left to
//! itself, and another thread takes its place, up to a bound.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::Failure;
use super::answer::{self, Answer, Answerer};
use super::deadline::Deadline;

/// How often running calls are compared with their time limits.
const TICK: Duration = Duration::from_millis(50);

/// How many threads and how many calls waiting for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) threads: usize,
    pub(crate) waiting: usize,
}

/// A pool of threads, which start when there is work.
pub(crate) struct Workers(Arc<Shared>);

struct Shared {
    name: String,
    limits: Limits,
    queue: Mutex<Queue>,
    work: Condvar,
    watch: Condvar,
}

struct Queue {
    waiting: VecDeque<Entry>,
    running: Vec<Running>,
    idle: usize,
    /// Threads that serve the queue; not counting those left to themselves.
    serving: usize,
    /// Threads left to themselves inside a call.
    stuck: usize,
    watched: bool,
    closed: bool,
    next: u64,
}

struct Entry {
    deadline: Deadline,
    work: Box<dyn FnOnce() + Send>,
    refusal: Arc<dyn Refusal>,
}

struct Running {
    number: u64,
    deadline: Deadline,
    refusal: Arc<dyn Refusal>,
}

trait Refusal: Send + Sync {
    fn refuse(&self, failure: Failure);
    fn is_wanted(&self) -> bool;
}

impl<T: Send> Refusal for Answerer<Result<T, Failure>> {
    fn refuse(&self, failure: Failure) {
        self.answer(Err(failure));
    }

    fn is_wanted(&self) -> bool {
        Answerer::is_wanted(self)
    }
}

impl Workers {
    pub(crate) fn new(name: &str, limits: Limits) -> Self {
        let queue = Queue {
            waiting: VecDeque::new(),
            running: Vec::new(),
            idle: 0,
            serving: 0,
            stuck: 0,
            watched: false,
            closed: false,
            next: 0,
        };
        let (work, watch) = (Condvar::new(), Condvar::new());
        Self(Arc::new(Shared { name: name.to_owned(), limits, queue: Mutex::new(queue), work, watch }))
    }

    /// Has a thread do `work`, and answers within `limit` whatever happens.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Answer<Result<T, Failure>> {
        let (answerer, answer) = answer::channel();
        let refusal: Arc<dyn Refusal> = Arc::new(answerer.clone());
        let work = Box::new(move || answerer.answer(work()));
        self.submit(Entry { deadline: Deadline::after(limit), work, refusal });
        answer
    }

    fn submit(&self, entry: Entry) {
        let mut queue = self.0.lock();
        let waiting = queue.waiting.len();
        if waiting >= self.0.limits.waiting {
            drop(queue);
            return entry.refusal.refuse(Failure::Busy { waiting });
        }
        queue.waiting.push_back(entry);
        if queue.waiting.len() > queue.idle {
            self.0.add_thread(&mut queue);
        }
        drop(queue);
        self.0.work.notify_one();
        self.0.watch.notify_one();
    }

    /// Threads that have not come back from a call whose time limit has passed.
    #[cfg(test)]
    pub(crate) fn stuck(&self) -> usize {
        self.0.lock().stuck
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a thread unless there are enough, and the watch beside the first one.
    fn add_thread(self: &Arc<Self>, queue: &mut Queue) {
        // Each thread is replaced once: a module that hangs in every call must not eat threads without end.
        let threads = self.limits.threads;
        if queue.serving >= threads || queue.serving + queue.stuck >= 2 * threads {
            return;
        }
        if !queue.watched {
            let shared = Arc::clone(self);
            queue.watched = self.spawn("watch", move || shared.watch());
        }
        let shared = Arc::clone(self);
        if self.spawn("call", move || shared.serve()) {
            queue.serving += 1;
        }
    }

    fn spawn(&self, role: &str, body: impl FnOnce() + Send + 'static) -> bool {
        thread::Builder::new().name(format!("{} {role}", self.name)).spawn(body).is_ok()
    }

    fn serve(self: &Arc<Self>) {
        while let Some((number, entry)) = self.next_entry() {
            let ended = catch_unwind(AssertUnwindSafe(|| (entry.work)()));
            if ended.is_err() {
                entry.refusal.refuse(Failure::Interrupted);
            }
            if !self.finished(number) {
                return;
            }
        }
    }

    fn next_entry(&self) -> Option<(u64, Entry)> {
        let mut queue = self.lock();
        loop {
            if let Some(entry) = queue.waiting.pop_front() {
                if entry.deadline.has_passed() {
                    entry.refusal.refuse(entry.deadline.failure());
                } else if entry.refusal.is_wanted() {
                    return Some((queue.start(&entry), entry));
                }
            } else if queue.closed {
                return None;
            } else {
                queue.idle += 1;
                queue = self.work.wait(queue).unwrap_or_else(PoisonError::into_inner);
                queue.idle -= 1;
            }
        }
    }

    /// Whether the thread goes on; not if another has taken its place meanwhile.
    fn finished(&self, number: u64) -> bool {
        let mut queue = self.lock();
        let place = queue.running.iter().position(|running| running.number == number);
        match place {
            Some(place) => drop(queue.running.swap_remove(place)),
            None => queue.stuck -= 1,
        }
        place.is_some()
    }

    fn watch(self: Arc<Self>) {
        let mut queue = self.lock();
        while !queue.closed {
            queue = if queue.waiting.is_empty() && queue.running.is_empty() {
                self.watch.wait(queue).unwrap_or_else(PoisonError::into_inner)
            } else {
                let (mut queue, _) = self.watch.wait_timeout(queue, TICK).unwrap_or_else(PoisonError::into_inner);
                self.expire(&mut queue);
                queue
            };
        }
    }

    fn expire(self: &Arc<Self>, queue: &mut Queue) {
        queue.waiting.retain(|entry| !expired(entry.deadline, &*entry.refusal));
        let before = queue.running.len();
        queue.running.retain(|running| !expired(running.deadline, &*running.refusal));
        for _ in queue.running.len()..before {
            queue.serving -= 1;
            queue.stuck += 1;
            if !queue.waiting.is_empty() {
                self.add_thread(queue);
            }
        }
    }
}

fn expired(deadline: Deadline, refusal: &dyn Refusal) -> bool {
    let passed = deadline.has_passed();
    if passed {
        refusal.refuse(deadline.failure());
    }
    passed
}

impl Queue {
    fn start(&mut self, entry: &Entry) -> u64 {
        self.next += 1;
        let refusal = Arc::clone(&entry.refusal);
        self.running.push(Running { number: self.next, deadline: entry.deadline, refusal });
        self.next
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        queue.closed = true;
        let left = std::mem::take(&mut queue.waiting);
        drop(queue);
        left.iter().for_each(|entry| entry.refusal.refuse(Failure::Interrupted));
        self.0.work.notify_all();
        self.0.watch.notify_all();
    }
}

#[cfg(test)]
#[path = "workers_tests.rs"]
mod tests;
