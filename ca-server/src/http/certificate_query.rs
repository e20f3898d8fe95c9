//! The filter of certificates as addresses spell it: the same for the list's page and for the API.

use ca_core::time::UnixTime;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::ops::certificate::search::{CertificateFilter, CertificateStatus, NameFilter, SearchText, Sort, Span};
use crate::ops::instant;

/// Names of the fields below.
pub(in crate::http) const NAMES: [&str; 16] = [
    "q",
    "name",
    "status",
    "profile",
    "issuer",
    "endpoint",
    "account",
    "owner",
    "key",
    "lineage",
    "renewal",
    "expires_after",
    "expires_before",
    "issued_after",
    "issued_before",
    "sort",
];

/// What a list of certificates is narrowed to; all that is given must hold.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct CertificateQuery {
    /// Any of what a certificate is known by: the beginning of a name, `*.domain` for everything below it, `"name"` for exactly
    /// that, a word of the subject, six or more digits of a serial number, fingerprint or key hash, an owner, a profile, an
    /// issuer, or the id of an account or order
    #[param(max_length = 2000)]
    pub(in crate::http) q: Option<String>,
    /// Exactly this subject alternative name; `*.domain` for everything below it, `web*` for what begins so
    #[param(max_length = 2000)]
    pub(in crate::http) name: Option<String>,
    /// `valid` (also those that end soon), `soon` (within 14 days), `expired` or `revoked`
    #[param(pattern = "^(valid|soon|expired|revoked)$")]
    pub(in crate::http) status: Option<String>,
    /// A certificate profile
    #[param(max_length = 2000)]
    pub(in crate::http) profile: Option<String>,
    /// An issuer, by its slug
    #[param(max_length = 2000)]
    pub(in crate::http) issuer: Option<String>,
    /// An ACME endpoint
    #[param(max_length = 2000)]
    pub(in crate::http) endpoint: Option<String>,
    /// Id of an ACME account
    #[param(format = "uuid")]
    pub(in crate::http) account: Option<String>,
    /// Who answers for it, in any case
    #[param(max_length = 2000)]
    pub(in crate::http) owner: Option<String>,
    /// SHA-256 of the key (SubjectPublicKeyInfo) in hexadecimal
    #[param(pattern = "^[0-9a-fA-F]{64}$")]
    pub(in crate::http) key: Option<String>,
    /// Hash of exactly the same set of names, as `lineage` of a certificate says
    #[param(pattern = "^[0-9a-fA-F]{64}$")]
    pub(in crate::http) lineage: Option<String>,
    /// `asked` for those whose holders are asked to renew, `overdue` for those whose renewal has not come although it should
    #[param(pattern = "^(asked|overdue)$")]
    pub(in crate::http) renewal: Option<String>,
    /// Ends at this instant or later: a date, an RFC 3339 time, or a duration from now such as `30d`
    #[param(max_length = 2000)]
    pub(in crate::http) expires_after: Option<String>,
    /// Ends before this instant
    #[param(max_length = 2000)]
    pub(in crate::http) expires_before: Option<String>,
    /// Issued at this instant or later
    #[param(max_length = 2000)]
    pub(in crate::http) issued_after: Option<String>,
    /// Issued before this instant
    #[param(max_length = 2000)]
    pub(in crate::http) issued_before: Option<String>,
    /// `newest`, `oldest`, `first-to-end` or `last-to-end`. Without it: newest first; with a state or a time of the end, by the end
    #[param(pattern = "^(newest|oldest|first-to-end|last-to-end)$")]
    pub(in crate::http) sort: Option<String>,
}

/// A part of a query that cannot be read: which, and what is right.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {rule}")]
pub(in crate::http) struct InvalidQuery {
    name: &'static str,
    rule: String,
}

impl CertificateQuery {
    /// The filter.
    ///
    /// # Errors
    /// [`InvalidQuery`] with the first part that cannot be read.
    pub(in crate::http) fn filter(&self, now: UnixTime) -> Result<CertificateFilter, InvalidQuery> {
        if let Some((name, _)) = self.parts().into_iter().find(|(_, part)| given(part).is_some_and(is_too_long)) {
            return Err(InvalidQuery { name, rule: format!("it has more than {LONGEST} characters") });
        }
        Ok(CertificateFilter {
            text: given(&self.q).and_then(SearchText::parse),
            name: given(&self.name).map(NameFilter::parse),
            status: read("status", &self.status, status)?,
            profile: given(&self.profile).map(storable),
            issuer: given(&self.issuer).map(storable),
            endpoint: given(&self.endpoint).map(storable),
            account: read("account", &self.account, |text| {
                text.parse().map_err(|_| "this is no account's id".to_owned())
            })?,
            owner: given(&self.owner).map(storable),
            key: read("key", &self.key, hash)?,
            lineage: read("lineage", &self.lineage, hash)?,
            renewal_asked: read("renewal", &self.renewal, renewal)? == Some(Renewal::Asked),
            renewal_overdue: read("renewal", &self.renewal, renewal)? == Some(Renewal::Overdue),
            expires: Span {
                from: read("expires_after", &self.expires_after, |text| at(text, now))?,
                before: read("expires_before", &self.expires_before, |text| at(text, now))?,
            },
            issued: Span {
                from: read("issued_after", &self.issued_after, |text| at(text, now))?,
                before: read("issued_before", &self.issued_before, |text| at(text, now))?,
            },
        })
    }

