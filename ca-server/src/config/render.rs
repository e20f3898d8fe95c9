//! Writes the `signet.toml` that `init` and `quickstart` leave behind.

use std::fmt::Display;
use std::path::Path;

use toml::Value;

use super::validation::ValidationConfig;
use super::{AcmeConfig, AuthorityConfig, Config, DatabaseConfig, HsmConfig, ServerConfig, TimestampConfig};

/// `config` as a file that people will edit: short comments, keys that are `None` left out.
pub fn render(config: &Config) -> String {
    let mut text = Text::default();
    text.line("# Signet's configuration. Relative paths start at this file's folder; secrets are in files or the environment.");
    text.server(&config.server);
    text.database(&config.database);
    config.hsm.iter().for_each(|hsm| text.hsm(hsm));
    config.authority.iter().for_each(|authority| text.authority(authority));
    config.acme.iter().for_each(|acme| text.acme(acme));
    text.timestamp(&config.timestamp);
    text.0
}

const THIS_MACHINE: &str = "for this machine only; delete these lines to serve others";

#[derive(Default)]
struct Text(String);

impl Text {
    fn line(&mut self, line: impl Display) {
        self.0.push_str(&format!("{line}\n"));
    }

    fn table(&mut self, header: &str) {
        self.line(format_args!("\n{header}"));
    }

    fn key(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.line(format_args!("{name} = {value}"));
        }
    }

    fn commented(&mut self, name: &str, value: Option<Value>, comment: &str) {
        if let Some(value) = value {
            self.line(format_args!("{name} = {value} # {comment}"));
        }
    }

    fn server(&mut self, server: &ServerConfig) {
        self.table("[server]");
        self.line("# https: ACME, REST, web UI; public_url is the base of every URL handed out");
        self.key("public_url", Some(string(&server.public_url)));
        self.key("listen", server.listen.as_deref().map(string));
        self.line(
            "# plain http: CRL, issuer certificates, health; status_url is the base of the URLs inside certificates",
        );
        self.key("status_url", Some(string(&server.status_url)));
        self.key("status_listen", server.status_listen.as_deref().map(string));
        self.key("mtls_listen", server.mtls_listen.as_deref().map(string));
        self.key("mtls_url", server.mtls_url.as_deref().map(string));
        self.key("mtls_ca_file", server.mtls_ca_file.as_deref().map(path));
        self.key("names", server.names.as_deref().map(strings));
        self.key("environment", server.environment.as_deref().map(string));
        self.key("connections_per_address", server.connections_per_address.map(|limit| Value::Integer(limit.into())));
        self.key("policies_dir", server.policies_dir.as_deref().map(path));
        if let Some(tls) = &server.tls {
            self.table("[server.tls]");
            self.key("certificate", tls.certificate.as_deref().map(path));
            self.key("key_file", tls.key_file.as_deref().map(path));
        }
    }

    fn database(&mut self, database: &DatabaseConfig) {
        self.table("[database]");
        self.key("url", database.url.as_deref().map(string));
        self.key("password_file", database.password_file.as_deref().map(path));
    }

    fn hsm(&mut self, hsm: &HsmConfig) {
        self.table("[[hsm]]");
        self.key("name", Some(string(&hsm.name)));
        self.key("backend", Some(string(&hsm.backend)));
        self.key("path", hsm.path.as_deref().map(path));
        self.key("passphrase_file", hsm.passphrase_file.as_deref().map(path));
        self.key("passphrase_env", hsm.passphrase_env.as_deref().map(string));
        self.key("module", hsm.module.as_deref().map(path));
        self.key("token", hsm.token.as_deref().map(string));
        self.key("slot", hsm.slot.and_then(|slot| i64::try_from(slot).ok()).map(Value::Integer));
        self.key("serial", hsm.serial.as_deref().map(string));
        self.key("pin_file", hsm.pin_file.as_deref().map(path));
        self.key("pin_env", hsm.pin_env.as_deref().map(string));
    }

    fn authority(&mut self, authority: &AuthorityConfig) {
        self.table("[[authority]]");
        self.key("name", Some(string(&authority.name)));
        self.key("hsm", Some(string(&authority.hsm)));
        if let Some(crl) = &authority.crl {
            self.table("[authority.crl]");
            self.key("automatic", crl.automatic.map(Value::Boolean));
            self.key("validity", crl.validity.as_deref().map(string));
            self.key("interval", crl.interval.as_deref().map(string));
        }
    }

    fn acme(&mut self, acme: &AcmeConfig) {
        self.table("[[acme]]");
        self.key("name", Some(string(&acme.name)));
        self.key("issuer", Some(string(&acme.issuer)));
        self.commented("profiles", Some(strings(&acme.profiles)), "the first is the default");
        self.key("external_account_required", acme.external_account_required.map(Value::Boolean));
        self.key("terms_of_service", acme.terms_of_service.as_deref().map(string));
        self.key("website", acme.website.as_deref().map(string));
        self.key("order_lifetime", acme.order_lifetime.as_deref().map(string));
        self.key("authorization_reuse", acme.authorization_reuse.as_deref().map(string));
        if let Some(validation) = &acme.validation {
            self.validation(validation);
        }
    }

    fn timestamp(&mut self, timestamp: &TimestampConfig) {
        self.table("[timestamp]");
        self.line("# RFC 3161 at status_url/tsa; name SNTP servers, and nothing is stamped while the clock is wrong:");
        self.line("# clock_sources = [\"ntp.example.org:123\"]");
        self.key("enabled", timestamp.enabled.map(Value::Boolean));
    }

    /// The three lines of `quickstart` on a loopback listener say what they are for.
    fn validation(&mut self, validation: &ValidationConfig) {
        let local = ValidationConfig::this_machine_only();
        let integer = |port: Option<u16>| port.map(|port| Value::Integer(port.into()));
        self.table("[acme.validation]");
        self.key("resolvers", validation.resolvers.as_deref().map(strings));
        self.local("http_port", integer(validation.http_port), integer(local.http_port));
        self.local("tls_alpn_port", integer(validation.tls_alpn_port), integer(local.tls_alpn_port));
        self.local("allow", validation.allow.as_deref().map(strings), local.allow.as_deref().map(strings));
        self.key("deny", validation.deny.as_deref().map(strings));
        self.key("caa", validation.caa.as_deref().map(string));
    }

    fn local(&mut self, name: &str, value: Option<Value>, local: Option<Value>) {
        if value == local { self.commented(name, value, THIS_MACHINE) } else { self.key(name, value) }
    }
}

fn string(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn strings(texts: &[String]) -> Value {
    Value::Array(texts.iter().map(|text| string(text)).collect())
}

fn path(path: &Path) -> Value {
    Value::String(path.to_string_lossy().into_owned())
}
