//! What a list of certificates is narrowed to.

use std::time::Duration;

use ca_core::time::UnixTime;

use super::text::SearchText;
use crate::store::certificate::CertificateRecord;
use crate::store::certificate_name::NameFilter;
use crate::store::fields::{AccountId, Sha256};

/// A certificate that ends within this time "expires soon".
pub const SOON: Duration = Duration::from_secs(14 * 86_400);

/// Which certificates to list. What is none does not matter; what is given must all hold.
#[derive(Clone, Debug, Default)]
pub struct CertificateFilter {
    /// What the search box says.
    pub text: Option<SearchText>,
    /// Only those with such a subject alternative name.
    pub name: Option<NameFilter>,
    /// Only those in this state.
    pub status: Option<CertificateStatus>,
    /// Only those of the profile of this name.
    pub profile: Option<String>,
    /// Only those of the issuer of this slug.
    pub issuer: Option<String>,
    /// Only those ordered at this ACME endpoint.
    pub endpoint: Option<String>,
    /// Only those of this ACME account.
    pub account: Option<AccountId>,
    /// Only those of this owner, in any case.
    pub owner: Option<String>,
    /// Only those for the key with this SHA-256 of its SubjectPublicKeyInfo.
    pub key: Option<Sha256>,
    /// Only those for exactly this set of names, by its hash.
    pub lineage: Option<Sha256>,
    /// Only those whose holder is asked to renew.
    pub renewal_asked: bool,
    /// Only those whose renewal has not come although it should have.
    pub renewal_overdue: bool,
    /// Only those that end in this span.
    pub expires: Span,
    /// Only those that were issued in this span.
    pub issued: Span,
}

/// A span of time; an end that is none is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Its first instant.
    pub from: Option<UnixTime>,
    /// The first instant after it.
    pub before: Option<UnixTime>,
}

impl Span {
    /// What lies in both.
    fn and(self, other: Self) -> Self {
        let later = |one: Option<UnixTime>, two: Option<UnixTime>| one.max(two);
        let earlier = |one: Option<UnixTime>, two: Option<UnixTime>| match (one, two) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        Self { from: later(self.from, other.from), before: earlier(self.before, other.before) }
    }

    /// Whether it narrows anything.
    pub(super) fn is_open(self) -> bool {
        self == Self::default()
    }
}

/// State of a certificate at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateStatus {
    /// Neither revoked nor expired.
    Valid,
    /// Valid, but not much longer than [`SOON`].
    Soon,
    /// Revoked, expired or not.
    Revoked,
    /// Expired and not revoked.
    Expired,
}

impl CertificateStatus {
    /// The state of a certificate at `now`. RFC 5280 §4.1.2.5: notAfter itself is still inside.
    pub fn of(certificate: &CertificateRecord, now: UnixTime) -> Self {
        match certificate.revoked_at {
            Some(_) => Self::Revoked,
            None if certificate.not_after < now => Self::Expired,
            None if certificate.not_after < now.plus(SOON) => Self::Soon,
            None => Self::Valid,
        }
    }

    /// When a certificate in this state ends.
    fn ends(self, now: UnixTime) -> Span {
        match self {
            Self::Valid => Span { from: Some(now), before: None },
            Self::Soon => Span { from: Some(now), before: Some(now.plus(SOON)) },
            Self::Expired => Span { from: None, before: Some(now) },
            Self::Revoked => Span::default(),
        }
    }
}

impl CertificateFilter {
    /// Whether anything is asked for at all.
    pub fn is_narrowing(&self) -> bool {
        let Self { text, name, status, profile, issuer, endpoint, account, owner, key, lineage, .. } = self;
        let texts = text.is_some() || name.is_some();
        let words = [profile, issuer, endpoint, owner].into_iter().any(Option::is_some);
        let hashes = key.is_some() || lineage.is_some();
        let times = !self.expires.is_open() || !self.issued.is_open();
        let renewal = self.renewal_asked || self.renewal_overdue;
        texts || words || hashes || times || status.is_some() || account.is_some() || renewal
    }

    /// When certificates of this filter end, by their state and by the span that was given.
    pub(super) fn ends(&self, now: UnixTime) -> Span {
        self.status.map(|status| status.ends(now)).unwrap_or_default().and(self.expires)
    }

    /// Whether revoked certificates are left, and whether others are.
    pub(super) fn revoked(&self) -> Option<bool> {
        self.status.map(|status| status == CertificateStatus::Revoked)
    }
}
