//! The structures of RFC 3161 as they are read. What this server writes is put together elsewhere.

use const_oid::ObjectIdentifier;
use der::Sequence;
use der::asn1::{AnyRef, IntRef, OctetStringRef};
use x509_cert::ext::Extension;

/// `MessageImprint ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, hashedMessage OCTET STRING }`
#[derive(Sequence)]
pub(super) struct MessageImprintAsn1<'a> {
    pub(super) hash_algorithm: AlgorithmAsn1<'a>,
    pub(super) hashed_message: &'a OctetStringRef,
}

/// `AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }`
#[derive(Sequence)]
pub(super) struct AlgorithmAsn1<'a> {
    pub(super) algorithm: ObjectIdentifier,
    #[asn1(optional = "true")]
    pub(super) parameters: Option<AnyRef<'a>>,
}

/// ```text
/// TimeStampReq ::= SEQUENCE {
///     version            INTEGER { v1(1) },
///     messageImprint     MessageImprint,
///     reqPolicy          TSAPolicyId OPTIONAL,
///     nonce              INTEGER OPTIONAL,
///     certReq            BOOLEAN DEFAULT FALSE,
///     extensions     [0] IMPLICIT Extensions OPTIONAL }
/// ```
#[derive(Sequence)]
pub(super) struct TimeStampReqAsn1<'a> {
    pub(super) version: IntRef<'a>,
    pub(super) message_imprint: MessageImprintAsn1<'a>,
    #[asn1(optional = "true")]
    pub(super) req_policy: Option<ObjectIdentifier>,
    #[asn1(optional = "true")]
    pub(super) nonce: Option<IntRef<'a>>,
    #[asn1(default = "Default::default")]
    pub(super) cert_req: bool,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) extensions: Option<Vec<Extension>>,
}

/// ```text
/// TSTInfo ::= SEQUENCE {
///     version            INTEGER { v1(1) },
///     policy             TSAPolicyId,
///     messageImprint     MessageImprint,
///     serialNumber       INTEGER,
///     genTime            GeneralizedTime,
///     accuracy           Accuracy OPTIONAL,
///     ordering           BOOLEAN DEFAULT FALSE,
///     nonce              INTEGER OPTIONAL,
///     tsa            [0] EXPLICIT GeneralName OPTIONAL,
///     extensions     [1] IMPLICIT Extensions OPTIONAL }
/// ```
#[derive(Sequence)]
pub(super) struct TstInfoAsn1<'a> {
    pub(super) version: IntRef<'a>,
    pub(super) policy: ObjectIdentifier,
    pub(super) message_imprint: MessageImprintAsn1<'a>,
    pub(super) serial_number: IntRef<'a>,
    /// With a fraction, which most decoders do not know.
    pub(super) gen_time: AnyRef<'a>,
    #[asn1(optional = "true")]
    pub(super) accuracy: Option<AccuracyAsn1>,
    #[asn1(default = "Default::default")]
    pub(super) ordering: bool,
    #[asn1(optional = "true")]
    pub(super) nonce: Option<IntRef<'a>>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) tsa: Option<AnyRef<'a>>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) extensions: Option<Vec<Extension>>,
}

/// ```text
/// Accuracy ::= SEQUENCE {
///     seconds        INTEGER OPTIONAL,
///     millis     [0] INTEGER (1..999) OPTIONAL,
///     micros     [1] INTEGER (1..999) OPTIONAL }
/// ```
#[derive(Sequence)]
pub(super) struct AccuracyAsn1 {
    #[asn1(optional = "true")]
    pub(super) seconds: Option<u32>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) millis: Option<u16>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) micros: Option<u16>,
}
