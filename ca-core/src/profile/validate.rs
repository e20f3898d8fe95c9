//! From [`ProfileConfig`] to [`CertificateProfile`]: contradictions are found here, once.

use const_oid::ObjectIdentifier;
use toml::Spanned;

use super::config::{GeneratedKeyType, KeyConfig, NameConstraintsConfig, ProfileConfig, SubtreesConfig};
use super::error::Fault;
use super::{CertificateProfile, KeyType, NameKind, NameRules, ProfileHash, SubjectKind};
use crate::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage, NameSubtree};

const DEFAULT_MOST_NAMES: usize = 100;

/// More people than that never agree on anything.
const MOST_APPROVALS: u32 = 10;

pub(super) fn profile(name: &str, config: ProfileConfig) -> Result<CertificateProfile, Fault> {
    let kind = *config.kind.get_ref();
    check_validity(&config)?;
    check_key(&config.key, kind)?;
    check_names(&config, kind)?;
    let approvals_required = approvals(&config)?;
    let generated_keys = generated_keys(&config)?;
    let canonical = canonical(&config)?;
    let (permitted_subtrees, excluded_subtrees) = name_constraints(&config, kind)?;
    Ok(CertificateProfile {
        name: name.to_owned(),
        hash: ProfileHash::of(&canonical),
        canonical,
        kind,
        basic_constraints: basic_constraints(&config, kind)?,
        policies: policies(&config)?,
        permitted_subtrees,
        excluded_subtrees,
        names: name_rules(&config),
        approvals_required,
        generated_keys,
        description: config.description,
        default_validity: config.validity.default.into_inner(),
        maximum_validity: config.validity.maximum.into_inner(),
        backdate: config.validity.backdate,
        key_types: config.key.algorithms.into_inner(),
        usage: config.key.usage.into_inner(),
        rsa_usage: config.key.rsa_usage,
        extended_usage: config.key.extended_usage,
        common_name: config.subject.common_name,
        fixed_subject: config.subject.fixed,
        subject_from_request: config.subject.from_request,
    })
}

/// TOML of the parsed values in the order of the structs: comments and layout do not change the hash.
fn canonical(config: &ProfileConfig) -> Result<String, Fault> {
    toml::to_string(config).map_err(|error| Fault::at("profile", 0..0, format!("cannot be written back: {error}")))
}

fn check_validity(config: &ProfileConfig) -> Result<(), Fault> {
    let (default, maximum) = (&config.validity.default, &config.validity.maximum);
    if default.get_ref().as_secs() == 0 {
        return Err(Fault::at("validity.default", default.span(), "a certificate must live longer than no time"));
    }
    if default.get_ref() > maximum.get_ref() {
        return Err(Fault::at("validity.default", default.span(), "the default is longer than validity.maximum"));
    }
    Ok(())
}

fn check_key(key: &KeyConfig, kind: SubjectKind) -> Result<(), Fault> {
    if key.algorithms.get_ref().is_empty() {
        return Err(Fault::at("key.algorithms", key.algorithms.span(), "name at least one key algorithm"));
    }
    let has = |usage| key.usage.get_ref().contains(&usage);
    let fault = |reason: &str| Err(Fault::at("key.usage", key.usage.span(), reason));
    // RFC 5280 §4.2.1.3 and §4.2.1.9: keyCertSign belongs to CAs and to nobody else.
    match kind {
        SubjectKind::EndEntity if has(KeyUsage::KeyCertSign) || has(KeyUsage::CrlSign) => {
            fault("key-cert-sign and crl-sign belong to CA certificates: this profile is an end-entity's")
        }
        SubjectKind::EndEntity if key.usage.get_ref().is_empty() => fault("an end-entity key needs at least one usage"),
        SubjectKind::SubordinateCa | SubjectKind::Root if !(has(KeyUsage::KeyCertSign) && has(KeyUsage::CrlSign)) => {
            fault("a CA needs key-cert-sign and crl-sign, else nothing it signs is accepted")
        }
        _ => check_extended_usage(key),
    }
}

fn check_extended_usage(key: &KeyConfig) -> Result<(), Fault> {
    let signs = key.usage.get_ref().contains(&KeyUsage::DigitalSignature);
    let needs = |usage: &ExtendedKeyUsage| matches!(usage, ExtendedKeyUsage::ServerAuth | ExtendedKeyUsage::ClientAuth);
    let authority = key.usage.get_ref().contains(&KeyUsage::KeyCertSign);
    // RFC 5280 §4.2.1.12: TLS authentication goes with digitalSignature (or key transport, which TLS 1.3 dropped).
    if !authority && !signs && key.extended_usage.iter().any(needs) {
        let reason = "server-auth and client-auth need digital-signature";
        return Err(Fault::at("key.usage", key.usage.span(), reason));
    }
    Ok(())
}

fn check_names(config: &ProfileConfig, kind: SubjectKind) -> Result<(), Fault> {
    let Some(required) = &config.names.required else { return Ok(()) };
    if *required.get_ref() && config.names.allowed.is_empty() {
        return Err(Fault::at("names.required", required.span(), "names are required but names.allowed lists no kind"));
    }
    if *required.get_ref() && kind != SubjectKind::EndEntity {
        return Err(Fault::at("names.required", required.span(), "a CA is named by its subject, not by a SAN"));
    }
    Ok(())
}

