//! A clock that is wrong, that nobody vouches for, or that jumped: nothing is stamped, and the answer says why.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::time_server::TimeServer;
use super::*;
use crate::ops::diagnosis;
use crate::ops::timestamp::watch;
use crate::store::certificate;
use crate::testing::local_root;

/// An installation that asks these servers, which answer.
async fn watched(servers: &[TimeServer]) -> Installation {
    watched_with(servers, "").await
}

async fn watched_with(servers: &[TimeServer], more: &str) -> Installation {
    let names: Vec<String> = servers.iter().map(|server| format!("{:?}", server.address())).collect();
    let lines = format!(
        "[timestamp]\nclock_sources = [{}]\nmax_drift = \"1s\"\nmax_silence = \"10m\"\n{more}\n",
        names.join(",")
    );
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
    refused(&ask(&installation).await, "0 of 1 sources of time have answered within 600s");
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
    refused(&ask(&installation).await, "0 of 1 sources of time have answered within 600s");
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
async fn a_step_is_noticed_before_the_sources_are_asked_again() {
    let servers = [TimeServer::new()];
    let installation = watched(&servers).await;
    watch::clock(&installation.app).await;
    installation.hand.step(900_000);
    ask(&installation).await.token();
    for (step, words) in
        [(300_000, "the clock differs by 1.200000 s"), (-30_000_000, "the clock differs by 28.800000 s")]
    {
        installation.hand.step(step);
        refused(&ask(&installation).await, words);
    }
    installation.hand.step(28_500_000);
    ask(&installation).await.token();
    installation.hand.step(5_000_000);
    refused(&ask(&installation).await, "the clock differs by 4.700000 s");
    later(&installation).await;
    ask(&installation).await.token();
}

#[tokio::test]
async fn an_accuracy_needs_fresh_answers() {
    let servers = [TimeServer::new()];
    let installation = watched_with(&servers, "accuracy = \"1s\"").await;
    watch::clock(&installation.app).await;
    installation.hand.advance(Duration::from_secs(143));
    assert_eq!(ask(&installation).await.token().info().accuracy.map(|accuracy| accuracy.seconds), Some(1));
    installation.hand.advance(Duration::from_secs(1));
    refused(&ask(&installation).await, "0 of 1 sources of time have answered within 144s");
    // Set back, the answer is not fresher.
    installation.hand.step(-500_000);
    refused(&ask(&installation).await, "0 of 1 sources of time have answered within 144s");
}

#[tokio::test]
async fn more_than_half_of_all_sources_have_to_answer() {
    let servers = [TimeServer::new(), TimeServer::new(), TimeServer::new()];
    let installation = watched(&servers).await;
    let silent = |number: usize, value| servers[number].terse.store(value, Ordering::SeqCst);
    silent(1, true);
    silent(2, true);
    watch::clock(&installation.app).await;
    refused(&ask(&installation).await, "1 of 3 sources of time have answered within 600s");
    silent(1, false);
    later(&installation).await;
    ask(&installation).await.token();
    servers[1].ahead.store(2_000_000, Ordering::SeqCst);
    later(&installation).await;
    refused(&ask(&installation).await, "the clock differs by 2.000000 s");

    servers[1].ahead.store(0, Ordering::SeqCst);
    later(&installation).await;
    installation.hand.jump(installation.app.clock.now().minus(Duration::from_secs(1800)));
    silent(1, true);
    later(&installation).await;
    refused(&ask(&installation).await, "the clock jumped");
    silent(1, false);
    later(&installation).await;
    ask(&installation).await.token();
}

#[tokio::test]
async fn a_source_that_does_not_know_does_not_vouch() {
    let servers = [TimeServer::new()];
    let installation = watched(&servers).await;
    for (distance, words) in [([0, 1 << 17], "give or take 2.000000 s"), ([5 << 16, 0], "give or take 2.500000 s")] {
        servers[0].distance[0].store(distance[0], Ordering::SeqCst);
        servers[0].distance[1].store(distance[1], Ordering::SeqCst);
        later(&installation).await;
        refused(&ask(&installation).await, words);
    }
    // A quarter of a second, and half of one.
    servers[0].distance[0].store(1 << 14, Ordering::SeqCst);
    servers[0].distance[1].store(1 << 15, Ordering::SeqCst);
    servers[0].ahead.store(370_000, Ordering::SeqCst);
    later(&installation).await;
    ask(&installation).await.token();
    servers[0].ahead.store(380_000, Ordering::SeqCst);
    later(&installation).await;
    refused(&ask(&installation).await, "give or take 0.625000 s");
}

#[tokio::test]
async fn no_certificate_is_renewed_by_a_clock_that_is_not_believed() {
    let servers = [TimeServer::new()];
    let installation = watched(&servers).await;
    watch::clock(&installation.app).await;
    let now = installation.app.clock.now();
    let token = ask(&installation).await.token();
    let life = token.verify(b"what is stamped", &roots(&installation), now).unwrap().signer.validity().duration();
    let newest = || installation.app.store.read(certificate::newest);
    let first = newest().await.unwrap();
    installation.hand.advance(life / 3 * 2 + Duration::from_secs(60));
    watch::certificate(&installation.app).await.unwrap();
    assert_eq!(newest().await.unwrap(), first);
    watch::clock(&installation.app).await;
    watch::certificate(&installation.app).await.unwrap();
    assert_ne!(newest().await.unwrap(), first);
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
