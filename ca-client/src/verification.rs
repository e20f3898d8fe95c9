//! Whether a signature is one of this file, by somebody whom the roots vouch for. Revocation is the server's to know: a CI
//! step asks nobody here.

use std::fmt;

use ca_core::signing::verification::{Question, Report, TimestampFinding, Verdict};
use ca_core::signing::{DigestItem, Format, verify};
use ca_core::time::UnixTime;
use ca_core::x509::{Certificate, pem};

/// Everything that is judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence<'a> {
    pub(crate) format: Format,
    /// Of the file, as the format takes it.
    pub(crate) item: &'a DigestItem,
    pub(crate) signature: &'a [u8],
    /// The signer's certificate and those above it, for signatures that do not carry them.
    pub(crate) chain: &'a [Certificate],
    pub(crate) trusted: &'a Trusted,
}

/// Who is believed.
#[derive(Debug, Default)]
pub(crate) struct Trusted {
    /// About signatures and timestamps.
    pub(crate) roots: Vec<Certificate>,
    /// About timestamps only.
    pub(crate) timestamp_roots: Vec<Certificate>,
}

/// A signature that is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    signer: String,
    /// What a timestamp proves.
    time: Option<UnixTime>,
    /// Octets in front of what is signed.
    unsigned_prefix: u64,
    /// Why programs that ask for the time of signing accept it and others do not.
    reservation: Option<String>,
}

impl Verified {
    /// The same about a file in front of whose signed part so many octets lie.
    pub(crate) fn behind(self, unsigned_prefix: u64) -> Self {
        Self { unsigned_prefix, ..self }
    }

    /// Octets of the file that nobody signed.
    pub(crate) fn unsigned_prefix(&self) -> u64 {
        self.unsigned_prefix
    }
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "signer {}", self.signer)?;
        match self.time {
            Some(time) => write!(f, ", timestamp {time}")?,
            None => f.write_str(", no timestamp")?,
        }
        if self.unsigned_prefix > 0 {
            write!(f, "; NOT SIGNED: the first {} octets, in front of the archive", self.unsigned_prefix)?;
        }
        self.reservation.as_ref().map_or(Ok(()), |words| write!(f, "; OpenSSL rejects it: {words}"))
    }
}

/// A signature that is not.
#[derive(Debug, thiserror::Error)]
#[error("the signature is not good: {0}")]
pub(crate) struct Refusal(String);

/// Certificates in PEM.
pub(crate) fn certificates(text: &[u8]) -> Result<Vec<Certificate>, Refusal> {
    let all = pem::certificates(&String::from_utf8_lossy(text)).map_err(|error| Refusal(error.to_string()))?;
    all.iter().map(|der| Certificate::from_der(der).map_err(|error| Refusal(error.to_string()))).collect()
}

/// Whether it is about the digest at all, whoever made it.
pub(crate) fn is_about(evidence: &Evidence<'_>, now: UnixTime) -> bool {
    report(evidence, now).digest.holds()
}

/// Judges at this instant. What Java and Windows accept is accepted: a timestamp outlives the certificate.
pub(crate) fn check(evidence: &Evidence<'_>, now: UnixTime) -> Result<Verified, Refusal> {
    let report = report(evidence, now);
    if let TimestampFinding::Worthless(reason) = &report.timestamp {
        return Err(Refusal(format!("its timestamp is worth nothing: {reason}")));
    }
    if let Verdict::Rejects(reason) = report.signing_time_aware {
        return Err(Refusal(reason));
    }
    let signer = report.signer.as_ref().map(|signer| signer.subject().to_string());
    let reservation = match &report.openssl {
        Verdict::Accepts => None,
        Verdict::Rejects(reason) => Some(reason.clone()),
    };
    let signer = signer.unwrap_or_default();
    Ok(Verified { signer, time: report.proved_time(), unsigned_prefix: 0, reservation })
}

fn report(evidence: &Evidence<'_>, now: UnixTime) -> Report {
    verify(&Question {
        format: evidence.format,
        signature: evidence.signature,
        item: evidence.item,
        certificates: evidence.chain,
        roots: &evidence.trusted.roots,
        timestamp_roots: &evidence.trusted.timestamp_roots,
        now,
        revocation: &|_| None,
    })
}
