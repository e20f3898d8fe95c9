//! What would come of the form, as a page.

use ca_core::x509::CertificationRequest;
use ca_core::x509::csr::RequestedExtensions;
use web_ui::frame::Frame;
use web_ui::requests::{FormValues, PreviewPage, Verdict};

use crate::ops::request::preview::Verdicts;

pub(super) fn page(frame: Frame, changing: Option<String>, values: FormValues, found: &Verdicts) -> PreviewPage {
    let (appraisal, summary) = (&found.appraisal, found.appraisal.trial.summary());
    let (profile, terms) = (&appraisal.profile, appraisal.request.terms());
    let usages = profile.usage(appraisal.public_key.algorithm());
    let usages: Vec<String> =
        usages.iter().map(standard).chain(profile.extended_usage().iter().map(standard)).collect();
    PreviewPage {
        frame,
        changing,
        values,
        clean: found.are_clean(),
        verdicts: verdicts(found),
        csr_subject: appraisal.csr.as_ref().map(|csr| csr.subject().to_string()).filter(|text| !text.is_empty()),
        not_granted: appraisal.csr.as_ref().map(|csr| not_granted(csr, &usages)).unwrap_or_default(),
        key_algorithm: appraisal.public_key.algorithm().to_string(),
        key_sha256: hexadecimal(&appraisal.public_key.sha256()),
        subject: summary.subject.to_string(),
        names: terms.names.iter().map(ToString::to_string).collect(),
        usages,
        profile: format!("{}, version {}", terms.profile, terms.profile_hash),
        authority: appraisal.authority.clone(),
        not_before: summary.validity.not_before.seconds(),
        not_after: summary.validity.not_after.seconds(),
        approvals: profile.approvals_required(),
        digest: appraisal.request.digest().to_string(),
    }
}

fn verdicts(found: &Verdicts) -> Vec<Verdict> {
    let verdict = |judge: &str, good: bool, texts: Vec<String>| Verdict { judge: judge.to_owned(), good, texts };
    let findings = found.findings.iter().map(ToString::to_string).collect();
    let policy = match &found.denied {
        Some(denied) => verdict("Policy", false, vec![denied.to_string()]),
        None => verdict("Policy", true, vec![format!("permitted by {}", found.permitted_by.join(", "))]),
    };
    let blocked = found.appraisal.blocked.as_ref();
    let keys = verdict("Blocked keys", blocked.is_none(), blocked.cloned().into_iter().collect());
    vec![verdict("Lint", found.findings.is_empty(), findings), policy, keys]
}

/// The standard's word for a variant that is named after it: `digitalSignature`.
fn standard(usage: &impl std::fmt::Debug) -> String {
    let name = format!("{usage:?}");
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// What the CSR asks for in vain.
fn not_granted(csr: &CertificationRequest, usages: &[String]) -> Vec<String> {
    let RequestedExtensions { key_usage, extended_key_usage, basic_constraints, others, .. } = csr.requested();
    let granted = |word: &str| usages.iter().any(|usage| usage == word);
    let usage = key_usage.iter().flatten().filter(|word| !granted(word)).map(|word| format!("key usage {word}"));
    let purposes = extended_key_usage.iter().flatten().map(|oid| purpose(&oid.to_string()));
    let purposes = purposes.filter(|word| !granted(word)).map(|word| format!("extended key usage {word}"));
    let ca = basic_constraints.filter(|wish| wish.ca).map(|_| "to be a certificate of a CA".to_owned());
    let others = others.iter().map(|oid| format!("extension {oid}"));
    usage.chain(purposes).chain(ca).chain(others).collect()
}

/// RFC 5280 §4.2.1.12.
fn purpose(oid: &str) -> String {
    let word = match oid {
        "1.3.6.1.5.5.7.3.1" => "serverAuth",
        "1.3.6.1.5.5.7.3.2" => "clientAuth",
        "1.3.6.1.5.5.7.3.3" => "codeSigning",
        "1.3.6.1.5.5.7.3.4" => "emailProtection",
        "1.3.6.1.5.5.7.3.8" => "timeStamping",
        "1.3.6.1.5.5.7.3.9" => "ocspSigning",
        other => other,
    };
    word.to_owned()
}

pub(super) fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
