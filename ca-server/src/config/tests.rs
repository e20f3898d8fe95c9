//! Good files mean what interfaces promise, and every bad one is refused with its line and key.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::time::Duration;

use ca_core::hsm::uri::TokenSelector;

use super::*;

const GOOD: &str = r#"[server]
public_url    = "https://ca.example.org:8443"
listen        = "127.0.0.1:8443"
status_url    = "http://ca.example.org:8080"
status_listen = "127.0.0.1:8080"
names         = ["CA.example.net"]

[database]
url = "sqlite:signet.db"

[[hsm]]
name    = "local"
backend = "software"
path    = "keys"
passphrase_file = "keys.passphrase"

[[hsm]]
name    = "token"
backend = "pkcs11"
module  = "/usr/lib/softhsm/libsofthsm2.so"
token   = "signet"
pin_file = "pin"

[[authority]]
name = "root"
hsm  = "token"
[authority.crl]
automatic = false

[[authority]]
name = "issuing"
hsm  = "local"

[[acme]]
name     = "acme"
issuer   = "issuing"
profiles = ["tls-server", "tls-client"]
external_account_required = false

[acme.validation]
resolvers     = ["127.0.0.1:5353", "::1"]
http_port     = 80
tls_alpn_port = 443
allow         = ["10.0.0.0/8", "127.0.0.0/8"]
deny          = ["10.1.2.3"]
caa           = "off"
"#;

fn settings(text: &str) -> Result<Settings, ConfigError> {
    Settings::from_source(Source::from_text(Path::new("/srv/signet/signet.toml"), text))
}

/// The refusal after `from` was replaced by `to`, which must occur once.
fn refusal(from: &str, to: &str) -> String {
    assert_eq!(GOOD.matches(from).count(), 1, "{from}");
    settings(&GOOD.replace(from, to)).unwrap_err().to_string()
}

#[test]
fn the_documented_file_is_understood() {
    let settings = settings(GOOD).unwrap();
    assert_eq!(settings.directory(), Path::new("/srv/signet"));
    assert_eq!(settings.server.public_url.join("/directory"), "https://ca.example.org:8443/directory");
    assert_eq!(settings.server.status_url.as_str(), "http://ca.example.org:8080");
    let names: Vec<String> = settings.server.listener_names().iter().map(|name| name.value()).collect();
    assert_eq!(names, ["ca.example.org", "127.0.0.1", "ca.example.net"]);
    assert_eq!(settings.database, DatabaseSettings::Sqlite { path: "/srv/signet/signet.db".into() });
    let HsmBackend::Software { path, passphrase } = &settings.hsm("local").unwrap().backend else { panic!("software") };
    assert_eq!(path, Path::new("/srv/signet/keys"));
    assert_eq!(passphrase, &SecretSource::File("/srv/signet/keys.passphrase".into()));
    let HsmBackend::Pkcs11 { module, token, pin } = &settings.hsm("token").unwrap().backend else { panic!("pkcs11") };
    assert_eq!(module, Path::new("/usr/lib/softhsm/libsofthsm2.so"));
    assert_eq!(token, &TokenSelector::Label("signet".to_owned()));
    assert_eq!(pin, &SecretSource::File("/srv/signet/pin".into()));
    assert!(!settings.authority("root").unwrap().crl.automatic);
    assert!(settings.authority("issuing").unwrap().crl.automatic);
    assert_eq!(settings.acme[0].order_lifetime, Duration::from_secs(7 * 86_400));
    let validation = &settings.acme[0].validation;
    assert_eq!(validation.resolvers, ["127.0.0.1:5353".parse().unwrap(), "[::1]:53".parse().unwrap()]);
    assert_eq!(validation.deny, ["10.1.2.3/32".parse().unwrap()]);
}

#[test]
fn the_validity_of_a_crl_follows_from_the_kind_of_its_issuer() {
    let crl = settings(GOOD).unwrap().authority("root").unwrap().crl;
    assert_eq!(crl.validity(true), Duration::from_secs(365 * 86_400));
    assert_eq!(crl.validity(false), Duration::from_secs(7 * 86_400));
    assert_eq!(crl.interval(false), Duration::from_secs(7 * 86_400 / 3));
}