    /// The filter in words: "all with “web”, status valid, profile tls-server".
    pub(in crate::http) fn words(&self) -> String {
        let words =
            |name: &str, value: &str| if name == "q" { format!("“{value}”") } else { format!("{name} {value}") };
        let parts = self.parts().into_iter().filter_map(|(name, part)| Some(words(name, given(part)?)));
        match parts.collect::<Vec<_>>().join(", ") {
            all if all.is_empty() => "all certificates".to_owned(),
            words => format!("all with {words}"),
        }
    }

    /// Everything that narrows, with its name.
    fn parts(&self) -> [(&'static str, &Option<String>); 15] {
        [
            ("q", &self.q),
            ("name", &self.name),
            ("status", &self.status),
            ("profile", &self.profile),
            ("issuer", &self.issuer),
            ("endpoint", &self.endpoint),
            ("account", &self.account),
            ("owner", &self.owner),
            ("key", &self.key),
            ("lineage", &self.lineage),
            ("renewal", &self.renewal),
            ("expires_after", &self.expires_after),
            ("expires_before", &self.expires_before),
            ("issued_after", &self.issued_after),
            ("issued_before", &self.issued_before),
        ]
    }

    /// The order of the list: as asked, or the one that suits the filter.
    ///
    /// # Errors
    /// [`InvalidQuery`] for an order that there is not.
    pub(in crate::http) fn sort(&self) -> Result<Sort, InvalidQuery> {
        if let Some(sort) = read("sort", &self.sort, sort)? {
            return Ok(sort);
        }
        let spans_end = given(&self.expires_after).is_some() || given(&self.expires_before).is_some();
        Ok(match given(&self.status) {
            Some("expired") => Sort::LastToEnd,
            Some("soon") => Sort::FirstToEnd,
            _ if spans_end || given(&self.renewal) == Some("overdue") => Sort::FirstToEnd,
            _ => Sort::Newest,
        })
    }
}

/// Longest part of a query.
const LONGEST: usize = 2_000;

fn is_too_long(text: &str) -> bool {
    text.chars().count() > LONGEST
}

fn given(part: &Option<String>) -> Option<&str> {
    part.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// PostgreSQL knows no NUL in a text.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn read<T>(
    name: &'static str,
    part: &Option<String>,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, InvalidQuery> {
    given(part).map(parse).transpose().map_err(|rule| InvalidQuery { name, rule })
}

fn status(text: &str) -> Result<CertificateStatus, String> {
    match text {
        "valid" => Ok(CertificateStatus::Valid),
        "soon" => Ok(CertificateStatus::Soon),
        "expired" => Ok(CertificateStatus::Expired),
        "revoked" => Ok(CertificateStatus::Revoked),
        _ => Err("use valid, soon, expired or revoked".to_owned()),
    }
}

fn sort(text: &str) -> Result<Sort, String> {
    match text {
        "newest" => Ok(Sort::Newest),
        "oldest" => Ok(Sort::Oldest),
        "first-to-end" => Ok(Sort::FirstToEnd),
        "last-to-end" => Ok(Sort::LastToEnd),
        _ => Err("use newest, oldest, first-to-end or last-to-end".to_owned()),
    }
}

/// How a renewal stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Renewal {
    Asked,
    Overdue,
}

fn renewal(text: &str) -> Result<Renewal, String> {
    match text {
        "asked" => Ok(Renewal::Asked),
        "overdue" => Ok(Renewal::Overdue),
        _ => Err("use asked or overdue".to_owned()),
    }
}

fn at(text: &str, now: UnixTime) -> Result<UnixTime, String> {
    instant::parse(text, now).map_err(|fault| fault.to_string())
}

fn hash(text: &str) -> Result<[u8; 32], String> {
    let fault = || "write the SHA-256 as 64 hexadecimal digits".to_owned();
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or_else(fault))
        .collect::<Result<_, _>>()?;
    let octets: Vec<u8> =
        digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |octet, digit| octet << 4 | digit)).collect();
    octets.try_into().ok().filter(|_| digits.len() == 64).ok_or_else(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_seconds(1_000);

    fn query(name: &str, value: &str) -> CertificateQuery {
        serde_json::from_value(serde_json::json!({ name: value })).unwrap_or_default()
    }

    #[test]
    fn every_field_has_a_name() {
        for name in NAMES {
            assert!(serde_json::from_value::<CertificateQuery>(serde_json::json!({ name: "x" })).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (name, value) in [
            ("status", "good"),
            ("account", "7"),
            ("key", "abc"),
            ("lineage", &"g".repeat(64)),
            ("renewal", "yes"),
            ("expires_after", "soon"),
            ("issued_before", "2027-02-30"),
        ] {
            let refused = query(name, value).filter(NOW).err();
            assert!(refused.is_some_and(|fault| fault.to_string().starts_with(name)), "{name}");
        }
        assert!(query("sort", "best").sort().is_err());
    }

    #[test]
    fn the_order_suits_the_filter() {
        let sort = |name, value| query(name, value).sort().ok();
        assert_eq!(sort("q", "x"), Some(Sort::Newest));
        assert_eq!(sort("status", "expired"), Some(Sort::LastToEnd));
        assert_eq!(sort("status", "soon"), Some(Sort::FirstToEnd));
        assert_eq!(sort("expires_before", "30d"), Some(Sort::FirstToEnd));
        assert_eq!(sort("sort", "oldest"), Some(Sort::Oldest));
    }

    #[test]
    fn an_empty_field_narrows_nothing() {
        let empty =
            CertificateQuery { q: Some(" ".into()), status: Some(String::new()), ..CertificateQuery::default() };
        assert!(empty.filter(NOW).is_ok_and(|filter| !filter.is_narrowing()));
    }
}
