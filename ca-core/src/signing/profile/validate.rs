//! From [`SigningProfileConfig`] to [`SigningProfile`]: contradictions are found here, once.

use std::collections::HashSet;
use std::time::Duration;

use toml::Spanned;

use super::config::{CertificateMode, SigningProfileConfig, StageConfig, TrustConfig};
use super::issuer;
use super::trust::{CiTrust, TrustRule, Trusted};
use super::{CertificateRule, Limits, SigningProfile, SigningProfileHash};
use crate::duration;
use crate::hsm::{DigestAlgorithm, KeySpec};
use crate::profile::error::Fault;
use crate::signing::{Format, MOST_ITEMS, signature_algorithm};
use crate::x509::ProjectPurpose;
use crate::x509::project_purpose::InvalidProjectPurpose;

const HOUR: Duration = Duration::from_secs(3600);

/// A per-request certificate lives so long unless the profile says otherwise.
const DEFAULT_VALIDITY: Duration = HOUR.saturating_mul(24);

/// Longest life of a per-request certificate.
const LONGEST_VALIDITY: Duration = HOUR.saturating_mul(72);

/// More stages, or people in one, never agree on anything.
const MOST_APPROVALS: u32 = 10;

/// Longest a request may stand.
const LONGEST_REQUEST: Duration = Duration::from_secs(30 * 86_400);

/// More rules than that nobody follows.
const MOST_RULES: usize = 64;

/// A profile that is to come into force.
pub(super) fn profile(name: &str, config: SigningProfileConfig) -> Result<SigningProfile, Fault> {
    check_label(&config.label)?;
    check_formats(&config)?;
    check_digests(&config)?;
    check_external(&config.timestamp.external)?;
    check_owners(&config.trust)?;
    stored(name, config)
}

/// A version that was in force is read back as it was, whatever is demanded of new ones by now.
pub(super) fn stored(name: &str, config: SigningProfileConfig) -> Result<SigningProfile, Fault> {
    let canonical = canonical(&config)?;
    Ok(SigningProfile {
        name: checked_name(name)?,
        hash: SigningProfileHash::of(&canonical),
        canonical,
        environment: config.environment,
        hsm: config.key.hsm.clone(),
        key: *config.key.algorithm.get_ref(),
        certificate: certificate(&config)?,
        timestamp_required: config.timestamp.required,
        external_timestamps: config.timestamp.external.get_ref().clone(),
        trust: trust(&config.trust)?,
        stages: stages(&config.approval.stages)?,
        limits: limits(&config)?,
        expires: expires(&config)?,
        reuse: config.request.reuse,
        label: config.label.into_inner(),
        formats: config.formats.into_inner(),
        digests: config.digests.into_inner(),
    })
}

/// TOML of the parsed values in the order of the structs: comments and layout do not change the hash.
fn canonical(config: &SigningProfileConfig) -> Result<String, Fault> {
    toml::to_string(config).map_err(|error| Fault::at("profile", 0..0, format!("cannot be written back: {error}")))
}

/// A name stands in URLs, policies and certificates: at most one folder, and nothing that needs quoting.
fn checked_name(name: &str) -> Result<String, Fault> {
    let part = |part: &str| {
        let plain = part.bytes().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-');
        plain && !part.is_empty() && part.len() <= 64
    };
    if name.split('/').count() <= 2 && name.split('/').all(part) {
        return Ok(name.to_owned());
    }
    let reason = "a profile is called by lower-case letters, digits and hyphens, in at most one folder";
    Err(Fault::at("profile", 0..0, format!("{name:?}: {reason}")))
}

fn check_label(label: &Spanned<String>) -> Result<(), Fault> {
    let text = label.get_ref();
    if text.is_empty() || text.chars().count() > 100 || text.chars().any(char::is_control) {
        return Err(Fault::at("label", label.span(), "1 to 100 characters on one line"));
    }
    Ok(())
}

fn check_formats(config: &SigningProfileConfig) -> Result<(), Fault> {
    let (formats, digests, key) = (&config.formats, &config.digests, &config.key.algorithm);
    if formats.get_ref().is_empty() {
        return Err(Fault::at("formats", formats.span(), "name at least one format"));
    }
    if digests.get_ref().is_empty() {
        return Err(Fault::at("digests", digests.span(), "name at least one digest algorithm"));
    }
    let raw = formats.get_ref().contains(&Format::Raw);
    if raw && *key.get_ref() == KeySpec::Ed25519 {
        let reason = "an Ed25519 key signs messages, not digests (RFC 8032): leave out raw, or take another key";
        return Err(Fault::at("formats", formats.span(), reason));
    }
    if raw && config.certificate.mode == CertificateMode::PerRequest {
        let reason = "a raw signature names no certificate, so that one for each request binds nothing: leave out raw, or \
                      say mode = \"static\" under [certificate]";
        return Err(Fault::at("formats", formats.span(), reason));
    }
    let fixed = DigestAlgorithm::of(key.get_ref().signature_algorithm());
    let rsa = matches!(key.get_ref(), KeySpec::Rsa3072 | KeySpec::Rsa4096);
    let only_raw = formats.get_ref().len() == 1;
    if let (true, true, false, Some(fixed)) = (raw, only_raw, rsa, fixed)
        && !digests.get_ref().contains(&fixed)
    {
        let reason = format!("raw signs the digest itself, and a key {} signs {fixed} only", key.get_ref());
        return Err(Fault::at("digests", digests.span(), reason));
    }
    Ok(())
}