#[test]
fn an_unknown_key_is_refused_with_line_and_the_nearest_known_one() {
    assert_eq!(
        refusal("public_url    =", "publc_url ="),
        "/srv/signet/signet.toml:2: server.publc_url: there is no such key; did you mean `public_url`?"
    );
    assert_eq!(
        refusal("http_port     =", "htp_port ="),
        "/srv/signet/signet.toml:42: acme[0].validation.htp_port: there is no such key; did you mean `http_port`?"
    );
    let far = refusal("automatic = false", "colour = 1");
    assert_eq!(
        far,
        "/srv/signet/signet.toml:28: authority[0].crl.colour: there is no such key; known here: automatic, validity, interval"
    );
    assert_eq!(
        refusal("[database]", "[databse]"),
        "/srv/signet/signet.toml:8: databse: there is no such key; did you mean `database`?"
    );
}

#[test]
fn a_missing_key_is_named() {
    let error = refusal("public_url    = \"https://ca.example.org:8443\"\n", "");
    assert_eq!(error, "/srv/signet/signet.toml:1: server.public_url: this key is required");
    let error = refusal("issuer   = \"issuing\"\n", "");
    assert_eq!(error, "/srv/signet/signet.toml:34: acme[0].issuer: this key is required");
    assert_eq!(settings("").unwrap_err().to_string(), "/srv/signet/signet.toml:1: server: this key is required");
}

#[test]
fn a_value_of_the_wrong_type_is_named() {
    let error = refusal("http_port     = 80", "http_port = \"80\"");
    assert!(error.starts_with("/srv/signet/signet.toml:42: acme[0].validation.http_port: invalid type"), "{error}");
    let error = refusal("http_port     = 80", "http_port = 65536");
    assert!(error.starts_with("/srv/signet/signet.toml:42: acme[0].validation.http_port: invalid value"), "{error}");
}

#[test]
fn broken_syntax_is_refused_with_its_line() {
    let error = refusal("[database]", "[database");
    assert!(error.starts_with("/srv/signet/signet.toml:8: "), "{error}");
    let error = refusal("caa           = \"off\"", "caa = \"off\"\ncaa = \"off\"");
    assert_eq!(error, "/srv/signet/signet.toml:47: caa: this key is here a second time");
}

#[test]
fn references_to_what_is_not_there_are_refused() {
    assert_eq!(
        refusal("issuer   = \"issuing\"", "issuer = \"isuing\""),
        "/srv/signet/signet.toml:36: acme[0].issuer: there is no [[authority]] named `isuing`; did you mean `issuing`?"
    );
    assert_eq!(
        refusal("hsm  = \"token\"", "hsm = \"vault\""),
        "/srv/signet/signet.toml:26: authority[0].hsm: there is no [[hsm]] named `vault`; known: local, token"
    );
    let known = BTreeSet::from(["tls-server".to_owned()]);
    assert_eq!(
        settings(GOOD).unwrap().require_profiles(&known).unwrap_err().to_string(),
        "/srv/signet/signet.toml:37: acme[0].profiles[1]: there is no profile named `tls-client`; known: tls-server"
    );
    let known = BTreeSet::from(["tls-server".to_owned(), "tls-client".to_owned()]);
    assert!(settings(GOOD).unwrap().require_profiles(&known).is_ok());
}