fn approvals(config: &ProfileConfig) -> Result<u32, Fault> {
    let required = &config.approval.required;
    if *required.get_ref() > MOST_APPROVALS {
        let reason = format!("at most {MOST_APPROVALS} approvals can be asked for");
        return Err(Fault::at("approval.required", required.span(), reason));
    }
    Ok(*required.get_ref())
}

/// The keys that may be made, none when none may.
fn generated_keys(config: &ProfileConfig) -> Result<Vec<GeneratedKeyType>, Fault> {
    let Some(algorithms) = &config.key_generation.algorithms else {
        let unnamed = "name the algorithms of the keys that may be made";
        return if config.key_generation.allowed {
            Err(Fault::at("key_generation.algorithms", 0..0, unnamed))
        } else {
            Ok(Vec::new())
        };
    };
    let fault = |reason: &str| Err(Fault::at("key_generation.algorithms", algorithms.span(), reason));
    let accepted = |made: &GeneratedKeyType| config.key.algorithms.get_ref().iter().any(|key| accepts(*key, *made));
    match algorithms.get_ref() {
        list if list.is_empty() => fault("name at least one key algorithm, or leave the key out"),
        list if !list.iter().all(accepted) => fault("key.algorithms does not accept each of these keys"),
        list if config.key_generation.allowed => Ok(list.clone()),
        _ => Ok(Vec::new()),
    }
}

fn accepts(key: KeyType, made: GeneratedKeyType) -> bool {
    matches!(
        (key, made),
        (KeyType::EcdsaP256, GeneratedKeyType::EcdsaP256)
            | (KeyType::EcdsaP384, GeneratedKeyType::EcdsaP384)
            | (KeyType::EcdsaP521, GeneratedKeyType::EcdsaP521)
            | (KeyType::Ed25519, GeneratedKeyType::Ed25519)
            | (KeyType::Rsa | KeyType::Rsa3072, GeneratedKeyType::Rsa3072)
    )
}

fn name_rules(config: &ProfileConfig) -> NameRules {
    let allowed = config.names.allowed.clone();
    let required = config.names.required.as_ref().map_or(!allowed.is_empty(), |flag| *flag.get_ref());
    NameRules {
        wildcards: config.names.wildcards && allowed.contains(&NameKind::Dns),
        allowed,
        required,
        dns_suffixes: config.names.dns_suffixes.iter().map(|suffix| suffix.to_ascii_lowercase()).collect(),
        maximum: config.names.maximum.unwrap_or(DEFAULT_MOST_NAMES),
    }
}

fn basic_constraints(config: &ProfileConfig, kind: SubjectKind) -> Result<BasicConstraints, Fault> {
    match (kind, &config.extensions.path_length) {
        (SubjectKind::EndEntity, None) => Ok(BasicConstraints::EndEntity),
        (SubjectKind::EndEntity, Some(length)) => {
            Err(Fault::at("extensions.path_length", length.span(), "only a CA has a path length"))
        }
        (_, length) => Ok(BasicConstraints::Authority { path_length: length.as_ref().map(|value| *value.get_ref()) }),
    }
}

fn policies(config: &ProfileConfig) -> Result<Vec<ObjectIdentifier>, Fault> {
    let parse = |text: &Spanned<String>| {
        let reason = format!("{:?} is no dotted object identifier", text.get_ref());
        ObjectIdentifier::new(text.get_ref()).map_err(|_| Fault::at("extensions.policies", text.span(), reason))
    };
    config.extensions.policies.iter().map(parse).collect()
}

fn name_constraints(config: &ProfileConfig, kind: SubjectKind) -> Result<(Vec<NameSubtree>, Vec<NameSubtree>), Fault> {
    let Some(constraints) = &config.extensions.name_constraints else { return Ok(Default::default()) };
    let fault = |reason: &str| Err(Fault::at("extensions.name_constraints", constraints.span(), reason));
    // RFC 5280 §4.2.1.10: only in a CA certificate, and never an empty sequence.
    match constraints.get_ref() {
        _ if kind == SubjectKind::EndEntity => fault("only a CA certificate constrains names"),
        empty if *empty == NameConstraintsConfig::default() => fault("name at least one subtree"),
        filled => Ok((subtrees(&filled.permitted), subtrees(&filled.excluded))),
    }
}

fn subtrees(config: &SubtreesConfig) -> Vec<NameSubtree> {
    let dns = config.dns.iter().map(|name| NameSubtree::Dns(name.to_ascii_lowercase()));
    let ip = config.ip.iter().map(|network| NameSubtree::Ip(network.trunc()));
    let email = config.email.iter().map(|host| NameSubtree::Email(host.clone()));
    let uri = config.uri.iter().map(|host| NameSubtree::Uri(host.clone()));
    dns.chain(ip).chain(email).chain(uri).collect()
}
