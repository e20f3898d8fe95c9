//! Who may name what: the room that owns a dependency or a capability, and the rooms that must not know another.

use crate::paths::mentions;
use crate::rust_text::{line_of, words};
use crate::source::{report, rust_files};

/// A path that only some places may name.
struct Door {
    paths: &'static [&'static str],
    /// Where the rule applies.
    within: &'static [&'static str],
    /// Where the path is at home.
    home: &'static [&'static str],
    why: &'static str,
}

const SHIPPED: &[&str] = &["ca-core/src/", "ca-server/src/", "ca-client/src/", "web-ui/src/"];

const DOORS: &[Door] = &[
    Door {
        paths: &[
            "std::fs",
            "std::net::TcpListener",
            "std::net::TcpStream",
            "std::net::UdpSocket",
            "std::net::ToSocketAddrs",
            "std::env",
            "std::process",
            "std::thread",
            "std::os",
            "std::io::stdin",
            "std::io::stdout",
            "std::io::stderr",
            "tokio",
            "nix",
            "libc",
            "hyper",
            "reqwest",
        ],
        within: &["ca-core/src/"],
        home: &["ca-core/src/hsm/"],
        why: "ca-core outside hsm/ does no I/O (wall 1)",
    },
    Door {
        paths: &["rand", "getrandom", "fastrand", "aws_lc_rs::rand", "uuid::Uuid::new_v4", "uuid::Uuid::now_v7"],
        within: &["ca-core/src/"],
        home: &["ca-core/src/hsm/"],
        why: "ca-core outside hsm/ takes randomness as an argument (wall 1)",
    },
    Door {
        paths: &["rand", "getrandom", "fastrand", "aws_lc_rs::rand", "uuid::Uuid::new_v4", "uuid::Uuid::now_v7"],
        within: &["ca-server/src/"],
        home: &["ca-server/src/entropy.rs", "ca-server/src/entropy/"],
        why: "randomness comes from entropy.rs, so that tests can choose it",
    },
    Door {
        paths: &["diesel", "diesel_async", "diesel_migrations", "tokio_postgres", "libsqlite3_sys"],
        within: SHIPPED,
        home: &["ca-server/src/store/", "ca-server/src/store.rs"],
        why: "the database is named only under store/ (wall 2)",
    },
    Door {
        paths: &["axum", "tower_http"],
        within: SHIPPED,
        home: &["ca-server/src/http/", "ca-server/src/http.rs"],
        why: "the web framework is named only under http/ (wall 2)",
    },
    Door {
        paths: &["x509_cert", "der", "spki", "cms"],
        within: SHIPPED,
        home: &[
            "ca-core/src/x509/",
            "ca-core/src/cms/",
            "ca-core/src/revocation/",
            "ca-core/src/timestamp/",
            "ca-core/src/lint/",
            "ca-core/src/signing/authenticode/",
        ],
        why: "ASN.1 is named only in the rooms that own an ASN.1 format (wall 2)",
    },
    Door {
        paths: &["cryptoki"],
        within: SHIPPED,
        home: &["ca-core/src/hsm/pkcs11/", "ca-core/src/hsm/pkcs11.rs"],
        why: "PKCS#11 is named only under hsm/pkcs11 (wall 2)",
    },
    Door { paths: &["askama"], within: SHIPPED, home: &["web-ui/src/"], why: "templates live only in web-ui (wall 2)" },
    Door {
        paths: &["cedar_policy", "cedar_policy_core"],
        within: SHIPPED,
        home: &["ca-core/src/policy/", "ca-core/src/policy.rs"],
        why: "Cedar is named only under policy/",
    },
    Door {
        paths: &["ca_core", "ca_server", "ca_client"],
        within: &["web-ui/src/"],
        home: &[],
        why: "web-ui knows no sibling crate: plain structs in, HTML out",
    },
    Door {
        paths: &["crate::store"],
        within: &["ca-server/src/http/"],
        home: &[],
        why: "http calls ops, never the store (wall 3)",
    },
    Door {
        paths: &["crate::http", "axum", "hyper"],
        within: &["ca-server/src/ops/", "ca-server/src/jobs/"],
        home: &[],
        why: "use cases and jobs know nothing of HTTP (wall 3)",
    },
    Door {
        paths: &["crate::ops", "crate::http", "crate::jobs", "crate::cli", "crate::validation"],
        within: &["ca-server/src/store/"],
        home: &[],
        why: "the store never calls up (wall 3)",
    },
    Door {
        paths: &["crate::ops", "crate::http", "crate::jobs", "crate::store", "crate::cli"],
        within: &["ca-server/src/validation/"],
        home: &[],
        why: "validation performs a probe and returns what it saw; it decides and stores nothing (wall 3)",
    },
    Door {
        paths: &["crate::ops", "crate::http", "crate::jobs", "crate::store", "crate::cli"],
        within: &["ca-server/src/oidc/"],
        home: &[],
        why: "oidc/ asks an identity provider and returns what it vouches for; it decides and stores nothing (wall 3)",
    },
    Door {
        paths: &["serde", "serde_json"],
        within: &[
            "ca-core/src/x509/certificate",
            "ca-core/src/x509/chain",
            "ca-core/src/x509/csr",
            "ca-core/src/x509/public_key",
            "ca-core/src/x509/serial",
            "ca-core/src/x509/tbs_certificate",
            "ca-core/src/x509/validity",
            "ca-core/src/issuance/",
            "ca-core/src/lint/",
            "ca-core/src/revocation/",
            "ca-core/src/cms/",
            "ca-core/src/timestamp/",
        ],
        // The enums of x509/ that profiles spell out (key usages, attributes, algorithms) are their own wire form.
        home: &[],
        why: "domain types are not serialisable; wire and row types live at the edges (wall 8)",
    },
];

