#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::mpsc;

use super::super::block_on::wait;
use super::super::clock;
use super::*;

const LONG: Duration = Duration::from_secs(20);

fn workers(threads: usize, waiting: usize) -> Workers {
    Workers::new("test", Limits { threads, waiting })
}

#[test]
fn a_full_queue_says_so_at_once() {
    let workers = workers(1, 1);
    let (started, has_started) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let first = workers.run(LONG, move || {
        started.send(()).unwrap();
        released.recv().unwrap();
        Ok(())
    });
    has_started.recv().unwrap();
    let second = workers.run(LONG, || Ok(()));
    assert!(matches!(wait(workers.run(LONG, || Ok(()))), Err(Failure::Busy { waiting: 1 })));
    release.send(()).unwrap();
    wait(first).unwrap();
    wait(second).unwrap();
}

#[test]
fn a_call_that_hangs_is_answered_and_replaced() {
    let workers = workers(1, 8);
    let (release, released) = mpsc::channel::<()>();
    let (left, has_left) = mpsc::channel::<()>();
    let begin = clock::now();
    let hanging = workers.run(Duration::from_millis(100), move || {
        let _left = left;
        released.recv().map_err(|_| Failure::Interrupted)
    });
    assert!(matches!(wait(hanging), Err(Failure::TimeLimit { .. })));
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert_eq!(workers.stuck(), 1);
    // Another thread serves meanwhile, although one is the bound.
    wait(workers.run(LONG, || Ok(()))).unwrap();
    release.send(()).unwrap();
    assert!(has_left.recv().is_err());
    let end = clock::now() + LONG;
    while workers.stuck() > 0 && clock::now() < end {
        thread::park_timeout(TICK);
    }
    assert_eq!(workers.stuck(), 0);
}

#[test]
fn a_module_that_always_hangs_does_not_eat_threads() {
    let workers = workers(2, 64);
    let (_release, released) = mpsc::channel::<()>();
    let released = Arc::new(Mutex::new(released));
    let hang = || {
        let released = Arc::clone(&released);
        workers.run(Duration::from_millis(60), move || {
            let _ = released.lock().unwrap().recv();
            Ok(())
        })
    };
    for stuck in 1..=4 {
        assert!(matches!(wait(hang()), Err(Failure::TimeLimit { .. })));
        assert_eq!(workers.stuck(), stuck);
    }
    assert!(matches!(wait(workers.run(Duration::from_millis(200), || Ok(()))), Err(Failure::TimeLimit { .. })));
    assert_eq!(workers.stuck(), 4);
}

#[test]
fn a_panic_is_answered_and_the_thread_goes_on() {
    let workers = workers(1, 8);
    let panicking = workers.run(LONG, || -> Result<(), Failure> { panic!("of the test") });
    assert!(matches!(wait(panicking), Err(Failure::Interrupted)));
    wait(workers.run(LONG, || Ok(()))).unwrap();
}

#[test]
fn work_that_nobody_waits_for_is_not_begun() {
    let workers = workers(1, 8);
    let (release, released) = mpsc::channel::<()>();
    let first = workers.run(LONG, move || released.recv().map_err(|_| Failure::Interrupted));
    let (begun, has_begun) = mpsc::channel::<()>();
    drop(workers.run(LONG, move || begun.send(()).map_err(|_| Failure::Interrupted)));
    release.send(()).unwrap();
    wait(first).unwrap();
    wait(workers.run(LONG, || Ok(()))).unwrap();
    assert!(has_begun.recv().is_err());
}

#[test]
fn calls_left_in_the_queue_are_answered_when_the_pool_goes() {
    let workers = workers(1, 8);
    let (started, has_started) = mpsc::channel();
    let (_release, released) = mpsc::channel::<()>();
    let _hanging = workers.run(LONG, move || {
        started.send(()).unwrap();
        released.recv().map_err(|_| Failure::Interrupted)
    });
    has_started.recv().unwrap();
    let left = workers.run(LONG, || Ok(()));
    drop(workers);
    assert!(matches!(wait(left), Err(Failure::Interrupted)));
}
