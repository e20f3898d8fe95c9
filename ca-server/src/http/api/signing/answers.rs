//! What is answered.

use std::collections::BTreeMap;

use ca_core::signing::{CountedStage, SigningState};
use serde::Serialize;
use utoipa::ToSchema;

use super::questions::Provenance;
use crate::app::App;
use crate::http::api::Instant;
use crate::ops::signing::list::StoredSigningRequest;
use crate::ops::signing::view::{ItemView, SigningView};

/// Seconds after which it is sensible to ask again: soon while something is being signed, later while people decide.
const SOON: u32 = 2;
const LATER: u32 = 15;

/// A request for signatures.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SigningRequest {
    /// Id
    #[schema(format = "uuid")]
    id: String,
    /// `received`, `pending_approval`, `approved`, `signing` and `signed`, or `denied`, `rejected`, `expired`, `cancelled`, `failed`
    #[schema(example = "pending_approval")]
    state: &'static str,
    /// Signing profile
    #[schema(example = "release")]
    profile: String,
    /// `test` or `release`
    #[schema(example = "release")]
    environment: String,
    /// `raw`, `cms-detached`, `authenticode-pe` or `jar-sf`
    #[schema(example = "cms-detached")]
    format: &'static str,
    /// Why
    reason: String,
    /// What approvals are for: the hash over format, names and digests
    #[schema(example = "sha256:eef6b0ff67452308647128979238e62e75e145f23628d0b3cef9f2719a0b5508")]
    digest_set: String,
    /// By what whoever asked is known
    #[schema(example = "https://token.actions.githubusercontent.com#repo:example/app:ref:refs/tags/v2.4.0")]
    subject: String,
    /// How many artifacts
    items: i64,
    /// How many of them are signed; nothing is handed out before all are. Absent in lists
    #[serde(skip_serializing_if = "Option::is_none")]
    signed: Option<i64>,
    /// Who must agree, and who has. Absent in lists
    #[serde(skip_serializing_if = "Option::is_none")]
    approvals: Option<Approvals>,
    /// Where the artifacts come from, as whoever asked says
    provenance: Provenance,
    /// What the token of the CI claims, verified
    claims: BTreeMap<String, String>,
    /// When it was made
    created_at: Instant,
    /// When it ends undecided
    expires_at: Instant,
    /// When it ended
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Instant>,
    /// Why it ended without signatures, or what is in the way
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
    /// Page for people
    #[schema(example = "https://ca.example.org:8443/signing/019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10")]
    ui: String,
    /// Seconds after which it is sensible to look again
    #[schema(example = 15)]
    retry_after: u32,
    /// Opens this request and nothing else, after the token that asked has ended. In answers to a submission only
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sst_…")]
    request_token: Option<String>,
}

/// Who must agree.
#[derive(Debug, Serialize, ToSchema)]
struct Approvals {
    /// People needed over all stages
    #[schema(example = 2)]
    need: u32,
    /// Those who have approved
    #[schema(example = 1)]
    have: u32,
    /// One after the other
    stages: Vec<Stage>,
}

/// So many people of a group.
#[derive(Debug, Serialize, ToSchema)]
struct Stage {
    /// The role that they hold
    #[schema(example = "approver")]
    group: String,
    /// How many are needed
    #[schema(example = 1)]
    need: u32,
    /// How many have approved
    #[schema(example = 0)]
    have: usize,
}

/// What is in the way.
#[derive(Debug, Serialize, ToSchema)]
struct Failure {
    /// In words
    #[schema(example = "the HSM local does not sign at the moment")]
    detail: String,
    /// Whether it goes on by itself
    retryable: bool,
}

