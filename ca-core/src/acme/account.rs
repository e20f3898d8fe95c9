//! Accounts (RFC 8555 §7.1.2): status and contacts.

use percent_encoding::percent_decode_str;

use super::words::words;
use super::{Problem, ProblemType};
use crate::x509::GeneralName;

/// Most contacts of an account.
pub const MAX_CONTACTS: usize = 10;

words! {
    /// Status of an account (RFC 8555 §7.1.6).
    AccountStatus as "account status" {
        /// In use.
        Valid = "valid",
        /// Closed by its owner.
        Deactivated = "deactivated",
        /// Closed by the server.
        Revoked = "revoked",
    }
}

impl AccountStatus {
    // RFC 8555 §7.1.6, §7.3.6: a closed account can do nothing, and never comes back.
    /// Checks that the account may act.
    ///
    /// # Errors
    /// `unauthorized` with 401.
    pub fn require_valid(self) -> Result<(), Problem> {
        match self {
            Self::Valid => Ok(()),
            Self::Deactivated | Self::Revoked => Err(Problem::account_not_valid(self.name())),
        }
    }
}

/// Checks the contact URLs of an account and gives them back as they are to be stored.
///
/// # Errors
/// `unsupportedContact` for another scheme than mailto, `invalidContact` for a mailto URL that is not one plain address, `malformed`
/// for too many; several faults as subproblems.
pub fn parse_contacts(contacts: &[String]) -> Result<Vec<String>, Problem> {
    if contacts.len() > MAX_CONTACTS {
        return Err(Problem::malformed(format!(
            "an account has at most {MAX_CONTACTS} contacts, not {}",
            contacts.len()
        )));
    }
    let faults = contacts.iter().filter_map(|contact| check_contact(contact).err()).collect();
    Problem::combined(faults).map_or_else(|| Ok(contacts.to_vec()), Err)
}

fn check_contact(contact: &str) -> Result<(), Problem> {
    let shown: String = contact.chars().take(100).collect();
    let Some((scheme, address)) = contact.split_once(':') else {
        return Err(Problem::new(
            ProblemType::InvalidContact,
            format!("contact {shown:?} is not a URL: write mailto:name@host"),
        ));
    };
    // RFC 3986 §3.1: schemes are case-insensitive.
    if !scheme.eq_ignore_ascii_case("mailto") {
        return Err(Problem::new(ProblemType::UnsupportedContact, format!("contact {shown:?} is not a mailto URL")));
    }
    let invalid = |rule: &str| Problem::new(ProblemType::InvalidContact, format!("contact {shown:?}: {rule}"));
    mailbox_fault(address).map_or(Ok(()), |rule| Err(invalid(&rule)))
}

// RFC 8555 §7.3: "mailto" URLs with hfields (RFC 6068) or more than one addr-spec are refused.
fn mailbox_fault(address: &str) -> Option<String> {
    if address.contains(['?', '#']) {
        return Some("header fields and fragments are not allowed".into());
    }
    if address.starts_with("//") {
        return Some("mailto takes no // before the address".into());
    }
    if address.contains(',') {
        return Some("it must be a single address".into());
    }
    match percent_decode_str(address).decode_utf8() {
        Ok(address) => GeneralName::email(&address).err().map(|fault| fault.reason.to_owned()),
        Err(_) => Some("it is not UTF-8".into()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn fault(contact: &str) -> ProblemType {
        parse_contacts(&[contact.to_owned()]).unwrap_err().kind()
    }

    #[test]
    fn plain_addresses_are_kept_as_they_are() {
        let contacts = [
            "mailto:ann@example.test",
            "MAILTO:o'brien+acme@Example.Test",
            "mailto:a%2Bb@example.test",
            "mailto:root@localhost",
        ];
        let contacts = contacts.map(str::to_owned).to_vec();
        assert_eq!(parse_contacts(&contacts), Ok(contacts));
        assert_eq!(parse_contacts(&[]), Ok(vec![]));
    }

    #[test]
    fn other_schemes_are_unsupported() {
        for contact in ["tel:+15551212", "https://example.test", ":", "mail to:a@b.test", "\0mailto:a@b.test", "tel:\0"]
        {
            assert_eq!(fault(contact), ProblemType::UnsupportedContact, "{contact}");
        }
    }

    #[test]
    fn other_mailto_urls_are_invalid() {
        for contact in [
            "",
            "ann@example.test",
            "mailto:",
            "mailto:ann",
            "mailto:ann@",
            "mailto:a@b.test,c@d.test",
            "mailto:a@b.test%2Cc@d.test",
            "mailto:a@b.test?subject=x",
            "mailto:a@b.test#x",
            "mailto://a@b.test",
            "mailto:ann@exa_mple.test",
            "mailto:ann@192.0.2.1",
            "mailto:a b@b.test",
            "mailto:%ff@b.test",
            "mailto:a@b.test%0d%0aBcc:c@d.test",
            "mailto:a\0@b.test",
            "mailto:a@b\0.test",
            "mailto:a@b.test\0",
            "mailto:a%00@b.test",
            "\0",
        ] {
            assert_eq!(fault(contact), ProblemType::InvalidContact, "{contact}");
        }
    }

    #[test]
    fn several_faults_are_told_together_and_too_many_contacts_refused() {
        let contacts = ["tel:1", "mailto:ann@example.test", "mailto:x"].map(str::to_owned);
        let problem = parse_contacts(&contacts).unwrap_err();
        assert_eq!((problem.kind(), problem.subproblems().len()), (ProblemType::Compound, 2));
        assert_eq!(
            parse_contacts(&vec!["mailto:a@b.test".to_owned(); MAX_CONTACTS + 1]).unwrap_err().kind(),
            ProblemType::Malformed
        );
    }

    #[test]
    fn only_a_valid_account_may_act() {
        assert_eq!(AccountStatus::Valid.require_valid(), Ok(()));
        for status in [AccountStatus::Deactivated, AccountStatus::Revoked] {
            let problem = status.require_valid().unwrap_err();
            assert_eq!((problem.kind(), problem.status()), (ProblemType::Unauthorized, 401));
            assert_eq!(status.name().parse(), Ok(status));
        }
        assert!("Valid".parse::<AccountStatus>().is_err());
    }
}
