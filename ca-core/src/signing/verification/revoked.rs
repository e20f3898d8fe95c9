//! What it means for a signature that an authority above its signer is revoked, or the authority of its timestamp.

use std::fmt;

use super::{Question, Revocation};
use crate::cms::reader::SignedDataReader;
use crate::revocation::RevocationReason;
use crate::time::UnixTime;
use crate::timestamp::TimeStampToken;
use crate::x509::extension::ExtendedKeyUsage;
use crate::x509::{Certificate, path};

/// An authority that is revoked, and without which no path leads to a root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedAuthority {
    /// Its certificate.
    pub certificate: Certificate,
    /// Since when, and why.
    pub revocation: Revocation,
}

impl fmt::Display for RevokedAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Revocation { at, reason, .. } = self.revocation;
        write!(f, "the authority {} is revoked since {at} ({reason})", self.certificate.subject())
    }
}

impl RevokedAuthority {
    /// Why it stands against a signature that was made when the timestamp says.
    pub(super) fn objection(&self, proved: Option<UnixTime>) -> String {
        match proved {
            None => format!("{self}, and no timestamp proves that the signer signed before"),
            Some(time) if self.revocation.counts_from() <= time => format!("{self}, before the signer signed"),
            Some(_) => format!("{self}: whoever has its key may have certified anything, under any date"),
        }
    }
}

impl Revocation {
    /// What was made from this instant on is in doubt: from the revocation, or from the loss of the key before it.
    pub fn counts_from(&self) -> UnixTime {
        self.lost_since.map_or(self.at, |lost| lost.min(self.at))
    }

    /// Whether it counts for what an authority had certified at `time`. While its key was its own, it does not.
    pub(super) fn harms_certified(&self, time: UnixTime) -> bool {
        use RevocationReason as R;
        self.counts_from() <= time || matches!(self.reason, R::KeyCompromise | R::CaCompromise | R::AaCompromise)
    }

    /// Whether it counts for a token that a time-stamping authority made at `time`.
    fn harms_stamped(&self, time: UnixTime) -> bool {
        use RevocationReason as R;
        // RFC 3161 §4: with these reasons "the tokens generated before the revocation time will remain valid"; with another
        // one, or none in the CRL, "all the tokens ... SHALL be considered as invalid".
        let spares = matches!(self.reason, R::AffiliationChanged | R::Superseded | R::CessationOfOperation);
        self.counts_from() <= time || !spares
    }
}

/// Ways up from a certificate.
pub(super) struct Ascent<'a> {
    pub(super) from: &'a Certificate,
    pub(super) between: &'a [Certificate],
    pub(super) roots: &'a [Certificate],
    pub(super) purpose: ExtendedKeyUsage,
}

impl Ascent<'_> {
    /// What is in the way when no path is free of authorities that are `harmful`. Nothing when there is no path at all, which
    /// is another finding.
    pub(super) fn obstacle(
        &self,
        at: UnixTime,
        harmful: &dyn Fn(&Certificate) -> Option<Revocation>,
    ) -> Option<RevokedAuthority> {
        let find = |accepts: &dyn Fn(&Certificate) -> bool| {
            path::find(self.from, self.between, self.roots, at, self.purpose, accepts)
        };
        if find(&|authority| harmful(authority).is_none()).is_ok() {
            return None;
        }
        let met = find(&|_| true).ok()?;
        met.into_iter().find_map(|certificate| {
            harmful(&certificate).map(|revocation| RevokedAuthority { certificate, revocation })
        })
    }
}

/// Why a token that is verified proves nothing all the same.
pub(super) fn of_timestamp(
    question: &Question<'_>,
    token: &TimeStampToken,
    signer: &Certificate,
    roots: &[Certificate],
) -> Option<String> {
    let at = token.info().time.to_unix_time();
    if let Some(revoked) = question.revoked(signer).filter(|revoked| revoked.harms_stamped(at)) {
        return Some(format!("its authority is revoked since {} ({})", revoked.at, revoked.reason));
    }
    let between = SignedDataReader::from_der(token.as_der()).ok()?.certificates;
    let ascent = Ascent { from: signer, between: &between, roots, purpose: ExtendedKeyUsage::TimeStamping };
    let harmful =
        |authority: &Certificate| question.revoked(authority).filter(|revocation| revocation.harms_certified(at));
    ascent.obstacle(at, &harmful).map(|authority| format!("above its authority, {authority}"))
}
