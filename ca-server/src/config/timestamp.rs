//! `[timestamp]`.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use ca_core::hsm::{DigestAlgorithm, KeySpec};
use ca_core::timestamp::{Accuracy, PolicyId, TsaPolicy};
use ipnet::IpNet;
use serde::Deserialize;

use super::error::ConfigError;
use super::key::Place;
use super::notices::networks;
use super::slug;

/// `[timestamp]` as written: the time-stamping authority (RFC 3161).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimestampConfig {
    /// Whether timestamps are made: for whoever asks at `/tsa`, and for this server's own signatures.
    /// Default: `true`
    pub enabled: Option<bool>,
    /// The `[[authority]]` that issues the certificate of the time-stamping authority; without it, the first issuing one.
    /// Example: `"issuing"`
    pub issuer: Option<String>,
    /// The `[[hsm]]` with its key; without it, that of the issuer.
    /// Example: `"local"`
    pub hsm: Option<String>,
    /// Type of its key: one of the ECDSA or RSA types.
    /// Default: `"ecdsa-p256"`
    pub key_algorithm: Option<String>,
    /// Profile of its certificate.
    /// Default: `"timestamping"`
    pub profile: Option<String>,
    /// Policies that tokens are made under. The first is that of requests that name none; each is also served at `/tsa/NAME`.
    /// The default, anyPolicy, promises nothing: take an object identifier of your own.
    /// Default: `[{ name = "default", oid = "2.5.29.32.0" }]`
    pub policies: Option<Vec<TimestampPolicyConfig>>,
    /// What tokens say about their time: that it is at most so far from the true one. Not less than `max_drift`; needs
    /// `clock_sources`, of which more than half have to have answered within the last 144 seconds then.
    /// Example: `"1s"`
    pub accuracy: Option<String>,
    /// SNTP servers that the clock is compared with. Without them, only a clock that jumps by more than a minute is noticed.
    /// Example: `["ntp1.example.org:123", "ntp2.example.org:123", "ntp3.example.org:123"]`
    pub clock_sources: Option<Vec<String>>,
    /// Nothing is stamped unless more than half of the sources say that the clock is not further off, their own uncertainty
    /// and that of the network included.
    /// Default: `"1s"`
    pub max_drift: Option<String>,
    /// Answers that are older do not count.
    /// Default: `"1h"`
    pub max_silence: Option<String>,
    /// Timestamps that one client address may have in a minute, ten seconds' of them at once; an IPv6 client is its /64.
    /// Default: `1200`
    pub requests_per_minute: Option<NonZeroU32>,
    /// Timestamps that all clients together may have in a minute: each is an event of the audit trail, which is never deleted.
    /// Default: `6000`
    pub all_requests_per_minute: Option<NonZeroU32>,
    /// PEM file with the roots of the authorities of others that signing profiles name in `timestamp.external`. Verification
    /// believes their timestamps too.
    /// Example: `"tsa-roots.pem"`
    pub external_ca_file: Option<PathBuf>,
    /// The only networks in which those are reached. Without it: all but loopback, link-local and metadata services.
    /// Example: `["203.0.113.0/24"]`
    pub allow: Option<Vec<String>>,
    /// Networks in which they are never reached.
    /// Default: `[]`
    pub deny: Option<Vec<String>>,
}

/// One of `timestamp.policies` as written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimestampPolicyConfig {
    /// Part of URLs.
    pub name: String,
    /// A dotted object identifier.
    pub oid: String,
}

/// A checked `[timestamp]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimestampSettings {
    /// Whether timestamps are made.
    pub enabled: bool,
    /// Name of the authority that certifies; none for the first issuing one.
    pub issuer: Option<String>,
    /// Name of the HSM with the key; none for that of the issuer.
    pub hsm: Option<String>,
    /// Type of the key.
    pub key: KeySpec,
    /// Name of the certificate profile.
    pub profile: String,
    /// Names and identifiers, the default first; neither repeats.
    pub policies: Vec<(String, PolicyId)>,
    /// What tokens say about their time.
    pub accuracy: Option<Accuracy>,
    /// Host and port of each SNTP server.
    pub clock_sources: Vec<String>,
    /// Largest difference to most of the sources.
    pub max_drift: Duration,
    /// Longest time without an answer of any source.
    pub max_silence: Duration,
    /// Requests of one client address.
    pub requests_per_minute: NonZeroU32,
    /// Requests of all of them.
    pub all_requests_per_minute: NonZeroU32,
    /// Roots of other authorities.
    pub external_ca_file: Option<PathBuf>,
    /// The only networks in which those are reached, if given.
    pub allow: Option<Vec<IpNet>>,
    /// Networks in which they are not.
    pub deny: Vec<IpNet>,
}

