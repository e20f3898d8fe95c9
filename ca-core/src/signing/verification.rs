//! What a signature is worth, finding by finding, and what the two families of verifiers will say.
//!
//! OpenSSL and what is built on it reject a signer that was ever revoked, or that an authority stands above which was,
//! whatever the timestamp says; Java and Windows ask whether it was revoked when it signed. Everything here is read with
//! code that makes no signatures.

mod revoked;

use aws_lc_rs::digest::Digest;

use super::examination::{self, Contradiction};
use super::{DigestItem, Format, signature_algorithm};
use crate::cms::oid;
use crate::cms::reader::SignedDataReader;
use crate::hsm::independent::{self, Verdict as Opinion};
use crate::revocation::RevocationReason;
use crate::time::UnixTime;
use crate::timestamp::{TimeStampToken, TstInfo};
use crate::x509::extension::ExtendedKeyUsage;
use crate::x509::{Certificate, Purposes, path};

pub use revoked::RevokedAuthority;

use revoked::Ascent;

/// What is to be judged, and by which facts.
pub struct Question<'a> {
    /// The form of the signature.
    pub format: Format,
    /// The signature: DER of the SignedData, or the bare signature.
    pub signature: &'a [u8],
    /// The artifact by its digest, as [`Format`] takes it. The name is not looked at.
    pub item: &'a DigestItem,
    /// Certificates that may stand in a path besides those in the signature; for `raw` the signer's first.
    pub certificates: &'a [Certificate],
    /// Whom to trust.
    pub roots: &'a [Certificate],
    /// Whom to trust besides, for timestamps only.
    pub timestamp_roots: &'a [Certificate],
    /// The moment of judgement.
    pub now: UnixTime,
    /// Whether and since when a certificate is revoked, as far as is known.
    pub revocation: &'a dyn Fn(&Certificate) -> Option<Revocation>,
}

impl Question<'_> {
    /// Whether a certificate is revoked by now.
    fn revoked(&self, certificate: &Certificate) -> Option<Revocation> {
        (self.revocation)(certificate).filter(|revoked| revoked.at <= self.now)
    }
}

/// That a certificate is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Since when.
    pub at: UnixTime,
    /// Why.
    pub reason: RevocationReason,
    /// Since when its key must be thought lost (RFC 5280 §5.3.2), if that is known.
    pub lost_since: Option<UnixTime>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is as it should be.
    Holds,
    /// It is not, and what it is instead.
    Fails(String),
    /// It could not be looked at, because something before it fails.
    Unknown,
}

impl Finding {
    /// Whether it is as it should be.
    pub fn holds(&self) -> bool {
        *self == Self::Holds
    }

    fn of<T, E: std::fmt::Display>(result: Result<T, E>) -> Self {
        result.map_or_else(|error| Self::Fails(error.to_string()), |_| Self::Holds)
    }
}

/// What there is to say about the timestamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimestampFinding {
    /// There is none.
    Absent,
    /// It proves its time.
    Proved {
        /// What it says.
        info: Box<TstInfo>,
        /// The certificate of the authority.
        authority: Box<Certificate>,
    },
    /// It proves nothing, and why.
    Worthless(String),
}

/// What a family of verifiers says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The signature is good.
    Accepts,
    /// It is not; the first reason.
    Rejects(String),
}

/// Everything that was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// Whether the octets are a signature of that form.
    pub format: Finding,
    /// Whether it is about the artifact.
    pub digest: Finding,
    /// Whether the signer's key made it.
    pub signature: Finding,
    /// The signer's certificate.
    pub signer: Option<Certificate>,
    /// Whether the signer's certificate is for code signing.
    pub purpose: Finding,
    /// Whether a path leads to a trusted root now.
    pub chain_now: Finding,
    /// Whether one did at the time that the timestamp proves.
    pub chain_then: Finding,
    /// When the signer says that it signed: nobody else vouches for that.
    pub claimed_time: Option<UnixTime>,
    /// The timestamp.
    pub timestamp: TimestampFinding,
    /// Whether the signer's certificate is revoked.
    pub revocation: Option<Revocation>,
    /// The authority that stands above the signer on every path, and is revoked.
    pub revoked_authority: Option<RevokedAuthority>,
    /// The same, if its revocation counts for what was signed at the proved time.
    harmful_authority: Option<RevokedAuthority>,
    /// What OpenSSL, osslsigncode and their kind say.
    pub openssl: Verdict,
    /// What Java, Windows and their kind say.
    pub signing_time_aware: Verdict,
}