/// Each row: what is replaced, by what, and what the refusal says after `FILE:LINE: `.
const REFUSED: &[(&str, &str, &str)] = &[
    (
        "https://ca.example.org:8443",
        "http://ca.example.org",
        "server.public_url: `http://ca.example.org` cannot be used: it must start with https://",
    ),
    (
        "https://ca.example.org:8443",
        "https://ca.example.org/ca",
        "server.public_url: `https://ca.example.org/ca` cannot be used: it must have no path",
    ),
    (
        "https://ca.example.org:8443",
        "https://u@ca.example.org",
        "server.public_url: `https://u@ca.example.org` cannot be used: it must have no user",
    ),
    ("https://ca.example.org:8443", "ca.example.org", "server.public_url: `ca.example.org` is not a URL"),
    (
        "http://ca.example.org:8080",
        "https://ca.example.org",
        "server.status_url: `https://ca.example.org` cannot be used: certificates must name plain http here",
    ),
    (
        "http://ca.example.org:8080",
        "http://ca:8080",
        "server.status_url: `http://ca:8080` cannot be used: it has a host of a single label, which means another host",
    ),
    (
        "listen        = \"127.0.0.1:8443\"",
        "listen = \"localhost:8443\"",
        "server.listen: `localhost:8443` is not an IP address and port",
    ),
    ("\"127.0.0.1:8080\"", "\"127.0.0.1:8443\"", "server.status_listen: `listen` has this address already"),
    ("CA.example.net", "not a name", "server.names[0]: "),
    ("[database]", "connections_per_address = 0\n[database]", "server.connections_per_address: 0 would let nobody in"),
    ("[database]", "tls = { certificate = \"a.pem\" }\n[database]", "server.tls.key_file: `certificate` is given, so"),
    ("[database]", "tls = { key_file = \"a.pem\" }\n[database]", "server.tls.certificate: `key_file` is given, so"),
    ("sqlite:signet.db", "mysql://host/db", "database.url: expected sqlite:PATH or postgres://USER@HOST/DATABASE"),
    ("sqlite:signet.db", "sqlite::memory:", "database.url: write the path of a file"),
    ("sqlite:signet.db", "postgres://u:hunter2@host/db", "database.url: a password does not belong here"),
    ("sqlite:signet.db", "postgres://host/db?password=hunter2", "database.url: a password does not belong here"),
    (
        "sqlite:signet.db",
        "postgres://db.example.org/ca",
        "database.url: a server on another machine needs sslrootcert=FILE",
    ),
    ("sqlite:signet.db", "postgres://localhost/ca?sslmode=prefer", "database.url: sslmode=prefer is not supported"),
    ("url = \"sqlite:signet.db\"", "password_file = \"p\"", "database.password_file: a SQLite file takes no password"),
    (
        "pin_file = \"pin\"",
        "pin_file = \"pin\"\npin_env = \"P\"",
        "hsm[1].pin_env: `pin_file` is given too: keep one of them",
    ),
    ("pin_file = \"pin\"", "pin_env = \"a=b\"", "hsm[1].pin_env: `a=b` is not the name of a variable"),
    ("name    = \"local\"", "name = \"Local HSM\"", "hsm[0].name: `Local HSM` cannot be a name"),
    ("name    = \"local\"", "name = \"\"", "hsm[0].name: `` cannot be a name"),
    ("name    = \"token\"", "name = \"local\"", "hsm[1].name: `local` is already the name of another one"),
    ("name = \"root\"", "name = \"issuing\"", "authority[1].name: `issuing` is already the name"),
    ("backend = \"software\"", "backend = \"aws-kms\"", "hsm[0].backend: the backend `aws-kms` is not built in"),
    ("backend = \"software\"", "backend = \"cluster\"", "hsm[0].backend: the backend `cluster` is not built in"),
    ("backend = \"software\"", "backend = \"tpm\"", "hsm[0].backend: `tpm` is no backend: use software or pkcs11"),
    ("path    = \"keys\"", "", "hsm[0].path: the backend software needs this key"),
    ("path    = \"keys\"", "path = \"keys\"\nslot = 3", "hsm[0].slot: this key belongs to the backend pkcs11"),
    ("token   = \"signet\"", "", "hsm[1].token: the backend pkcs11 needs `token`, `slot` or `serial`"),
    ("token   = \"signet\"", "token = \"a\"\nslot = 0", "hsm[1]: `token`, `slot` and `serial` exclude each other"),
    ("pin_file = \"pin\"", "", "hsm[1].pin_file: the backend pkcs11 needs this key or `pin_env`"),
    (
        "pin_file = \"pin\"",
        "pin_file = \"pin\"\npath = \"keys\"",
        "hsm[1].path: this key belongs to the backend software",
    ),
    ("module  = \"/usr/lib/softhsm/libsofthsm2.so\"", "", "hsm[1].module: the backend pkcs11 needs this key"),
    ("automatic = false", "validity = \"a week\"", "authority[0].crl.validity: \"a week\" is no duration"),
    ("automatic = false", "validity = \"1m\"", "authority[0].crl.validity: a CRL must be valid for at least"),
    ("automatic = false", "validity = \"1d\"\ninterval = \"1d\"", "authority[0].crl.interval: it must lie between"),
    ("[\"tls-server\", \"tls-client\"]", "[]", "acme[0].profiles: at least one profile is needed"),
    ("[\"tls-server\", \"tls-client\"]", "[\"a\", \"b\", \"a\"]", "acme[0].profiles[2]: `a` is listed twice"),
    ("external_account_required = false", "website = \"ftp://x\"", "acme[0].website: it must be an https or http URL"),
    ("external_account_required = false", "order_lifetime = \"1s\"", "acme[0].order_lifetime: an order must live"),
    (
        "external_account_required = false",
        "authorization_reuse = \"1y\"",
        "acme[0].authorization_reuse: an authorization is",
    ),
    ("127.0.0.1:5353", "dns.example.org", "acme[0].validation.resolvers[0]: `dns.example.org` is not the address"),
    ("127.0.0.1:5353", "127.0.0.1:0", "acme[0].validation.resolvers[0]: a DNS server cannot listen on port 0"),
    ("http_port     = 80", "http_port = 0", "acme[0].validation.http_port: there is no port 0"),
    (
        "\"10.0.0.0/8\"",
        "\"10.0.0.1/8\"",
        "acme[0].validation.allow[0]: `10.0.0.1/8` has bits set after its prefix; did you mean `10.0.0.0/8`?",
    ),
    ("\"10.0.0.0/8\"", "\"intranet\"", "acme[0].validation.allow[0]: `intranet` is not a network"),
    ("[\"10.0.0.0/8\", \"127.0.0.0/8\"]", "[]", "acme[0].validation.allow: nothing could be validated"),
    (
        "caa           = \"off\"",
        "caa = \"strict\"",
        "acme[0].validation.caa: `strict` cannot be kept: this version does not check CAA records",
    ),
    ("caa           = \"off\"", "caa = \"maybe\"", "acme[0].validation.caa: `maybe` is not a way to treat CAA records"),
];