/// RFC 5280 §4.2.1.4: no policy in particular.
const ANY_POLICY: &str = "2.5.29.32.0";

/// The built-in profile.
pub(super) const PROFILE: &str = "timestamping";

const PER_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(1199);

const ALL_PER_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(5999);

impl TimestampSettings {
    /// What the authority accepts at `/tsa`, or, with the name of a policy, at `/tsa/NAME`; `None` for an unknown name.
    pub fn policy(&self, name: Option<&str>) -> Option<TsaPolicy> {
        let (default, others) = match name {
            None => (self.policies.first()?.1, self.policies.iter().skip(1).map(|(_, id)| *id).collect()),
            Some(name) => (self.policies.iter().find(|(known, _)| known == name)?.1, Vec::new()),
        };
        Some(TsaPolicy { default, others, digests: DigestAlgorithm::ALL.to_vec(), accuracy: self.accuracy })
    }
}

impl TimestampConfig {
    pub(super) fn resolve(self, at: &Place<'_>) -> Result<TimestampSettings, ConfigError> {
        let sources = self.clock_sources.unwrap_or_default();
        for (index, source) in sources.iter().enumerate() {
            let place = at.key("clock_sources").index(index);
            host_and_port(source, &place)?;
            if sources.iter().take(index).any(|other| other == source) {
                return Err(place.refuse(format!("`{source}` is named twice, and has one vote")));
            }
        }
        let max_drift = positive(self.max_drift.as_deref().unwrap_or("1s"), &at.key("max_drift"))?;
        Ok(TimestampSettings {
            enabled: self.enabled.unwrap_or(true),
            issuer: self.issuer,
            hsm: self.hsm,
            key: key(self.key_algorithm.as_deref().unwrap_or("ecdsa-p256"), &at.key("key_algorithm"))?,
            profile: self.profile.unwrap_or_else(|| PROFILE.to_owned()),
            policies: policies(self.policies, &at.key("policies"))?,
            accuracy: accuracy(self.accuracy.as_deref(), &sources, max_drift, &at.key("accuracy"))?,
            clock_sources: sources,
            max_drift,
            max_silence: positive(self.max_silence.as_deref().unwrap_or("1h"), &at.key("max_silence"))?,
            requests_per_minute: self.requests_per_minute.unwrap_or(PER_MINUTE),
            all_requests_per_minute: self.all_requests_per_minute.unwrap_or(ALL_PER_MINUTE),
            external_ca_file: self.external_ca_file.map(|file| at.path(&file)),
            allow: self.allow.map(|texts| networks(&texts, &at.key("allow"))).transpose()?,
            deny: networks(&self.deny.unwrap_or_default(), &at.key("deny"))?,
        })
    }
}

fn positive(text: &str, at: &Place<'_>) -> Result<Duration, ConfigError> {
    let duration = at.duration(text)?;
    if duration.is_zero() { Err(at.refuse("at least a second is needed")) } else { Ok(duration) }
}

fn key(text: &str, at: &Place<'_>) -> Result<KeySpec, ConfigError> {
    match at.parse(text, "a type of key")? {
        KeySpec::Ed25519 => {
            Err(at.refuse("those who verify timestamps do not know Ed25519: take an ECDSA or RSA type"))
        }
        spec => Ok(spec),
    }
}