#[test]
fn every_capability_is_named_only_at_home() {
    let mut findings = Vec::new();
    for file in rust_files() {
        let doors: Vec<&Door> = DOORS.iter().filter(|d| file.is_under(d.within) && !file.is_under(d.home)).collect();
        if doors.is_empty() {
            continue;
        }
        for mention in mentions(file) {
            let broken = doors.iter().filter(|d| d.paths.iter().any(|path| mention.is_below(path)));
            findings.extend(broken.map(|d| format!("{}:{}: {} - {}", file.path, mention.line, mention.path, d.why)));
        }
    }
    report("A wall is broken:", &findings);
}

/// Wall 4: a signature is reached only through policy and lint, so the request for one is made in few places.
#[test]
fn sign_requests_are_made_only_behind_policy_and_lint() {
    let home = [
        "ca-core/src/issuance/",
        "ca-core/src/issuance.rs",
        "ca-core/src/revocation/",
        "ca-core/src/signing/",
        "ca-core/src/timestamp/",
        "ca-core/src/hsm/probe.rs",
        "ca-core/src/hsm/probe/",
    ];
    let mut findings = Vec::new();
    for file in rust_files().iter().filter(|f| f.is_under(SHIPPED) && !f.is_under(&home)) {
        let made = mentions(file).into_iter().filter(|m| is_associated_function(&m.path, "SignRequest"));
        findings.extend(made.map(|m| format!("{}:{}: {}", file.path, m.line, m.path)));
    }
    report(
        "A SignRequest is made outside issuance, revocation, signing, timestamp and hsm::probe (wall 4):",
        &findings,
    );
}

fn is_associated_function(path: &str, type_name: &str) -> bool {
    let mut segments = path.rsplit("::");
    let function = segments.next().is_some_and(|name| name.starts_with(char::is_lowercase));
    function && segments.next() == Some(type_name)
}

#[test]
fn pages_do_not_wait() {
    let pages = rust_files().iter().filter(|f| f.is_under(&["web-ui/src/"]));
    let findings: Vec<String> = pages
        .flat_map(|f| words(&f.shipped, "await").map(|at| format!("{}:{}", f.path, line_of(&f.shipped, at))))
        .collect();
    report("web-ui renders what it is given; it waits for nothing:", &findings);
}
