//! A certificate on the wire.

use ca_core::time::UnixTime;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::api::Instant;
use crate::ops::certificate::find::CertificateRecord;
use crate::ops::certificate::search::CertificateStatus;

/// A certificate that was issued here.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Certificate {
    /// Its id
    #[schema(example = "019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10")]
    id: String,
    /// Serial number in lower-case hexadecimal
    #[schema(example = "013c9e0b7f5a41d2")]
    serial: String,
    /// Slug of the issuer
    #[schema(example = "issuing")]
    issuer: String,
    /// Subject in the notation of RFC 4514
    #[schema(example = "CN=web-1.example.org")]
    subject: String,
    /// Subject alternative names, each with its kind
    #[schema(example = json!(["dns:web-1.example.org", "ip:192.0.2.1"]))]
    names: Vec<String>,
    /// Certificate profile
    #[schema(example = "tls-server")]
    profile: String,
    /// `valid`, `expired` or `revoked`
    #[schema(example = "valid")]
    status: &'static str,
    /// First second of validity
    not_before: Instant,
    /// Last second of validity
    not_after: Instant,
    /// When it was issued
    issued_at: Instant,
    /// SHA-256 of the certificate
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    fingerprint_sha256: String,
    /// SHA-256 of its key (SubjectPublicKeyInfo)
    #[schema(example = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae")]
    key_sha256: String,
    /// The same for every certificate of exactly these names
    #[schema(example = "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9")]
    lineage: String,
    /// Who asked for it
    #[schema(example = "AcmeAccount:acme/019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10")]
    requester: String,
    /// Who answers for it
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "team payments")]
    owner: Option<String>,
    /// ACME endpoint it was ordered at
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    /// ACME account that ordered it
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// ACME order it came from
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<String>,
    /// Until when its holder is asked to renew it
    #[serde(skip_serializing_if = "Option::is_none")]
    renew_by: Option<Instant>,
    /// When it was revoked
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Instant>,
    /// Why, by the name in RFC 5280 §5.3.1
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "superseded")]
    reason: Option<String>,
}

impl Certificate {
    pub(super) fn of(record: &CertificateRecord, now: UnixTime) -> Self {
        Self {
            id: record.id.to_string(),
            serial: record.serial.to_string(),
            issuer: record.issuer.clone(),
            subject: record.subject.clone(),
            names: record.names.iter().map(|name| format!("{}:{}", name.kind, name.value)).collect(),
            profile: record.profile.clone(),
            status: match CertificateStatus::of(record, now) {
                CertificateStatus::Valid | CertificateStatus::Soon => "valid",
                CertificateStatus::Expired => "expired",
                CertificateStatus::Revoked => "revoked",
            },
            not_before: record.not_before.into(),
            not_after: record.not_after.into(),
            issued_at: record.issued_at.into(),
            fingerprint_sha256: hexadecimal(&record.fingerprint),
            key_sha256: hexadecimal(&record.spki_sha256),
            lineage: hexadecimal(&record.names_hash),
            requester: record.requester.clone(),
            owner: record.owner.clone(),
            endpoint: record.endpoint.clone(),
            account: record.account_id.map(|id| id.to_string()),
            order: record.order_id.map(|id| id.to_string()),
            renew_by: record.renew_by.map(Instant),
            revoked_at: record.revoked_at.map(Instant),
            reason: record.reason.clone(),
        }
    }
}

pub(super) fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