/// Looks at everything.
pub fn verify(question: &Question<'_>) -> Report {
    match question.format {
        Format::Raw => raw(question),
        Format::CmsDetached | Format::AuthenticodePe | Format::JarSf => message(question),
    }
}

fn raw(question: &Question<'_>) -> Report {
    let mut report = Report::unknown();
    report.format = Finding::Holds;
    let Some(signer) = question.certificates.first() else {
        report.signature = Finding::Fails("the certificate of the signer is not known".to_owned());
        return report.judged(question);
    };
    report.signature = raw_signature(question, signer);
    report.digest = report.signature.clone();
    report.signed_by(signer, question, &[]).judged(question)
}

fn raw_signature(question: &Question<'_>, signer: &Certificate) -> Finding {
    let (key, item) = (signer.public_key(), question.item);
    let algorithm = match signature_algorithm(Format::Raw, key.algorithm(), item.algorithm) {
        Ok(algorithm) => algorithm,
        Err(error) => return Finding::Fails(error.to_string()),
    };
    let Ok(digest) = Digest::import_less_safe(&item.digest, item.algorithm.engine()) else {
        return Finding::Fails("the digest does not have the length of its algorithm".to_owned());
    };
    match independent::verify_digest(algorithm, key, &digest, question.signature) {
        Opinion::Agrees => Finding::Holds,
        Opinion::NoOpinion => Finding::of(algorithm.verify_digest(key, &digest, question.signature)),
        Opinion::Disagrees => Finding::Fails("the signature does not verify under the signer's key".to_owned()),
    }
}

fn message(question: &Question<'_>) -> Report {
    let mut report = Report::unknown();
    let message = match SignedDataReader::from_der(question.signature) {
        Ok(message) if examination::is_of(question.format, &message) => message,
        Ok(_) => {
            report.format = Finding::Fails(Contradiction::Format(question.format).to_string());
            return report.judged(question);
        }
        Err(error) => {
            report.format = Finding::Fails(error.to_string());
            return report.judged(question);
        }
    };
    report.format = Finding::Holds;
    report.digest = Finding::of(examination::is_about(question.format, question.item, &message));
    report.claimed_time = message.signing_time();
    report.timestamp = timestamp(question, &message);
    match message.signer_certificate() {
        Err(fault) => report.signature = Finding::Fails(fault.to_string()),
        Ok(signer) => {
            report.signature = Finding::of(message.verify(signer));
            report = report.signed_by(signer, question, &message.certificates);
        }
    }
    report.judged(question)
}

/// Certificates inside a signature and its timestamp. Their revocation is asked for, besides that of the certificates and
/// authorities of the question.
pub fn carried(format: Format, signature: &[u8]) -> Vec<Certificate> {
    let Ok(message) = SignedDataReader::from_der(signature) else { return Vec::new() };
    let token = message.unsigned(timestamp_attribute(format));
    let more = token.as_deref().and_then(|der| Some(SignedDataReader::from_der(der).ok()?.certificates));
    message.certificates.into_iter().chain(more.unwrap_or_default()).collect()
}

fn timestamp_attribute(format: Format) -> const_oid::ObjectIdentifier {
    match format {
        Format::AuthenticodePe => oid::SPC_TIME_STAMP_TOKEN,
        Format::Raw | Format::CmsDetached | Format::JarSf => oid::TIME_STAMP_TOKEN,
    }
}

/// The path of the authority is judged at the token's own time: it need not be valid any more. An authority that was
/// revoked by then proves nothing.
fn timestamp(question: &Question<'_>, message: &SignedDataReader<'_>) -> TimestampFinding {
    let Some(der) = message.unsigned(timestamp_attribute(question.format)) else { return TimestampFinding::Absent };
    let token = match TimeStampToken::from_der(&der) {
        Ok(token) => token,
        Err(error) => return TimestampFinding::Worthless(error.to_string()),
    };
    let at = token.info().time.to_unix_time();
    if at > question.now {
        return TimestampFinding::Worthless(format!("its time, {at}, has not come yet"));
    }
    let roots = [question.roots, question.timestamp_roots].concat();
    match token.verify(message.signature(), &roots, at) {
        Err(fault) => TimestampFinding::Worthless(fault.to_string()),
        Ok(verified) => match revoked::of_timestamp(question, &token, &verified.signer, &roots) {
            Some(reason) => TimestampFinding::Worthless(reason),
            None => TimestampFinding::Proved { info: Box::new(verified.info), authority: Box::new(verified.signer) },
        },
    }
}

