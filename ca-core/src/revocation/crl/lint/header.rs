//! Rules about the fields before the entries, and about the CA.

use const_oid::db::rfc5280;
use der::Decode as _;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::ext::pkix::KeyUsage;
use x509_cert::time::Time;

use super::Violation;
use crate::revocation::crl::CertificateListIssuer;
use crate::revocation::crl::reader::TbsReader;
use crate::x509::SignatureAlgorithm;
use crate::x509::validity::from_time;

type Verdict = Option<Violation>;

pub(super) fn version_is_2(list: &TbsReader<'_>, _: &CertificateListIssuer<'_>) -> Verdict {
    (list.version != Some(1)).then(|| Violation::new("RFC 5280 §5.1.2.1", "the version is not v2"))
}

// The outer algorithm is written from the same value as this one.
pub(super) fn signature_algorithm_is_the_key_s(list: &TbsReader<'_>, issuer: &CertificateListIssuer<'_>) -> Verdict {
    let algorithm = SignatureAlgorithm::from_identifier(&list.signature);
    let fits = algorithm == Some(issuer.signature_algorithm());
    (!fits).then(|| Violation::new("RFC 5280 §5.1.2.2", "the signature algorithm is not that of the CA's key"))
}

pub(super) fn issuer_is_the_ca(list: &TbsReader<'_>, issuer: &CertificateListIssuer<'_>) -> Verdict {
    let subject = issuer.certificate.subject();
    let same = list.issuer == subject.as_der() && !subject.is_empty();
    (!same).then(|| Violation::new("RFC 5280 §5.1.2.3", "the issuer is empty or not the subject of the CA certificate"))
}

pub(super) fn times_are_in_order(list: &TbsReader<'_>, _: &CertificateListIssuer<'_>) -> Verdict {
    let this_update = from_time(&list.this_update);
    match list.next_update.as_ref().map(from_time) {
        None => Some(Violation::new("RFC 5280 §5.1.2.5", "nextUpdate is missing")),
        Some(next_update) if next_update <= this_update => {
            Some(Violation::new("RFC 5280 §5.1.2.5", "nextUpdate is not later than thisUpdate"))
        }
        Some(_) => None,
    }
}

pub(super) fn times_are_in_the_form_of_their_year(list: &TbsReader<'_>, _: &CertificateListIssuer<'_>) -> Verdict {
    let wrong = [Some(&list.this_update), list.next_update.as_ref()].into_iter().flatten().any(has_wrong_form);
    wrong.then(|| Violation::new("RFC 5280 §5.1.2.4", "a time before 2050 is no UTCTime, or a later one is"))
}

/// A time before 2050 as GeneralizedTime; the other mistake cannot be written down.
fn has_wrong_form(time: &Time) -> bool {
    matches!(time, Time::GeneralTime(general) if general.to_date_time().year() < 2050)
}

// RFC 5280 §6.3.3 (f): "If a key usage extension is present in the CRL issuer's certificate, verify that the cRLSign bit
// is set."
pub(super) fn issuer_may_sign_lists(_: &TbsReader<'_>, issuer: &CertificateListIssuer<'_>) -> Verdict {
    const CITATION: &str = "RFC 5280 §4.2.1.3";
    let Ok(certificate) = CertificateInner::<Raw>::from_der(issuer.certificate.as_der()) else {
        return Some(Violation::new(CITATION, "the CA certificate cannot be read"));
    };
    let extensions = certificate.tbs_certificate().extensions().into_iter().flatten();
    let usage = extensions.into_iter().find(|extension| extension.extn_id == rfc5280::ID_CE_KEY_USAGE)?;
    let may = KeyUsage::from_der(usage.extn_value.as_bytes()).is_ok_and(|usage| usage.crl_sign());
    (!may).then(|| Violation::new(CITATION, "the CA certificate's key usage lacks cRLSign"))
}
