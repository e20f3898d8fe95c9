//! A request with everything that decides about it.

use std::sync::Arc;

use ca_core::signing::{DigestSet, SigningProfile, SigningTally};

use super::people;
use crate::app::App;
use crate::ops::OpError;
use crate::store::fields::{Sha256, SigningRequestId};
use crate::store::signing_item::{self, StoredItem};
use crate::store::signing_request::{self, StoredSigningRequest};
use crate::store::signing_vote::{self, StoredSigningVote};
use crate::store::{Connection, StoreError, signature, signing_profile_version};

/// The row, the version of the profile that it was made under, the votes, and how many signatures there are.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
    pub(super) row: StoredSigningRequest,
    pub(super) profile: Arc<SigningProfile>,
    pub(super) votes: Vec<StoredSigningVote>,
    pub(super) signed: i64,
}

/// Artifacts read at once.
const PAGE: i64 = 500;

/// The request of an id.
///
/// # Errors
/// [`OpError::NotFound`].
pub(super) async fn load(app: &App, id: SigningRequestId) -> Result<Loaded, OpError> {
    let read = move |c: &mut Connection| -> Result<_, StoreError> {
        let Some(row) = signing_request::by_id(c, id)? else { return Ok(None) };
        let votes = signing_vote::of_request(c, id)?;
        Ok(Some((row, votes, signature::count(c, id)?)))
    };
    let (row, votes, signed) = app.store.read(read).await?.ok_or_else(|| not_found(id))?;
    let profile = version(app, &row.profile, row.profile_hash).await?;
    Ok(Loaded { row, profile, votes, signed })
}

pub(super) fn not_found(id: impl std::fmt::Display) -> OpError {
    OpError::NotFound(format!("there is no request for signatures {id}"))
}

/// A version of a profile: the present one, or an earlier one that is stored.
pub(super) async fn version(app: &App, name: &str, hash: Sha256) -> Result<Arc<SigningProfile>, OpError> {
    let present = app.policies.load().signing_profile(name).map(Arc::clone);
    if let Some(present) = present.filter(|present| *present.hash().as_bytes() == hash) {
        return Ok(present);
    }
    let stored = app.store.read(move |c| signing_profile_version::by_hash(c, hash)).await?;
    let (name, canonical) =
        stored.ok_or_else(|| OpError::Integrity(format!("the version of the signing profile {name} is not stored")))?;
    let profile = SigningProfile::from_stored(&name, &canonical);
    profile.map(Arc::new).map_err(|fault| OpError::Integrity(fault.to_string()))
}

/// Every artifact of a request, in the order of submission.
pub(super) async fn items(app: &App, row: &StoredSigningRequest) -> Result<(Vec<StoredItem>, DigestSet), OpError> {
    let (id, mut all) = (row.id, Vec::new());
    loop {
        let after = all.last().map_or(0, |item: &StoredItem| item.n);
        let page = app.store.read(move |c| signing_item::of_request(c, id, after, PAGE)).await?;
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    let damaged = |fault: &dyn std::fmt::Display| OpError::Integrity(format!("signing request {id}: {fault}"));
    let set =
        DigestSet::new(row.format, all.iter().map(StoredItem::item).collect()).map_err(|fault| damaged(&fault))?;
    if set.hash() != row.set() {
        return Err(damaged(&"its artifacts are not what its digest set says"));
    }
    Ok((all, set))
}

impl Loaded {
    /// The votes that count at this moment.
    pub(super) async fn tally(&self, app: &App) -> Result<SigningTally, OpError> {
        people::tally(app, self).await
    }
}