/// What nobody could submit is not offered.
fn check_digests(config: &SigningProfileConfig) -> Result<(), Fault> {
    let key = config.key.algorithm.get_ref().algorithm();
    for format in config.formats.get_ref() {
        for digest in config.digests.get_ref() {
            let fits = signature_algorithm(*format, key, *digest);
            fits.map_err(|refusal| Fault::at("digests", config.digests.span(), refusal.to_string()))?;
        }
    }
    Ok(())
}

fn check_external(external: &Spanned<Vec<String>>) -> Result<(), Fault> {
    let usable = |text: &String| url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if external.get_ref().iter().all(usable) {
        return Ok(());
    }
    Err(Fault::at("timestamp.external", external.span(), "each of them is an http or https URL"))
}

fn certificate(config: &SigningProfileConfig) -> Result<CertificateRule, Fault> {
    let certificate = &config.certificate;
    let validity = certificate.validity.as_ref().map(validity).transpose()?;
    if certificate.mode == CertificateMode::PerRequest
        && let (Some(span), Some(validity)) = (&certificate.validity, validity)
        && !(HOUR..=LONGEST_VALIDITY).contains(&validity)
    {
        let reason = "a certificate for one request lives between 1h and 72h";
        return Err(Fault::at("certificate.validity", span.span(), reason));
    }
    let default = (certificate.mode == CertificateMode::PerRequest).then_some(DEFAULT_VALIDITY);
    let project_eku = certificate.project_eku.as_ref().map(purpose).transpose()?;
    Ok(CertificateRule {
        mode: certificate.mode,
        issuer: certificate.issuer.clone(),
        profile: certificate.profile.clone().unwrap_or_else(|| "code-signing".to_owned()),
        validity: validity.or(default),
        project_eku,
    })
}

fn validity(text: &Spanned<String>) -> Result<Duration, Fault> {
    let parsed = duration::parse(text.get_ref());
    parsed.map_err(|fault| Fault::at("certificate.validity", text.span(), fault.to_string()))
}

fn purpose(text: &Spanned<String>) -> Result<ProjectPurpose, Fault> {
    let parsed = text.get_ref().parse();
    parsed.map_err(|fault: InvalidProjectPurpose| Fault::at("certificate.project_eku", text.span(), fault.to_string()))
}

/// What the envelope of every token has: whose it is, for whom, and how long.
const ENVELOPE: [&str; 6] = ["iss", "aud", "exp", "nbf", "iat", "jti"];

/// A rule for a CI says which of its jobs are meant; where anybody may have jobs, first of all whose.
fn check_owners(written: &[Spanned<TrustConfig>]) -> Result<(), Fault> {
    // First what contradicts itself.
    trust(written)?;
    for rule in written {
        if rule.get_ref().mtls.as_ref().is_some_and(|mtls| mtls.san.chars().all(|c| c == '*')) {
            let reason = "say which certificates of this authority may ask, by their alternative name";
            return Err(Fault::at("trust.mtls", rule.span(), reason));
        }
        let TrustConfig { issuer: Some(issuer), claims, .. } = rule.get_ref() else { continue };
        let fault = |reason: String| Err(Fault::at("trust.claims", rule.span(), reason));
        let mut said = claims.iter().filter(|(claim, _)| !ENVELOPE.contains(&claim.as_str()));
        if said.all(|(_, pattern)| pattern.chars().all(|c| c == '*')) {
            return fault("say which jobs of this CI may ask: a repository or a project, and a ref".to_owned());
        }
        if let Some(names) = issuer::missing_owner(issuer, claims) {
            let names = names.join(", ");
            return fault(format!(
                "anybody may have jobs at {issuer}: fix their owner by one of {names}, without a star up to where its name \
                 ends (\"acme/*\" does, \"acme*\" does not)"
            ));
        }
    }
    Ok(())
}

fn trust(written: &[Spanned<TrustConfig>]) -> Result<Vec<TrustRule>, Fault> {
    let mut names = HashSet::new();
    let mut rules = Vec::new();
    for (index, rule) in written.iter().enumerate() {
        let fault = |reason: &str| Fault::at("trust", rule.span(), reason);
        if index == MOST_RULES {
            return Err(fault("a profile has at most 64 trust rules"));
        }
        let found = trust_rule(index, rule.get_ref()).map_err(fault)?;
        if !names.insert(found.name.clone()) {
            return Err(fault("two trust rules of a profile have the same name"));
        }
        rules.push(found);
    }
    Ok(rules)
}

