//! PostgreSQL that goes away and comes back, and TLS to it.

use crate::store::testing::{Server, config_for};
use crate::store::{Store, StoreError, migration};

#[tokio::test]
async fn a_server_that_crashed_is_missed_and_found_again() {
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let config = config_for(&server.url, "postgres");
    migration::migrate(&config).await.unwrap();
    let store = Store::open(&config).await.unwrap();
    let server = tokio::task::spawn_blocking(move || {
        server.pg_ctl("-m immediate stop");
        server
    });
    let server = server.await.unwrap();
    for _ in 0..2 {
        let read = store.read(|c| Ok(c.batch_execute("SELECT 1")?)).await;
        let write = store.write(|c| Ok(c.batch_execute("SELECT 1")?)).await;
        for answer in [read, write] {
            assert!(matches!(answer, Err(StoreError::Unavailable { .. })), "{answer:?}");
        }
    }
    let server = tokio::task::spawn_blocking(move || {
        server.pg_ctl("start");
        server
    });
    let _server = server.await.unwrap();
    for _ in 0..8 {
        store.write(|c| Ok(c.batch_execute("SELECT 1")?)).await.unwrap();
    }
}

#[tokio::test]
async fn connections_that_died_unnoticed_cost_no_call() {
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let config = config_for(&server.url, "postgres");
    migration::migrate(&config).await.unwrap();
    let store = Store::open(&config).await.unwrap();
    let calls = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.read(|c| Ok(c.batch_execute("SELECT pg_sleep(0.1)")?)).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    let _server = tokio::task::spawn_blocking(move || {
        server.pg_ctl("-m immediate restart");
        server
    })
    .await
    .unwrap();
    for _ in 0..8 {
        store.read(|c| Ok(c.batch_execute("SELECT 1")?)).await.unwrap();
        store.write(|c| Ok(c.batch_execute("SELECT 1")?)).await.unwrap();
    }
}

#[tokio::test]
async fn an_absent_server_is_reported_with_its_place_and_without_the_password() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = url::Url::parse(&format!("postgres://signet:hunter2@127.0.0.1:{port}/x")).unwrap();
    let error = Store::open(&config_for(&url, "signet")).await.err().unwrap();
    let text = format!("{error} {error:?}");
    assert!(text.contains(&format!("127.0.0.1:{port}/signet")) && !text.contains("hunter2"), "{text}");
}
