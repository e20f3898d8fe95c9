//! A request with everything that decides about it.

use std::collections::HashSet;

use ca_core::issuance_request::{IssuanceRequest, Tally, Vote};

use super::people;
use crate::app::App;
use crate::ops::OpError;
use crate::store::fields::IssuanceRequestId;
use crate::store::issuance_request::{self, StoredRequest};
use crate::store::issuance_request_vote::{self, StoredVote};
use crate::store::{Connection, StoreError, issuance_request_revision};

/// The row, what it asks for, who ever asked for it, and the votes.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
    pub(super) row: StoredRequest,
    pub(super) content: IssuanceRequest,
    pub(super) authors: Vec<String>,
    pub(super) votes: Vec<StoredVote>,
}

/// The request of an id.
///
/// # Errors
/// [`OpError::NotFound`].
pub(super) async fn load(app: &App, id: IssuanceRequestId) -> Result<Loaded, OpError> {
    let read = move |c: &mut Connection| -> Result<_, StoreError> {
        let Some(row) = issuance_request::by_id(c, id)? else { return Ok(None) };
        let revision = issuance_request_revision::by_number(c, id, row.revision)?;
        let authors = issuance_request_revision::authors(c, id)?;
        Ok(Some((row, revision, authors, issuance_request_vote::of_request(c, id)?)))
    };
    let found = app.store.read(read).await?.ok_or_else(|| not_found(id))?;
    let (row, Some(revision), mut authors, votes) = found else {
        return Err(OpError::Integrity(format!("request {id} lacks its present revision")));
    };
    let content = read_content(id, &revision.content)?;
    if *content.digest().as_bytes() != row.asked.digest {
        return Err(OpError::Integrity(format!("request {id} is not what its digest says")));
    }
    authors.extend(row.requester_person.clone());
    Ok(Loaded { row, content, authors, votes })
}

pub(super) fn not_found(id: impl std::fmt::Display) -> OpError {
    OpError::NotFound(format!("there is no request {id}"))
}

/// Reads a stored revision.
pub(super) fn read_content(id: IssuanceRequestId, octets: &[u8]) -> Result<IssuanceRequest, OpError> {
    IssuanceRequest::from_bytes(octets).map_err(|fault| OpError::Integrity(format!("request {id}: {fault}")))
}

impl Loaded {
    /// The votes as they are counted.
    pub(super) fn ballot(&self) -> Vec<Vote> {
        self.votes.iter().map(StoredVote::vote).collect()
    }

    /// The votes that count at this moment.
    pub(super) async fn tally(&self, app: &App) -> Result<Tally, OpError> {
        let voters: HashSet<String> = self.votes.iter().map(|vote| vote.voter.clone()).collect();
        let entitled = people::entitled(app, &self.row, voters).await?;
        let required = u32::try_from(self.row.asked.approvals_required).unwrap_or(u32::MAX);
        Ok(Tally::count(self.row.version(), required, &self.authors, &self.ballot(), |name| entitled.contains(name)))
    }
}