#[test]
fn what_cannot_be_used_is_refused_at_its_key() {
    for (from, to, expected) in REFUSED {
        let error = refusal(from, to);
        let said = error.splitn(3, ':').nth(2).unwrap_or_default().trim_start();
        assert!(said.starts_with(expected), "{from} -> {to}\n  {error}");
        assert!(!error.contains("hunter2"), "a password in a message: {error}");
    }
}

#[test]
fn a_status_url_is_one_that_certificates_may_name() {
    for url in ["http://localhost:8080", "http://192.0.2.1", "http://[2001:db8::1]:8080", "http://pki.lan/ca"] {
        assert!(settings(&GOOD.replace("http://ca.example.org:8080", url)).is_ok(), "{url}");
    }
}

#[test]
fn the_line_of_a_refused_value_is_its_own() {
    assert!(refusal("caa           = \"off\"", "caa = \"warn\"").starts_with("/srv/signet/signet.toml:46: "));
    assert!(
        refusal("pin_file = \"pin\"\n", "").starts_with("/srv/signet/signet.toml:17: "),
        "the table, if the key is absent"
    );
}

#[test]
fn two_names_for_one_store_are_refused() {
    let again = "[[hsm]]\nname = \"other\"\nbackend = \"software\"\npath = \"keys\"\n\n[[authority]]\nname = \"root\"";
    assert!(refusal("[[authority]]\nname = \"root\"", again).contains("hsm[2]: its keys are those of `local` already"));
    let again = again.replace(
        "\"software\"\npath = \"keys\"",
        "\"pkcs11\"\nmodule = \"/usr/lib/softhsm/libsofthsm2.so\"\ntoken = \"signet\"\npin_env = \"P\"",
    );
    assert!(
        refusal("[[authority]]\nname = \"root\"", &again).contains("hsm[2]: its keys are those of `token` already")
    );
}