impl SigningRequest {
    /// The row, without what lists leave out.
    pub(super) fn of_row(app: &App, row: StoredSigningRequest) -> Self {
        let waits_for_people = row.state == SigningState::PendingApproval || row.retryable;
        let ui = app.settings.server.public_url.join(&format!("/signing/{}", row.id));
        Self {
            id: row.id.to_string(),
            state: row.state.as_str(),
            format: row.format.as_str(),
            digest_set: row.set().to_string(),
            provenance: (&row.provenance).into(),
            created_at: row.created_at.into(),
            expires_at: row.expires_at.into(),
            ended_at: row.ended_at.map(Instant::from),
            failure: row.outcome.map(|detail| Failure { detail, retryable: row.retryable }),
            retry_after: if waits_for_people { LATER } else { SOON },
            profile: row.profile,
            environment: row.environment,
            reason: row.reason,
            subject: row.subject,
            items: row.items,
            claims: row.claims,
            signed: None,
            approvals: None,
            request_token: None,
            ui,
        }
    }

    /// Everything.
    pub(super) fn of(app: &App, view: SigningView) -> Self {
        let stage = |stage: &CountedStage| Stage {
            group: stage.group.clone(),
            need: stage.required,
            have: stage.approvers.len(),
        };
        let approvals = Approvals {
            need: view.tally.need(),
            have: view.tally.have(),
            stages: view.tally.stages().iter().map(stage).collect(),
        };
        Self { signed: Some(view.signed), approvals: Some(approvals), ..Self::of_row(app, view.row) }
    }

    /// With a token that opens it.
    pub(super) fn with_token(self, token: &str) -> Self {
        Self { request_token: Some(token.to_owned()), ..self }
    }
}

/// Artifacts of a request.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Items {
    /// In the order of their numbers
    items: Vec<Item>,
    /// Number to give as `after` for the next ones. Absent after the last
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// One artifact.
#[derive(Debug, Serialize, ToSchema)]
struct Item {
    /// Number, counted from 1
    n: i64,
    /// What people call it
    #[schema(example = "app.exe")]
    name: String,
    /// Hash function
    #[schema(example = "sha256")]
    alg: &'static str,
    /// Digest in hexadecimal
    #[schema(example = "6a9cf9e52744ca3f27e7fcdae316d942c35cfeb39bb7a7edb5f728ab29b31644")]
    digest: String,
    /// Octets of the file, as whoever asked says
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<i64>,
    /// SHA-256 of the file, as whoever asked says
    #[serde(skip_serializing_if = "Option::is_none")]
    file_sha256: Option<String>,
    /// `waiting` or `signed`
    #[schema(example = "signed")]
    state: &'static str,
    /// Id of the certificate that verifies the signature
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    /// The timestamp in the signature
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<Timestamp>,
    /// When the certificate was revoked: the signature is withdrawn
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawn: Option<Instant>,
}

/// A timestamp (RFC 3161).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Timestamp {
    /// The time that it says
    at: Instant,
    /// Serial number in hexadecimal
    serial: Option<String>,
}

impl Timestamp {
    pub(super) fn of(record: &crate::ops::signing::ledger::SignatureRecord) -> Option<Self> {
        Some(Self { at: record.timestamp_at?.into(), serial: record.timestamp_serial.clone() })
    }
}

impl Items {
    /// A page of artifacts.
    pub(super) fn of(found: Vec<ItemView>, limit: i64) -> Self {
        let full = i64::try_from(found.len()).is_ok_and(|count| count == limit);
        let next = found.last().filter(|_| full).map(|last| last.item.n);
        Self { items: found.into_iter().map(Item::from).collect(), next }
    }
}

impl From<ItemView> for Item {
    fn from(view: ItemView) -> Self {
        let ItemView { item, signature } = view;
        Self {
            n: item.n,
            alg: item.algorithm.as_str(),
            digest: hexadecimal(&item.digest),
            size: item.size,
            file_sha256: item.file_sha256.as_deref().map(hexadecimal),
            name: item.name,
            state: if signature.is_some() { "signed" } else { "waiting" },
            certificate: signature.as_ref().map(|line| line.record.certificate_id.to_string()),
            timestamp: signature.as_ref().and_then(|line| Timestamp::of(&line.record)),
            withdrawn: signature.and_then(|line| line.withdrawn_at).map(Instant::from),
        }
    }
}

/// Lower-case digits without separators.
pub(super) fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
