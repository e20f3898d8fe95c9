//! Certificate policies are listed once each.

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("certificate-policies", "RFC 5280 §4.2.1.4", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let Some(policies) = certificate.certificate_policies.as_ref().map(|p| &p.0) else { return Ok(()) };
    let ids: Vec<_> = policies.iter().map(|policy| policy.policy_identifier).collect();
    let repeated = ids.iter().enumerate().find(|(index, id)| ids.iter().skip(index + 1).any(|other| other == *id));
    match repeated {
        _ if ids.is_empty() => Err("the list of certificate policies is empty".into()),
        Some((_, id)) => Err(format!("the policy {id} is listed twice")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{breaks, leaf, passes, policies};

    #[test]
    fn each_policy_is_listed_once() {
        passes(&RULE, leaf());
        passes(&RULE, leaf().put(policies(&["1.3.6.1.4.1.32473.1", "1.3.6.1.4.1.32473.2"])));
        breaks(&RULE, leaf().put(policies(&[])), "empty");
        breaks(
            &RULE,
            leaf().put(policies(&["1.3.6.1.4.1.32473.1", "1.3.6.1.4.1.32473.2", "1.3.6.1.4.1.32473.1"])),
            "1.3.6.1.4.1.32473.1",
        );
    }
}