#[test]
fn an_installation_needs_an_hsm_and_an_authority() {
    let server = GOOD.split("\n[database]").next().unwrap();
    assert_eq!(settings(server).unwrap_err().to_string(), "/srv/signet/signet.toml:1: hsm: at least one is needed");
    let hsm = "\n[[hsm]]\nname = \"local\"\nbackend = \"software\"\npath = \"keys\"\n";
    let error = settings(&format!("{server}{hsm}")).unwrap_err();
    assert_eq!(error.to_string(), "/srv/signet/signet.toml:1: authority: at least one is needed");
}

#[test]
fn postgres_is_addressed_without_a_password() {
    let text = GOOD.replace("sqlite:signet.db\"", "postgres://signet@localhost/ca\"\npassword_file = \"pw\"");
    let DatabaseSettings::Postgres { url, password_file } = settings(&text).unwrap().database else {
        panic!("postgres")
    };
    assert_eq!(url.as_str(), "postgres://signet@localhost/ca");
    assert_eq!(password_file, Some("/srv/signet/pw".into()));
    let socket = GOOD.replace("sqlite:signet.db", "postgres:///ca?host=/run/postgresql");
    assert!(matches!(settings(&socket).unwrap().database, DatabaseSettings::Postgres { .. }));
}

#[test]
fn an_unreadable_file_is_named() {
    let error = Settings::load(Path::new("/nonexistent/signet.toml")).unwrap_err();
    assert_eq!(error.to_string(), "cannot read /nonexistent/signet.toml");
}

fn quickstart() -> Config {
    Config {
        server: ServerConfig {
            public_url: "https://localhost:8443".to_owned(),
            listen: Some("127.0.0.1:8443".to_owned()),
            status_url: "http://localhost:8080".to_owned(),
            status_listen: Some("127.0.0.1:8080".to_owned()),
            tls: Some(TlsConfig { certificate: Some("a \"b\".pem".into()), key_file: Some("c\\d.pem".into()) }),
            ..ServerConfig::default()
        },
        database: DatabaseConfig { url: Some("sqlite:signet.db".to_owned()), ..DatabaseConfig::default() },
        hsm: vec![
            HsmConfig::from_uri("local", "software:keys").unwrap(),
            HsmConfig::from_uri("token", "pkcs11:slot-id=1?module-path=/m.so&pin-source=/pin").unwrap(),
        ],
        authority: vec![AuthorityConfig {
            name: "root".to_owned(),
            hsm: "local".to_owned(),
            crl: Some(CrlConfig { automatic: Some(true), ..CrlConfig::default() }),
        }],
        acme: vec![AcmeConfig {
            name: "acme".to_owned(),
            issuer: "root".to_owned(),
            profiles: vec!["tls-server".to_owned()],
            validation: Some(ValidationConfig::this_machine_only()),
            ..AcmeConfig::default()
        }],
        ..Config::default()
    }
}

#[test]
fn what_quickstart_writes_is_read_back_and_marked_as_local() {
    let text = render(&quickstart());
    insta::assert_snapshot!(text);
    let settings = settings(&text).unwrap();
    assert_eq!(settings.acme[0].validation.http_port, 5002);
    let files = ListenerCertificate::Files {
        certificate: "/srv/signet/a \"b\".pem".into(),
        key_file: "/srv/signet/c\\d.pem".into(),
    };
    assert_eq!(settings.server.certificate, files, "quotes and backslashes survive");
    let marked =
        text.lines().filter(|line| line.ends_with("# for this machine only; delete these lines to serve others"));
    assert_eq!(marked.count(), 3);
}

#[test]
fn every_key_that_can_be_set_is_rendered() {
    let sample = settings(GOOD).unwrap();
    let config: Config = toml::from_str(GOOD).unwrap();
    let again = settings(&render(&config)).unwrap();
    assert_eq!(format!("{:?}", sample.server), format!("{:?}", again.server));
    assert_eq!(sample.database, again.database);
    assert_eq!(sample.hsms, again.hsms);
    assert_eq!(sample.authorities, again.authorities);
    assert_eq!(sample.acme, again.acme);
}
