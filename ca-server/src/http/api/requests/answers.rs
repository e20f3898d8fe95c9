//! What callers read.

use ca_core::issuance_request::RequestedKey;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::api::Instant;
use crate::ops::request::list::StoredRequest;
use crate::ops::request::preview::Verdicts;
use crate::ops::request::view::RequestView;

/// A request, as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RequestSummary {
    /// Its id
    #[schema(example = "019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10")]
    id: String,
    /// `pending`, `approved`, `issuing`, `issued`, `rejected`, `cancelled`, `expired` or `failed`
    #[schema(example = "pending")]
    state: String,
    /// Certificate profile
    #[schema(example = "tls-server")]
    profile: String,
    /// Subject alternative names
    #[schema(example = json!(["dns:www.example.org"]))]
    names: Vec<String>,
    /// Subject (RFC 4514), perhaps empty
    subject: String,
    /// Who asked, as in the audit trail
    #[schema(example = "Operator:ann")]
    requester: String,
    /// Who answers for the certificate
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// So many people must approve
    #[schema(example = 1)]
    approvals_required: i64,
    /// When it was made
    created_at: Instant,
    /// When it ends undecided
    expires_at: Instant,
    /// When it ended
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Instant>,
    /// Why it was rejected or failed
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
}

impl From<StoredRequest> for RequestSummary {
    fn from(row: StoredRequest) -> Self {
        Self {
            id: row.id.to_string(),
            state: row.state.to_string(),
            profile: row.asked.profile,
            names: row.asked.names.iter().map(|name| format!("{}:{}", name.kind, name.value)).collect(),
            subject: row.asked.subject,
            requester: row.requester,
            owner: row.asked.owner,
            approvals_required: row.asked.approvals_required,
            created_at: row.created_at.into(),
            expires_at: row.expires_at.into(),
            ended_at: row.ended_at.map(Instant),
            outcome: row.outcome,
        }
    }
}

/// A request with everything that people look at before they approve it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Request {
    #[serde(flatten)]
    summary: RequestSummary,
    /// What an approval is for
    #[schema(example = "6b1c…")]
    digest: String,
    /// Version of the profile: the first digits of its hash
    #[schema(example = "0f3e9a77c1d2")]
    profile_version: String,
    /// Authority that is to sign
    #[schema(example = "issuing")]
    authority: String,
    /// Type of the key
    #[schema(example = "ecdsa-p256")]
    key_algorithm: String,
    /// SHA-256 of the SubjectPublicKeyInfo
    key_sha256: String,
    /// Whether this server made the key
    generated_key: bool,
    /// Seconds that the certificate is to live
    #[schema(example = 7_776_000)]
    validity_seconds: u64,
    /// People who approved what is asked for now
    #[schema(example = json!(["bob"]))]
    approved_by: Vec<String>,
    /// Approvals that do not count
    void_approvals: Vec<VoidApproval>,
    /// What changed since them, in words
    changes: Vec<String>,
    /// What lint has against it
    findings: Vec<String>,
    /// Why it cannot be issued as things are
    #[serde(skip_serializing_if = "Option::is_none")]
    obstacle: Option<String>,
    /// What happened, oldest first
    history: Vec<RequestEvent>,
    /// The certificate it ended with
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<IssuedCertificate>,
}

/// An approval that does not count.
#[derive(Debug, Serialize, ToSchema)]
struct VoidApproval {
    /// Who gave it
    #[schema(example = "eve")]
    approver: String,
    /// Why it does not count
    #[schema(example = "the request has changed since")]
    reason: &'static str,
}

/// Something that happened to a request.
#[derive(Debug, Serialize, ToSchema)]
struct RequestEvent {
    /// When
    at: Instant,
    /// What: `submitted`, `changed`, `overtaken`, `commented`, `approved`, `rejected`, `cancelled`, `expired`, `issued`,
    /// `failed`, `shared`, `key-delivered` or `key-destroyed`
    #[schema(example = "approved")]
    kind: &'static str,
    /// Who
    #[schema(example = "Operator:bob")]
    actor: String,
    /// The comment, the reason or what changed
    detail: String,
}

