//! A clock that is wrong, that nobody vouches for, or that jumped: nothing is stamped, and the answer says why.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::time_server::TimeServer;
use super::*;
use crate::ops::diagnosis;
use crate::ops::timestamp::watch;
use crate::testing::local_root;

/// An installation that asks these servers, which answer.
async fn watched(servers: &[TimeServer]) -> Installation {
    let names: Vec<String> = servers.iter().map(|server| format!("{:?}", server.address())).collect();
    let lines =
        format!("[timestamp]\nclock_sources = [{}]\nmax_drift = \"1s\"\nmax_silence = \"10m\"\n", names.join(","));
    let installation = testing::configured(&lines).await;
    servers.iter().for_each(|server| server.start(&installation.app.clock));
    installation
}

/// Lets the sources be asked again.
async fn later(installation: &Installation) {
    installation.hand.advance(Duration::from_secs(65));
    watch::clock(&installation.app).await;
}

#[track_caller]
fn refused(reply: &Reply, words: &str) {
    assert_eq!(reply.status, StatusCode::OK);
    let (failure, text) = reply.refusal();
    assert_eq!(failure, FailureInfo::TimeNotAvailable, "{text}");
    assert!(text.contains(words), "{text}");
}

#[tokio::test]
async fn a_clock_that_drifts_stamps_nothing_until_it_is_right_again() {
    let servers = [TimeServer::new()];
    let installation = watched(&servers).await;
    refused(&ask(&installation).await, "no source of time has answered");
    watch::clock(&installation.app).await;
    ask(&installation).await.token();
    for wrong in [1_500_000, -1_500_000] {
        servers[0].ahead.store(wrong, Ordering::SeqCst);
        later(&installation).await;
        refused(&ask(&installation).await, "the clock differs by 1.500000 s");
    }
    for right in [900_000, -900_000] {
        servers[0].ahead.store(right, Ordering::SeqCst);
        later(&installation).await;
        ask(&installation).await.token();
    }
}

#[tokio::test]
async fn most_sources_decide() {
    let servers = [TimeServer::new(), TimeServer::new(), TimeServer::new()];
    let installation = watched(&servers).await;
    servers[0].ahead.store(3_600_000_000, Ordering::SeqCst);
    later(&installation).await;
    ask(&installation).await.token();
    servers[1].ahead.store(-3_600_000_000, Ordering::SeqCst);
    later(&installation).await;
    refused(&ask(&installation).await, "the clock differs by 3600");
}

#[tokio::test]
async fn sources_that_are_silent_too_long_stop_it() {
    let servers = [TimeServer::new()];
    let installation = watched(&servers).await;
    watch::clock(&installation.app).await;
    servers[0].silent.store(true, Ordering::SeqCst);
    later(&installation).await;
    ask(&installation).await.token();
    installation.hand.advance(Duration::from_secs(600));
    refused(&ask(&installation).await, "no source of time has answered");
    let checks = diagnosis::diagnose(&installation.app, &local_root()).await;
    let failed = |subject: &str| checks.iter().any(|check| !check.passed && check.subject.starts_with(subject));
    assert!(failed("clock source 127.0.0.1") && failed("clock"), "{checks:?}");
}

#[tokio::test]
async fn after_a_jump_a_source_has_to_speak_first() {
    let servers = [TimeServer::new()];
    let installation = watched(&servers).await;
    watch::clock(&installation.app).await;
    let before = installation.app.clock.now();
    // By less than a certificate is backdated, so that this one is valid there too.
    installation.hand.jump(before.minus(Duration::from_secs(1800)));
    refused(&ask(&installation).await, "the clock jumped");
    later(&installation).await;
    ask(&installation).await.token();
    installation.hand.jump(before);
    servers[0].silent.store(true, Ordering::SeqCst);
    later(&installation).await;
    refused(&ask(&installation).await, "the clock jumped");
}

#[tokio::test]
async fn without_sources_a_jump_stops_it_until_the_server_is_restarted() {
    let installation = testing::sqlite().await;
    ask(&installation).await.token();
    installation.hand.jump(installation.app.clock.now().plus(Duration::from_secs(3600)));
    refused(&ask(&installation).await, "restart the server");
    later(&installation).await;
    refused(&ask(&installation).await, "restart the server");
}
