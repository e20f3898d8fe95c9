//! What the whole-system tests stand on: the built `signet` in real deployments, the network around it (DNS, challenge
//! responders), real ACME clients, independent judges, and a client of our own that can misbehave.
//!
//! Everything runs as separate processes or threads, in directories that vanish with the test. `tests/run` provides what
//! a test takes from its environment (`environment.rs`).

#![expect(clippy::disallowed_methods, reason = "the tests watch real processes in real time")]

pub mod acme_client;
pub mod axe;
pub mod browser;
pub mod busy_server;
pub mod certbot;
pub mod challenge_server;
pub mod chromium;
pub mod ci_issuer;
pub mod crl;
pub mod deployment;
pub mod dns;
pub mod environment;
pub mod https;
pub mod identity_provider;
pub mod inventory;
pub mod issued;
pub mod judge;
pub mod jws;
pub mod lego;
pub mod local_signer;
pub mod look;
pub mod machine;
pub mod network;
pub mod openssl;
pub mod operator;
pub mod orders;
pub mod person;
pub mod pkilint;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod process_stat;
pub mod quickstart;
pub mod raw_acme;
pub mod refusal;
pub mod samples;
pub mod server;
pub mod sign_in;
pub mod signature_timestamp;
pub mod smtp;
pub mod softhsm;
pub mod time_server;
pub mod time_stamping;
pub mod verifiers;
pub mod visitor;
pub mod wait;
pub mod workload;
pub mod workplace;
