//! Certificates as pages show them.

use std::collections::HashSet;

use ca_core::revocation::RevocationReason;
use ca_core::time::UnixTime;
use web_ui::certificates::{CertificateRow, CertificateState, Count, NeighbourView, ReasonView};

use crate::ops::certificate::find::CertificateRecord;
use crate::ops::certificate::search::{self, CertificateStatus};

/// Its first name, or the most telling part of its subject.
pub(super) fn title(record: &CertificateRecord) -> String {
    if let Some(first) = record.names.first() {
        return first.value.clone();
    }
    match record.subject.as_str() {
        "" => format!("serial {}", record.serial),
        subject => subject.to_owned(),
    }
}

pub(super) fn state(record: &CertificateRecord, is_replaced: bool, now: UnixTime) -> CertificateState {
    match CertificateStatus::of(record, now) {
        CertificateStatus::Revoked => CertificateState::Revoked,
        CertificateStatus::Soon | CertificateStatus::Expired if is_replaced => CertificateState::Replaced,
        CertificateStatus::Valid => CertificateState::Valid,
        CertificateStatus::Soon => CertificateState::EndsSoon,
        CertificateStatus::Expired => CertificateState::Expired,
    }
}

pub(super) fn rows(
    records: &[CertificateRecord],
    replaced: &HashSet<crate::ops::certificate::find::CertificateId>,
    now: UnixTime,
) -> Vec<CertificateRow> {
    let row = |record: &CertificateRecord| CertificateRow {
        id: record.id.to_string(),
        title: title(record),
        more_names: record.names.len().saturating_sub(1),
        state: state(record, replaced.contains(&record.id), now),
        renewal_asked: record.renew_by.is_some() && record.revoked_at.is_none(),
        not_after: record.not_after.seconds(),
        issued_at: record.issued_at.seconds(),
        profile: record.profile.clone(),
        issuer: record.issuer.clone(),
        owner: record.owner.clone(),
    };
    records.iter().map(row).collect()
}

pub(super) fn neighbour(record: &CertificateRecord, now: UnixTime) -> NeighbourView {
    NeighbourView {
        id: record.id.to_string(),
        title: title(record),
        serial: record.serial.to_string(),
        state: state(record, false, now),
        not_after: record.not_after.seconds(),
    }
}

pub(super) fn count(count: search::Count) -> Count {
    let unsigned = |number: i64| u64::try_from(number).unwrap_or_default();
    match count {
        search::Count::Exactly(number) => Count::Exactly(unsigned(number)),
        search::Count::MoreThan(number) => Count::MoreThan(unsigned(number)),
        search::Count::Unknown => Count::Unknown,
    }
}

pub(super) fn reasons(reasons: &[RevocationReason], chosen: Option<RevocationReason>) -> Vec<ReasonView> {
    let view = |reason: &RevocationReason| ReasonView {
        name: reason.to_string(),
        meaning: meaning(*reason).to_owned(),
        chosen: chosen == Some(*reason),
    };
    reasons.iter().map(view).collect()
}

fn meaning(reason: RevocationReason) -> &'static str {
    match reason {
        RevocationReason::Unspecified => "no reason is given",
        RevocationReason::KeyCompromise => "others may have the key; it is blocked for good",
        RevocationReason::CaCompromise => "others may have the key of this CA; it is blocked for good",
        RevocationReason::AffiliationChanged => "a name in it is no longer right",
        RevocationReason::Superseded => "another certificate took its place",
        RevocationReason::CessationOfOperation => "what it was for is no longer there",
        RevocationReason::PrivilegeWithdrawn => "whoever had it may no longer have it",
        RevocationReason::CertificateHold | RevocationReason::RemoveFromCrl | RevocationReason::AaCompromise => "",
    }
}