fn trust_rule(index: usize, rule: &TrustConfig) -> Result<TrustRule, &'static str> {
    let ways = [rule.issuer.is_some(), rule.mtls.is_some(), rule.api_tokens];
    if ways.into_iter().filter(|way| *way).count() != 1 {
        return Err("a trust rule has exactly one of issuer, mtls and api_tokens");
    }
    let name = rule.name.clone().unwrap_or_else(|| format!("rule-{}", index + 1));
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
    if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
        return Err("the name of a trust rule has letters, digits, hyphens and underscores");
    }
    let only_of_ci =
        rule.audience.is_some() || rule.ca_file.is_some() || rule.jwks_file.is_some() || !rule.claims.is_empty();
    if rule.issuer.is_none() && only_of_ci {
        return Err("audience, claims, ca_file and jwks_file belong to a rule with an issuer");
    }
    let who = match (&rule.issuer, &rule.mtls) {
        (Some(issuer), _) => Trusted::Ci(ci(issuer, rule)?),
        (None, Some(mtls)) if is_text(&mtls.issuer) && is_text(&mtls.san) => Trusted::Mtls(mtls.clone()),
        (None, Some(_)) => return Err("mtls names an authority and a pattern for the alternative name"),
        (None, None) => Trusted::ApiTokens,
    };
    Ok(TrustRule { name, who })
}

fn ci(issuer: &str, rule: &TrustConfig) -> Result<CiTrust, &'static str> {
    if !url::Url::parse(issuer).is_ok_and(|url| url.scheme() == "https") {
        return Err("the issuer of a CI's tokens is an https URL");
    }
    // Else every job of everybody's CI may ask: the public ones issue tokens to all the world.
    if rule.claims.is_empty() {
        return Err("claims says which jobs of this CI are meant: repository_id of GitHub, project_id of GitLab, sub");
    }
    let texts = rule.claims.iter().all(|(claim, pattern)| is_text(claim) && is_text(pattern));
    if !texts || rule.audience.as_deref().is_some_and(|audience| !is_text(audience)) {
        return Err("claims and audience are texts of 1 to 512 characters without control characters");
    }
    if rule.claims.values().all(|pattern| pattern.chars().all(|c| c == '*')) {
        return Err("claims that are satisfied by everything say nothing: name a repository or a project");
    }
    if rule.jwks_file.is_some() && rule.ca_file.is_some() {
        return Err("with jwks_file nobody is asked: leave ca_file out");
    }
    Ok(CiTrust {
        issuer: issuer.to_owned(),
        audience: rule.audience.clone(),
        claims: rule.claims.clone(),
        ca_file: rule.ca_file.clone(),
        jwks_file: rule.jwks_file.clone(),
    })
}

fn is_text(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= 512 && !text.chars().any(char::is_control)
}

fn stages(written: &Spanned<Vec<StageConfig>>) -> Result<Vec<StageConfig>, Fault> {
    let fault = |reason: &str| Err(Fault::at("approval.stages", written.span(), reason));
    let stages = written.get_ref();
    let group = |stage: &StageConfig| {
        let plain = stage.group.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'-');
        plain && !stage.group.is_empty()
    };
    match stages {
        many if many.len() > MOST_APPROVALS as usize => fault("at most 10 stages"),
        some if some.iter().any(|stage| !(1..=MOST_APPROVALS).contains(&stage.required)) => {
            fault("a stage needs 1 to 10 people; leave the stage out when nobody has to agree")
        }
        some if !some.iter().all(group) => fault("group is a role, such as approver"),
        some => Ok(some.clone()),
    }
}

fn limits(config: &SigningProfileConfig) -> Result<Limits, Fault> {
    let limits = &config.limits;
    let items = *limits.items.get_ref();
    if items == 0 || items > MOST_ITEMS {
        let reason = format!("between 1 and {MOST_ITEMS} items");
        return Err(Fault::at("limits.items", limits.items.span(), reason));
    }
    let hours = limits.hours.as_ref().map(|text| {
        let parsed = text.get_ref().parse();
        parsed.map_err(|fault: super::hours::InvalidHours| Fault::at("limits.hours", text.span(), fault.to_string()))
    });
    Ok(Limits {
        items,
        requests_per_hour: limits.requests_per_hour,
        signatures_per_day: limits.signatures_per_day,
        hours: hours.transpose()?,
        sources: limits.sources.clone(),
        frozen: limits.frozen,
    })
}

fn expires(config: &SigningProfileConfig) -> Result<Duration, Fault> {
    let expires = config.request.expires;
    if expires.as_secs() < 60 || expires > LONGEST_REQUEST {
        return Err(Fault::at("request.expires", 0..0, "a request stands between a minute and 30 days"));
    }
    Ok(expires)
}
