//! Wall 10 and `deny.toml`, asked of Cargo itself because `cargo deny` may be missing.

use std::collections::BTreeSet;

use crate::manifest::{has_member, locked, packages, toml_file};
use crate::source::report;

/// Never built, on any platform, with any feature.
const NEVER_BUILT: [&str; 5] = ["native-tls", "openssl", "openssl-sys", "ring", "rsa"];

/// Never even in the lock. `ring` is not in this list: Cargo locks the optional dependencies behind weak features
/// (`rustls-webpki`'s `ring?/std`), so it stands in `Cargo.lock` although no build can reach it.
const NEVER_LOCKED: [&str; 4] = ["native-tls", "openssl", "openssl-sys", "rsa"];

#[test]
fn banned_crates_are_in_no_build() {
    let built = packages(&["--workspace", "--all-features"]);
    assert!(built.contains("rustls"), "the graph was read: {built:?}");
    report("These crates must not be built:", &present(&NEVER_BUILT, &built));
}

#[test]
fn the_lock_holds_no_banned_crate_and_one_der() {
    let locked = locked();
    let names: BTreeSet<String> = locked.iter().cloned().collect();
    report("These crates must not be in Cargo.lock:", &present(&NEVER_LOCKED, &names));
    assert_eq!(locked.iter().filter(|name| *name == "der").count(), 1, "two generations of der cannot exchange values");
}

#[test]
fn deny_toml_bans_the_same_crates() {
    let deny = toml_file("deny.toml");
    let bans = deny["bans"]["deny"].as_array().expect("deny.toml has bans.deny");
    let banned: BTreeSet<&str> = bans.iter().filter_map(|ban| ban.get("crate")?.as_str()).collect();
    assert_eq!(banned, BTreeSet::from(NEVER_BUILT));
}

#[test]
fn the_core_links_no_runtime() {
    let core = packages(&["-p", "ca-core", "--features", "policy,pkcs11,software-keystore", "-e", "normal"]);
    report("ca-core works under any runtime, or none:", &present(&["tokio", "hyper", "diesel", "axum"], &core));
}

#[test]
fn pages_know_no_sibling_and_the_client_no_server() {
    let pages = packages(&["-p", "web-ui", "-e", "normal"]);
    report("web-ui depends on no sibling:", &present(&["ca-core", "ca-server", "ca-client"], &pages));
    if has_member("ca-client") {
        let client = packages(&["-p", "ca-client", "-e", "normal"]);
        let server_parts = ["cedar-policy", "cryptoki", "diesel", "axum", "aws-sdk-kms", "ca-server"];
        report("ca-client holds nothing of the server:", &present(&server_parts, &client));
    }
}

fn present(names: &[&str], among: &BTreeSet<String>) -> Vec<String> {
    names.iter().filter(|name| among.contains(**name)).map(|name| (*name).to_owned()).collect()
}