impl Report {
    fn unknown() -> Self {
        let nothing = || Verdict::Rejects("it was not looked at".to_owned());
        Self {
            format: Finding::Unknown,
            digest: Finding::Unknown,
            signature: Finding::Unknown,
            signer: None,
            purpose: Finding::Unknown,
            chain_now: Finding::Unknown,
            chain_then: Finding::Unknown,
            claimed_time: None,
            timestamp: TimestampFinding::Absent,
            revocation: None,
            revoked_authority: None,
            harmful_authority: None,
            openssl: nothing(),
            signing_time_aware: nothing(),
        }
    }

    /// The time that the timestamp proves.
    pub fn proved_time(&self) -> Option<UnixTime> {
        match &self.timestamp {
            TimestampFinding::Proved { info, .. } => Some(info.time.to_unix_time()),
            TimestampFinding::Absent | TimestampFinding::Worthless(_) => None,
        }
    }

    /// What there is to say about the signer.
    fn signed_by(mut self, signer: &Certificate, question: &Question<'_>, carried: &[Certificate]) -> Self {
        let between: Vec<Certificate> = carried.iter().chain(question.certificates).cloned().collect();
        let chain = |at| Finding::of(path::verify(signer, &between, question.roots, at, ExtendedKeyUsage::CodeSigning));
        self.purpose = match Purposes::of(signer) {
            Ok(purposes) if purposes.signs() && purposes.names(ExtendedKeyUsage::CodeSigning) => Finding::Holds,
            Ok(_) => Finding::Fails("the certificate is not for code signing".to_owned()),
            Err(error) => Finding::Fails(error.to_string()),
        };
        self.chain_now = chain(question.now);
        self.chain_then = self.proved_time().map_or(Finding::Unknown, chain);
        self.revocation = question.revoked(signer);
        let proved = self.proved_time();
        let at = proved.filter(|_| !self.chain_now.holds()).unwrap_or(question.now);
        let ascent =
            Ascent { from: signer, between: &between, roots: question.roots, purpose: ExtendedKeyUsage::CodeSigning };
        self.revoked_authority = ascent.obstacle(at, &|authority| question.revoked(authority));
        self.harmful_authority = match proved {
            None => self.revoked_authority.clone(),
            Some(time) => ascent.obstacle(time, &|authority| {
                question.revoked(authority).filter(|revocation| revocation.harms_certified(time))
            }),
        };
        self.signer = Some(signer.clone());
        self
    }

    /// The verdicts.
    fn judged(mut self, question: &Question<'_>) -> Self {
        // `openssl cms` does not look at timestamps; osslsigncode does, and so outlives the certificate.
        let heeds_timestamp = question.format == Format::AuthenticodePe;
        self.openssl = self.verdict(heeds_timestamp, Self::revoked_ever);
        self.signing_time_aware = self.verdict(true, Self::revoked_then);
        self
    }

    fn revoked_ever(&self) -> Option<String> {
        let signer = |revoked: Revocation| format!("the signer is revoked since {}, whenever it signed", revoked.at);
        let above = |authority: &RevokedAuthority| format!("{authority}, whenever the signer signed");
        self.revocation.map(signer).or_else(|| self.revoked_authority.as_ref().map(above))
    }

    fn revoked_then(&self) -> Option<String> {
        let signer = |revoked: Revocation| match self.proved_time() {
            None => Some("the signer is revoked, and no timestamp proves that it signed before".to_owned()),
            Some(time) if revoked.at <= time => {
                Some(format!("the signer was revoked at {}, before it signed", revoked.at))
            }
            Some(time) if revoked.counts_from() <= time => {
                Some(format!("the signer's key is thought lost since {}, before it signed", revoked.counts_from()))
            }
            Some(_) => None,
        };
        let above = |authority: &RevokedAuthority| authority.objection(self.proved_time());
        self.revocation.and_then(signer).or_else(|| self.harmful_authority.as_ref().map(above))
    }

    fn verdict(&self, heeds_timestamp: bool, revoked: impl Fn(&Self) -> Option<String>) -> Verdict {
        let timely = heeds_timestamp && self.proved_time().is_some();
        let chain = if timely { &self.chain_then } else { &self.chain_now };
        let findings = [&self.format, &self.digest, &self.signature, &self.purpose, chain];
        if let Some(bad) = findings.into_iter().find(|finding| !finding.holds()) {
            return Verdict::Rejects(match bad {
                Finding::Fails(reason) => reason.clone(),
                Finding::Holds | Finding::Unknown => "what it depends on could not be read".to_owned(),
            });
        }
        revoked(self).map_or(Verdict::Accepts, Verdict::Rejects)
    }
}