/// The certificate that a request ended with.
#[derive(Debug, Serialize, ToSchema)]
struct IssuedCertificate {
    /// Its id
    #[schema(example = "019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10")]
    id: String,
    /// Its serial number
    #[schema(example = "0af1…")]
    serial: String,
    /// Last second of its validity
    not_after: Instant,
}

impl From<RequestView> for Request {
    fn from(found: RequestView) -> Self {
        let terms = found.content.terms();
        let changes = found.difference.iter().flat_map(|difference| difference.changes());
        let void = found.tally.void().iter();
        let history = found.events.iter().map(|event| RequestEvent {
            at: event.created_at.into(),
            kind: event.kind.as_str(),
            actor: event.actor.clone(),
            detail: event.detail.clone(),
        });
        Self {
            digest: found.content.digest().to_string(),
            profile_version: terms.profile_hash.to_string(),
            authority: found.authority.clone(),
            key_algorithm: found.row.asked.key_algorithm.clone(),
            key_sha256: hexadecimal(&found.row.asked.spki_sha256),
            generated_key: matches!(terms.key, RequestedKey::Generated(_)),
            validity_seconds: terms.validity.as_secs(),
            approved_by: found.tally.counted().to_vec(),
            void_approvals: void
                .map(|(vote, why)| VoidApproval { approver: vote.voter.clone(), reason: why.reason() })
                .collect(),
            changes: changes.map(ToString::to_string).collect(),
            findings: found.findings.iter().map(ToString::to_string).collect(),
            obstacle: found.obstacle.clone(),
            history: history.collect(),
            certificate: found.certificate.as_ref().map(|row| IssuedCertificate {
                id: row.id.to_string(),
                serial: row.serial.to_string(),
                not_after: row.not_after.into(),
            }),
            summary: found.row.into(),
        }
    }
}

/// What would come of a request.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Trial {
    /// Whether it could be submitted
    acceptable: bool,
    /// What lint has against it
    findings: Vec<String>,
    /// Why the policies deny it
    #[serde(skip_serializing_if = "Option::is_none")]
    denied: Option<String>,
    /// Policies that permit it
    permitted_by: Vec<String>,
    /// Why the key is blocked
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked_key: Option<String>,
    /// Subject that the certificate would have (RFC 4514), perhaps empty
    subject: String,
    /// Names that it would have
    #[schema(example = json!(["dns:www.example.org"]))]
    names: Vec<String>,
    /// Type of the key
    #[schema(example = "ecdsa-p256")]
    key_algorithm: String,
    /// First second, if it were signed now
    not_before: Instant,
    /// Last second, if it were signed now
    not_after: Instant,
    /// So many people must approve
    #[schema(example = 1)]
    approvals_required: u32,
}

impl From<&Verdicts> for Trial {
    fn from(found: &Verdicts) -> Self {
        let (appraisal, summary) = (&found.appraisal, found.appraisal.trial.summary());
        Self {
            acceptable: found.are_clean(),
            findings: found.findings.iter().map(ToString::to_string).collect(),
            denied: found.denied.as_ref().map(ToString::to_string),
            permitted_by: found.permitted_by.clone(),
            blocked_key: appraisal.blocked.clone(),
            subject: summary.subject.to_string(),
            names: summary.names.iter().map(ToString::to_string).collect(),
            key_algorithm: appraisal.public_key.algorithm().to_string(),
            not_before: summary.validity.not_before.into(),
            not_after: summary.validity.not_after.into(),
            approvals_required: appraisal.profile.approvals_required(),
        }
    }
}

/// A code to fetch a certificate with: the only answer that holds it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FetchCode {
    /// Page that asks for the code; `Authorization: Bearer CODE` fetches from it too
    #[schema(example = "https://ca.example.org:8443/fetch/019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10")]
    pub(super) url: String,
    /// The code. It is shown now and never again
    #[schema(example = "dGhpcyBpcyBub3QgYSBjb2Rl")]
    pub(super) code: String,
    /// Until when it opens the page
    pub(super) expires_at: Instant,
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
