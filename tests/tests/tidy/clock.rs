//! Time comes from `Clock`, so that stories about hours run in milliseconds.

use crate::paths::{Mention, mentions};
use crate::source::{report, rust_files};

/// Ways to read a clock or to wait.
const READS: [&str; 2] = ["SystemTime::now", "Instant::now"];
const WAITS: [&str; 6] = [
    "tokio::time::sleep",
    "tokio::time::sleep_until",
    "tokio::time::interval",
    "tokio::time::interval_at",
    "tokio::time::Instant",
    "std::thread::sleep",
];

/// Where a real clock is the point, each with its reason.
const DOORS: [(&str, &str); 3] = [
    ("ca-server/src/clock.rs", "the door itself"),
    ("ca-core/src/hsm/", "an HSM call has a deadline in real time, and a lost token is retried in real time"),
    ("ca-client/src/", "a CI step waits for people in real time"),
];

#[test]
fn only_the_clock_reads_the_clock() {
    let doors = DOORS.map(|(place, _)| place);
    let files = rust_files().iter().filter(|f| f.is_under(&["ca-core/src/", "ca-server/src/", "web-ui/src/"]));
    let findings: Vec<String> = files
        .filter(|f| !f.is_under(&doors))
        .flat_map(|f| mentions(f).into_iter().filter(is_clock).map(|m| format!("{}:{}: {}", f.path, m.line, m.path)))
        .collect();
    report(
        "Time is read and waited for through Clock (clock.rs); a socket's time-out is tokio::time::timeout:",
        &findings,
    );
}

fn is_clock(mention: &Mention) -> bool {
    READS.iter().any(|read| mention.ends_in(read)) || WAITS.iter().any(|wait| mention.is_below(wait))
}
