//! What a certificate signed, for its own page and the one that asks before it is revoked.

use web_ui::signing::{DyingSignature, DyingView};

use super::unsigned;
use crate::ops::signing::ledger::SignatureRecord;

/// Signatures that are named.
const NAMED: usize = 20;

/// Nothing for a certificate that signed nothing.
pub(in crate::http::ui) fn dying(total: i64, newest: &[SignatureRecord]) -> Option<DyingView> {
    let signature = |record: &SignatureRecord| DyingSignature {
        request: record.request_id.map(|id| id.to_string()),
        name: record.name.clone(),
        profile: record.profile.clone(),
        signed_at: record.created_at.seconds(),
        stamped: record.timestamp_at.is_some(),
    };
    let newest = newest.iter().take(NAMED).map(signature).collect();
    (total > 0).then(|| DyingView { total: unsigned(total), newest })
}
