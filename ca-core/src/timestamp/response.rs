//! What an authority answers (RFC 3161 §2.4.2).

use std::fmt;

use der::asn1::AnyRef;
use der::{Decode as _, Encode as _, ErrorKind, Tag};

use super::{InvalidToken, TimeStampToken};
use crate::cms::reader::elements;
use crate::cms::tlv;

/// Octets of an answer that is read at all.
const LARGEST: usize = 1 << 16;

/// Why there is no token: PKIFailureInfo. The numbers are those of its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureInfo {
    /// Unrecognized or unsupported algorithm.
    BadAlg = 0,
    /// Transaction not permitted or supported.
    BadRequest = 2,
    /// The data submitted has the wrong format.
    BadDataFormat = 5,
    /// The time source is not available.
    TimeNotAvailable = 14,
    /// The policy is not supported.
    UnacceptedPolicy = 15,
    /// The extension is not supported.
    UnacceptedExtension = 16,
    /// Additional information cannot be given.
    AddInfoNotAvailable = 17,
    /// The authority is out of order.
    SystemFailure = 25,
}

impl FailureInfo {
    /// Every failure of RFC 3161.
    pub const ALL: [Self; 8] = [
        Self::BadAlg,
        Self::BadRequest,
        Self::BadDataFormat,
        Self::TimeNotAvailable,
        Self::UnacceptedPolicy,
        Self::UnacceptedExtension,
        Self::AddInfoNotAvailable,
        Self::SystemFailure,
    ];

    /// The name in RFC 3161.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadAlg => "badAlg",
            Self::BadRequest => "badRequest",
            Self::BadDataFormat => "badDataFormat",
            Self::TimeNotAvailable => "timeNotAvailable",
            Self::UnacceptedPolicy => "unacceptedPolicy",
            Self::UnacceptedExtension => "unacceptedExtension",
            Self::AddInfoNotAvailable => "addInfoNotAvailable",
            Self::SystemFailure => "systemFailure",
        }
    }

    /// X.690 §11.2.2: a list of named bits ends with the last one that is set.
    fn encode(self) -> Vec<u8> {
        let bit = self as u8;
        let mut contents = vec![7 - bit % 8];
        contents.extend(std::iter::repeat_n(0, usize::from(bit / 8)));
        contents.push(0x80 >> (bit % 8));
        tlv::value(tlv::BIT_STRING, &contents)
    }

    /// The first that is set.
    fn decode(contents: &[u8]) -> Option<Self> {
        let bits = contents.get(1..)?;
        let set = |failure: &Self| {
            let bit = *failure as u8;
            bits.get(usize::from(bit / 8)).is_some_and(|octet| octet & (0x80 >> (bit % 8)) != 0)
        };
        Self::ALL.into_iter().find(set)
    }
}

impl fmt::Display for FailureInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A refusal: the word of RFC 3161 and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{failure}: {text}")]
pub struct Rejection {
    /// The word.
    pub failure: FailureInfo,
    /// The sentence.
    pub text: String,
}

impl Rejection {
    /// A refusal with these words.
    pub fn new(failure: FailureInfo, text: impl Into<String>) -> Self {
        Self { failure, text: text.into() }
    }
}

/// An answer in DER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeStampResponse(Vec<u8>);

/// An answer of another authority that holds no token.
#[derive(Debug, thiserror::Error)]
pub enum ResponseFault {
    /// No DER of a TimeStampResp.
    #[error("the answer is no DER of a TimeStampResp (RFC 3161 §2.4.2)")]
    Format,
    /// The authority refuses.
    #[error("the time-stamping authority refuses: status {status}{}{}", .failure.map(|f| format!(", {f}")).unwrap_or_default(), .text.as_ref().map(|t| format!(", {t:?}")).unwrap_or_default())]
    Refused {
        /// PKIStatus.
        status: u8,
        /// The word.
        failure: Option<FailureInfo>,
        /// The sentence.
        text: Option<String>,
    },
    /// What it sent is no token.
    #[error(transparent)]
    Token(#[from] InvalidToken),
}

const GRANTED: u8 = 0;
const GRANTED_WITH_MODS: u8 = 1;
const REJECTION: u8 = 2;

impl TimeStampResponse {
    /// An answer with a token.
    pub fn granted(token: &TimeStampToken) -> Self {
        let status = tlv::sequence(&[&tlv::value(tlv::INTEGER, &[GRANTED])]);
        Self(tlv::sequence(&[&status, token.as_der()]))
    }

    /// An answer without one. `PKIStatusInfo ::= SEQUENCE { status, statusString SEQUENCE OF UTF8String, failInfo }`
    pub fn rejected(rejection: &Rejection) -> Self {
        let text = tlv::sequence(&[&tlv::value(tlv::UTF8_STRING, rejection.text.as_bytes())]);
        let status = tlv::value(tlv::INTEGER, &[REJECTION]);
        Self(tlv::sequence(&[&tlv::sequence(&[&status, &text, &rejection.failure.encode()])]))
    }

    /// The DER: `application/timestamp-reply`.
    pub fn as_der(&self) -> &[u8] {
        &self.0
    }

    /// The DER, given away.
    pub fn into_der(self) -> Vec<u8> {
        self.0
    }

    /// The token in the answer of another authority. Nothing of it is verified yet.
    ///
    /// # Errors
    /// [`ResponseFault`] also when the authority refuses.
    pub fn parse(der: &[u8]) -> Result<TimeStampToken, ResponseFault> {
        let (status, token) = split(der).map_err(|_| ResponseFault::Format)?;
        match (status.status, token) {
            (GRANTED | GRANTED_WITH_MODS, Some(token)) => Ok(TimeStampToken::from_der(&token)?),
            (GRANTED | GRANTED_WITH_MODS, None) => Err(ResponseFault::Format),
            (status_word, _) => {
                Err(ResponseFault::Refused { status: status_word, failure: status.failure, text: status.text })
            }
        }
    }
}

struct Status {
    status: u8,
    failure: Option<FailureInfo>,
    text: Option<String>,
}

fn split(der: &[u8]) -> der::Result<(Status, Option<Vec<u8>>)> {
    if der.len() > LARGEST {
        return Err(ErrorKind::Overlength.into());
    }
    let outer = AnyRef::from_der(der)?;
    outer.header().tag().assert_eq(Tag::Sequence)?;
    let parts = elements(outer)?;
    let status = elements(*parts.first().ok_or(ErrorKind::Failed)?)?;
    let token = parts.get(1).map(|token| token.to_der()).transpose()?;
    let find = |tag| status.iter().find(|part| part.header().tag() == tag);
    let text = find(Tag::Sequence).and_then(|list| elements(*list).ok()?.first().copied());
    let text =
        text.map(|text| String::from_utf8_lossy(text.value()).chars().filter(|c| !c.is_control()).take(200).collect());
    let status = Status {
        status: status.first().ok_or(ErrorKind::Failed)?.decode_as()?,
        failure: find(Tag::BitString).and_then(|bits| FailureInfo::decode(bits.value())),
        text,
    };
    Ok((status, token))
}