fn policies(given: Option<Vec<TimestampPolicyConfig>>, at: &Place<'_>) -> Result<Vec<(String, PolicyId)>, ConfigError> {
    let default = || vec![TimestampPolicyConfig { name: "default".to_owned(), oid: ANY_POLICY.to_owned() }];
    let mut policies: Vec<(String, PolicyId)> = Vec::new();
    for (index, policy) in given.unwrap_or_else(default).into_iter().enumerate() {
        let place = at.index(index);
        let name = slug::check(policy.name, &place.key("name"))?;
        let id = place.key("oid").parse(&policy.oid, "an object identifier")?;
        if policies.iter().any(|(other, same)| *other == name || *same == id) {
            return Err(place.refuse("name or oid is already that of another policy"));
        }
        policies.push((name, id));
    }
    if policies.is_empty() { Err(at.refuse("at least one is needed")) } else { Ok(policies) }
}

fn accuracy(
    text: Option<&str>,
    sources: &[String],
    max_drift: Duration,
    at: &Place<'_>,
) -> Result<Option<Accuracy>, ConfigError> {
    let Some(text) = text else { return Ok(None) };
    let accuracy = at.duration(text)?;
    if sources.is_empty() {
        return Err(at.refuse("this key belongs to clock_sources: without them nobody knows how accurate the clock is"));
    }
    if accuracy < max_drift {
        return Err(at.refuse("the clock may be off by max_drift, which is more than that"));
    }
    let seconds = u32::try_from(accuracy.as_secs()).map_err(|_| at.refuse("that is no accuracy"))?;
    Ok(Some(Accuracy { seconds, millis: 0 }))
}

fn host_and_port(text: &str, at: &Place<'_>) -> Result<(), ConfigError> {
    let parts = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    match parts.and_then(|(_, port)| port.parse::<u16>().ok()) {
        Some(1..) => Ok(()),
        _ => Err(at.refuse(format!("`{text}` is no host with a port, such as ntp.example.org:123"))),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::path::Path;

    use super::*;
    use crate::config::source::Source;

    fn resolve(text: &str) -> Result<TimestampSettings, String> {
        let config: TimestampConfig = toml::from_str(text).map_err(|error| error.to_string())?;
        let source = Source::from_text(Path::new("/etc/signet.toml"), "");
        config.resolve(&Place::root(&source)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_first_policy_is_the_default_and_a_name_leaves_one() {
        let text = r#"policies = [{ name = "a", oid = "1.3.6.1" }, { name = "b", oid = "1.3.7" }]"#;
        let settings = resolve(text).unwrap();
        let (all, one) = (settings.policy(None).unwrap(), settings.policy(Some("b")).unwrap());
        assert_eq!((all.default.to_string(), all.others.len()), ("1.3.6.1".to_owned(), 1));
        assert_eq!((one.default.to_string(), one.others.len()), ("1.3.7".to_owned(), 0));
        assert_eq!(settings.policy(Some("c")), None);
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for (text, words) in [
            ("key_algorithm = \"ed25519\"", "do not know Ed25519"),
            ("key_algorithm = \"rsa\"", "is not a type of key"),
            ("policies = []", "at least one"),
            ("policies = [{ name = \"A b\", oid = \"1.3.6\" }]", "cannot be a name"),
            ("policies = [{ name = \"a\", oid = \"1.3.x\" }]", "object identifier"),
            ("policies = [{ name = \"a\", oid = \"1.3.6\" }, { name = \"b\", oid = \"1.3.6\" }]", "another policy"),
            ("accuracy = \"1s\"", "nobody knows"),
            ("accuracy = \"1s\"\nmax_drift = \"2s\"\nclock_sources = [\"a:123\"]", "max_drift"),
            ("clock_sources = [\"ntp.example.org\"]", "no host with a port"),
            ("clock_sources = [\"a:0\"]", "no host with a port"),
            ("clock_sources = [\"a:123\", \"b:123\", \"a:123\"]", "named twice"),
            ("max_drift = \"0s\"", "at least a second"),
            ("requests_per_minute = 0", "nonzero"),
            ("all_requests_per_minute = 0", "nonzero"),
            ("allow = [\"10.0.0.1/8\"]", "bits set"),
            ("clock = 1", "unknown field"),
        ] {
            let refusal = resolve(text).unwrap_err();
            assert!(refusal.contains(words), "{text}: {refusal}");
        }
    }
}
