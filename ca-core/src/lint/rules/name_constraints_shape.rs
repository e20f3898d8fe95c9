//! Name constraints stand in CA certificates, constrain something, and use none of the fields that PKIX leaves out.

use x509_cert::ext::pkix::constraints::name::GeneralSubtree;
use x509_cert::ext::pkix::name::GeneralName;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;
use crate::lint::host_name;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("name-constraints-shape", "RFC 5280 §4.2.1.10", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let Some(constraints) = &certificate.name_constraints else { return Ok(()) };
    if !certificate.is_authority() {
        return Err("there are name constraints outside a CA certificate".into());
    }
    let lists = [&constraints.permitted_subtrees, &constraints.excluded_subtrees];
    if lists.iter().all(|list| list.is_none()) || lists.iter().any(|list| list.as_ref().is_some_and(Vec::is_empty)) {
        return Err("the name constraints hold an empty list".into());
    }
    lists.into_iter().flatten().flatten().try_for_each(check_subtree)
}

fn check_subtree(subtree: &GeneralSubtree) -> Verdict {
    if subtree.minimum != 0 || subtree.maximum.is_some() {
        return Err("a subtree has a minimum or a maximum".into());
    }
    let bad_host = |host: &str| !host.is_empty() && host_name::fault(host).is_some();
    match &subtree.base {
        GeneralName::DnsName(base) if bad_host(base.as_str()) => Err(format!("{base} is no DNS subtree")),
        GeneralName::IpAddress(base) => network(base.as_bytes()),
        GeneralName::UniformResourceIdentifier(host) if bad_host(host.as_str().trim_start_matches('.')) => {
            Err(format!("{host} is no host of URIs"))
        }
        GeneralName::Rfc822Name(base) => {
            let host = base.as_str().rsplit('@').next().unwrap_or_default();
            if bad_host(host.trim_start_matches('.')) { Err(format!("{base} is no mailbox or host")) } else { Ok(()) }
        }
        GeneralName::OtherName(_) | GeneralName::EdiPartyName(_) | GeneralName::RegisteredId(_) => {
            Err("a subtree is of a form that hardly anyone evaluates".into())
        }
        _ => Ok(()),
    }
}

// Address and mask in the style of RFC 4632: the mask is contiguous, and no bit is set outside it.
fn network(octets: &[u8]) -> Verdict {
    let (address, mask) = octets.split_at(octets.len() / 2);
    let ones: u32 = mask.iter().map(|octet| octet.leading_ones()).sum();
    let contiguous =
        mask.iter().map(|octet| octet.count_ones()).sum::<u32>() == ones && mask.is_sorted_by(|a, b| a >= b);
    let outside = address.iter().zip(mask).any(|(octet, mask)| octet & !mask != 0);
    match octets.len() {
        8 | 32 if contiguous && !outside => Ok(()),
        8 | 32 => Err("a network has a mask with holes or an address outside its mask".into()),
        length => Err(format!("a network has {length} octets, not 8 or 32")),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{
        address, authority, breaks, dns, leaf, mailbox, name_constraints, passes, subtree, uri,
    };

    #[test]
    fn constraints_are_well_formed_and_in_cas() {
        let permitted = |base| authority().put(name_constraints(Some(vec![subtree(base)]), None));
        for good in [
            dns("example.org"),
            dns(""),
            address(&[10, 0, 0, 0, 255, 128, 0, 0]),
            address(&[0; 32]),
            mailbox("a@example.org"),
            mailbox(".example.org"),
            uri(".example.org"),
        ] {
            passes(&RULE, permitted(good));
        }
        for bad in [dns(".example.org"), dns("*.example.org"), mailbox("a@exa_mple"), uri("http://example.org")] {
            breaks(&RULE, permitted(bad), "is no");
        }
        breaks(&RULE, permitted(address(&[10, 0, 0, 0])), "4 octets");
        breaks(&RULE, permitted(address(&[10, 0, 0, 0, 255, 0, 255, 0])), "mask");
        breaks(&RULE, permitted(address(&[10, 0, 0, 0, 255, 5, 0, 0])), "mask");
        breaks(&RULE, permitted(address(&[10, 0, 0, 1, 255, 0, 0, 0])), "mask");
        breaks(&RULE, leaf().put(name_constraints(Some(vec![subtree(dns("a"))]), None)), "outside a CA");
        breaks(&RULE, authority().put(name_constraints(None, None)), "empty");
        breaks(&RULE, authority().put(name_constraints(None, Some(vec![]))), "empty");
        let mut deep = subtree(dns("example.org"));
        deep.minimum = 1;
        breaks(&RULE, authority().put(name_constraints(Some(vec![deep]), None)), "minimum");
    }
}
