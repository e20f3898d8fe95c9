//! Each attribute of the subject has the string type and the length that the module of RFC 5280 gives it.

use const_oid::db::{rfc3280, rfc4519};
use der::{Tag, Tagged as _};
use x509_cert::attr::AttributeTypeAndValue;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("subject-attributes", "RFC 5280 §4.1.2.4 and §A.1", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let subject = certificate.tbs.subject();
    if let Some(twice) = repeated(subject) {
        return Err(format!("the subject has {twice} more than once"));
    }
    if subject.iter_rdn().any(|rdn| rdn.len() != 1) {
        return Err("the subject has an RDN of several attributes, which not everyone reads alike".into());
    }
    subject.iter().try_for_each(check_attribute)
}

/// An attribute that only one value makes sense of.
fn repeated(subject: &x509_cert::name::Name) -> Option<const_oid::ObjectIdentifier> {
    let single = [rfc4519::COMMON_NAME, rfc4519::COUNTRY_NAME];
    single.into_iter().find(|id| subject.iter().filter(|attribute| attribute.oid == *id).count() > 1)
}

fn check_attribute(attribute: &AttributeTypeAndValue) -> Verdict {
    let id = attribute.oid;
    let text = std::str::from_utf8(attribute.value.value()).map_err(|_| format!("{id} is not text"))?;
    let (tags, longest): (&[Tag], usize) = match id {
        rfc4519::COUNTRY_NAME => (&[Tag::PrintableString], 2),
        rfc4519::DOMAIN_COMPONENT => (&[Tag::Ia5String], 63),
        rfc3280::EMAIL_ADDRESS => (&[Tag::Ia5String], 255),
        rfc4519::LOCALITY_NAME | rfc4519::ST => (&[Tag::Utf8String, Tag::PrintableString], 128),
        // 64 for names of people and organizations, and for whatever the module does not bound.
        _ => (&[Tag::Utf8String, Tag::PrintableString], 64),
    };
    if !tags.contains(&attribute.value.tag()) {
        Err(format!("{id} is a {}", attribute.value.tag()))
    } else if text.trim() != text || text.is_empty() || text.chars().any(char::is_control) {
        Err(format!("{id} is empty, has white space around it or control characters in it"))
    } else if text.chars().count() > longest {
        Err(format!("{id} is longer than {longest} characters"))
    } else if id == rfc4519::COUNTRY_NAME && !(text.len() == 2 && text.bytes().all(|c| c.is_ascii_uppercase())) {
        Err(format!("the country {text:?} is not a code of two capital letters"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{breaks, leaf, name, passes, subject_of};
    use const_oid::db::rfc4519;
    use der::Tag;

    #[test]
    fn attributes_have_their_type_and_length() {
        let subject = |text: &str| leaf().with(|draft| draft.subject = name(text));
        passes(&RULE, leaf());
        passes(&RULE, subject(""));
        passes(&RULE, subject("CN=a,OU=b,O=c,L=d,ST=e,C=DE"));
        breaks(&RULE, subject(&format!("CN={}", "a".repeat(65))), "64");
        breaks(&RULE, subject("CN=a,CN=b"), "more than once");
        breaks(&RULE, subject("CN=a+O=b"), "several attributes");
        breaks(&RULE, subject("C=de"), "capital");
        let one = |id, tag, text: &str| leaf().with(|draft| draft.subject = subject_of(id, tag, text));
        passes(&RULE, one(rfc4519::ORGANIZATION_NAME, Tag::PrintableString, "Example"));
        breaks(&RULE, one(rfc4519::ORGANIZATION_NAME, Tag::TeletexString, "Example"), "TeletexString");
        breaks(&RULE, one(rfc4519::COUNTRY_NAME, Tag::Utf8String, "DE"), "UTF8String");
        breaks(&RULE, one(rfc4519::COUNTRY_NAME, Tag::PrintableString, "DEU"), "longer");
        for text in ["", " a", "a ", "a\u{7}b"] {
            breaks(&RULE, one(rfc4519::ORGANIZATION_NAME, Tag::Utf8String, text), "empty, has white space");
        }
    }
}
