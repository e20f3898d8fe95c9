//! `docs/signet.toml`, generated from the doc comments of the raw structs so that it cannot say anything else than they do.
//!
//! `SIGNET_UPDATE_SAMPLE=1 cargo test -p ca-server sample` writes it anew.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use super::Settings;
use super::source::Source;

/// A section of the sample: its header, the file with its raw struct, the struct, and the optional keys it needs to work.
struct Section {
    header: &'static str,
    code: &'static str,
    name: &'static str,
    needed: &'static [&'static str],
}

const SECTIONS: &[Section] = &[
    Section { header: "[server]", code: include_str!("server.rs"), name: "ServerConfig", needed: &[] },
    Section { header: "[server.tls]", code: include_str!("tls.rs"), name: "TlsConfig", needed: &[] },
    Section { header: "[database]", code: include_str!("database.rs"), name: "DatabaseConfig", needed: &[] },
    Section { header: "[[hsm]]", code: include_str!("hsm.rs"), name: "HsmConfig", needed: &["path"] },
    Section { header: "[[authority]]", code: include_str!("authority.rs"), name: "AuthorityConfig", needed: &[] },
    Section { header: "[authority.crl]", code: include_str!("authority.rs"), name: "CrlConfig", needed: &[] },
    Section { header: "[[acme]]", code: include_str!("acme.rs"), name: "AcmeConfig", needed: &[] },
    Section { header: "[acme.validation]", code: include_str!("validation.rs"), name: "ValidationConfig", needed: &[] },
    Section { header: "[requests]", code: include_str!("requests.rs"), name: "RequestsConfig", needed: &[] },
    Section { header: "[signing]", code: include_str!("signing.rs"), name: "SigningConfig", needed: &[] },
    Section { header: "[timestamp]", code: include_str!("timestamp.rs"), name: "TimestampConfig", needed: &[] },
    Section { header: "[notices]", code: include_str!("notices.rs"), name: "NoticesConfig", needed: &[] },
    Section { header: "[notices.smtp]", code: include_str!("smtp.rs"), name: "SmtpConfig", needed: &[] },
    Section { header: "[[notices.email]]", code: include_str!("notices.rs"), name: "EmailConfig", needed: &[] },
    Section {
        header: "[[notices.webhook]]",
        code: include_str!("webhook.rs"),
        name: "WebhookConfig",
        needed: &["secret_file"],
    },
    Section {
        header: "[[operator_certificate]]",
        code: include_str!("operator_certificate.rs"),
        name: "OperatorCertificateConfig",
        needed: &["operator"],
    },
    Section { header: "[[oidc]]", code: include_str!("oidc.rs"), name: "OidcConfig", needed: &[] },
];

const HEAD: &str = "\
# Every key of signet.toml, generated from the source. A line that starts with `#` and no space is a key that may be left
# out: it shows the default where it says so, else an example. Relative paths start at this file's folder. Secrets are in
# files or in the environment, never here.
";

fn generate() -> String {
    let sections = SECTIONS.iter().map(|section| format!("\n{}\n{}", section.header, section.keys()));
    [HEAD.to_owned()].into_iter().chain(sections).collect()
}

impl Section {
    fn keys(&self) -> String {
        let start = self.code.find(&format!("pub struct {} {{", self.name)).unwrap();
        let body = self.code[start..].split_once('\n').unwrap().1.split_once("\n}").unwrap().0;
        let mut docs: Vec<&str> = Vec::new();
        let mut keys = String::new();
        for line in body.lines().map(str::trim) {
            if let Some(doc) = line.strip_prefix("/// ") {
                docs.push(doc);
            } else if let Some(field) = line.strip_prefix("pub ") {
                keys.push_str(&self.key(field, &docs));
                docs.clear();
            }
        }
        keys
    }

    /// Prose, then the key with the value that the last doc line shows; none for a table of its own.
    fn key(&self, field: &str, docs: &[&str]) -> String {
        let (name, kind) = field.split_once(": ").unwrap();
        let (prose, shown) = docs.split_at(docs.len() - 1);
        let Some((what, value)) = shown[0].split_once(": `").map(|(what, value)| (what, value.trim_end_matches('`')))
        else {
            return String::new();
        };
        let optional = kind.starts_with("Option<") && !self.needed.contains(&name);
        let prose: String = prose.iter().map(|line| format!("# {line}\n")).collect();
        let (mark, note) = (if optional { "#" } else { "" }, if what == "Default" { " # default" } else { "" });
        format!("{prose}{mark}{name} = {value}{note}\n")
    }
}

fn settings(text: &str) -> Settings {
    Settings::from_source(Source::from_text(Path::new("/etc/signet/signet.toml"), text)).unwrap()
}

#[test]
fn the_sample_in_the_manual_is_the_generated_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/signet.toml");
    if std::env::var_os("SIGNET_UPDATE_SAMPLE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, generate()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), generate(), "run with SIGNET_UPDATE_SAMPLE=1 to write it anew");
}

#[test]
fn every_section_has_every_key() {
    let text = generate();
    for key in ["public_url", "key_file", "password_file", "pin_env", "automatic", "authorization_reuse", "caa"] {
        assert!(text.lines().any(|line| line.trim_start_matches('#').starts_with(&format!("{key} = "))), "{key}");
    }
}

#[test]
fn the_defaults_it_documents_are_those_that_apply() {
    let sample = generate();
    let spelled: String = sample
        .lines()
        .map(|line| match (line.strip_prefix('#'), line.ends_with("# default")) {
            (Some(key), true) => format!("{key}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let (left, right) = (settings(&sample), settings(&spelled));
    assert_ne!(sample, spelled);
    assert_eq!(left.server, right.server);
    assert_eq!(left.database, right.database);
    assert_eq!(left.hsms, right.hsms);
    assert_eq!(left.authorities, right.authorities);
    assert_eq!(left.acme, right.acme);
    assert_eq!(left.requests, right.requests);
    assert_eq!(left.signing, right.signing);
    assert_eq!(left.timestamp, right.timestamp);
    assert_eq!(left.notices, right.notices);
    assert_eq!(left.operator_certificates, right.operator_certificates);
    assert_eq!(left.oidc, right.oidc);
}

/// Each example is at least of the right shape: uncommented alone, it is refused for no other reason than a contradiction.
#[test]
fn every_commented_key_is_a_key() {
    let sample = generate();
    for (number, line) in sample.lines().enumerate() {
        let Some(key) = line.strip_prefix('#').filter(|key| !key.starts_with(' ')) else { continue };
        let text: String = sample
            .lines()
            .enumerate()
            .map(|(other, line)| if other == number { format!("{key}\n") } else { format!("{line}\n") })
            .collect();
        let refusal = Settings::from_source(Source::from_text(Path::new("/etc/signet/signet.toml"), &text)).err();
        let refusal = refusal.map(|error| error.to_string()).unwrap_or_default();
        let contradiction = ["belongs to", "takes no password", "so this key is required", "is given too"];
        assert!(refusal.is_empty() || contradiction.iter().any(|part| refusal.contains(part)), "{key}: {refusal}");
    }
}
