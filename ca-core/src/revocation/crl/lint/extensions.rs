//! Rules about the extensions of the list.

use const_oid::db::rfc5280;
use der::asn1::UintRef;
use x509_cert::ext::pkix::AuthorityKeyIdentifier;
use x509_cert::ext::pkix::crl::dp;

use super::Violation;
use crate::revocation::crl::CertificateListIssuer;
use crate::revocation::crl::extension::{ISSUING_DISTRIBUTION_POINT, IssuingDistributionPoint};
use crate::revocation::crl::reader::TbsReader;

type Verdict = Option<Violation>;

/// Those that this CA writes. A list with another one is not ours to sign.
const KNOWN: [const_oid::ObjectIdentifier; 3] =
    [rfc5280::ID_CE_AUTHORITY_KEY_IDENTIFIER, rfc5280::ID_CE_CRL_NUMBER, ISSUING_DISTRIBUTION_POINT];

pub(super) fn none_twice_and_none_unknown(list: &TbsReader<'_>, _: &CertificateListIssuer<'_>) -> Verdict {
    let (mut ids, count) = (Vec::new(), list.extensions.len());
    ids.extend(list.extensions.iter().map(|extension| extension.id));
    if let Some(unknown) = ids.iter().find(|id| !KNOWN.contains(id)) {
        return Some(Violation::new("RFC 5280 §5.2", format!("extension {unknown} is not one that this CA writes")));
    }
    ids.sort();
    ids.dedup();
    (ids.len() != count).then(|| Violation::new("RFC 5280 §5.2", "an extension occurs twice"))
}

pub(super) fn authority_key_identifier_is_the_ca_s(
    list: &TbsReader<'_>,
    issuer: &CertificateListIssuer<'_>,
) -> Verdict {
    const CITATION: &str = "RFC 5280 §5.2.1";
    let Some(extension) = list.extension(rfc5280::ID_CE_AUTHORITY_KEY_IDENTIFIER) else {
        return Some(Violation::new(CITATION, "the authority key identifier is missing"));
    };
    let value = extension.decode_value::<AuthorityKeyIdentifier>().ok().and_then(|value| value.key_identifier);
    let same = value.is_some_and(|identifier| identifier.as_bytes() == issuer.certificate.key_identifier());
    if extension.critical || !same {
        return Some(Violation::new(CITATION, "the authority key identifier is critical or not that of the CA"));
    }
    None
}

pub(super) fn number_is_there(list: &TbsReader<'_>, _: &CertificateListIssuer<'_>) -> Verdict {
    const CITATION: &str = "RFC 5280 §5.2.3";
    let Some(extension) = list.extension(rfc5280::ID_CE_CRL_NUMBER) else {
        return Some(Violation::new(CITATION, "the CRL number is missing"));
    };
    let fits = extension.decode_value::<UintRef<'_>>().is_ok_and(|number| number.as_bytes().len() <= 20);
    (extension.critical || !fits)
        .then(|| Violation::new(CITATION, "the CRL number is critical, negative or longer than 20 octets"))
}

pub(super) fn distribution_point_is_critical_and_says_something(
    list: &TbsReader<'_>,
    _: &CertificateListIssuer<'_>,
) -> Verdict {
    const CITATION: &str = "RFC 5280 §5.2.5";
    let extension = list.extension(ISSUING_DISTRIBUTION_POINT)?;
    let Ok(value) = extension.decode_value::<dp::IssuingDistributionPoint>() else {
        return Some(Violation::new(CITATION, "the issuing distribution point is malformed"));
    };
    let fault = if !extension.critical {
        "the issuing distribution point is not critical"
    } else if IssuingDistributionPoint::from_asn1(&value).is_empty() {
        "the issuing distribution point names neither a URL nor a scope"
    } else if value.only_contains_user_certs && value.only_contains_ca_certs {
        "the issuing distribution point names two scopes"
    } else {
        return None;
    };
    Some(Violation::new(CITATION, fault))
}
