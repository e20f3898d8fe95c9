//! Everything that a page or an API answer shows of a request for signatures.

use std::collections::HashMap;
use std::sync::Arc;

use ca_core::policy::Actor;
use ca_core::policy::action::{
    Action, ApproveSigning, BreakGlass, CancelSigning, ReadSigning, RejectSigning, SigningFacts,
};
use ca_core::signing::{SigningEvent, SigningProfile, SigningState, SigningTally};

use super::load::{Loaded, items as all_items, load};
use super::people;
use crate::app::App;
use crate::ops::OpError;
use crate::store::certificate::{self, CertificateRecord};
use crate::store::fields::SigningRequestId;
use crate::store::signature::{self, LedgerLine};
use crate::store::signing_event;
use crate::store::signing_item::{self, StoredItem};
use crate::store::signing_request_list;
use crate::store::{Connection, StoreError};

pub use crate::store::fields::SigningEventKind;
pub use crate::store::signing_event::SigningEvent as SigningHistory;
pub use crate::store::signing_request::StoredSigningRequest;
pub use crate::store::signing_vote::StoredSigningVote;

/// Lines of history shown.
const HISTORY: i64 = 400;

/// A request, as somebody may see it.
#[derive(Clone, Debug)]
pub struct SigningView {
    /// Its row.
    pub row: StoredSigningRequest,
    /// The version of the profile that it was made under.
    pub profile: Arc<SigningProfile>,
    /// The stages, and who has approved.
    pub tally: SigningTally,
    /// How many signatures there are; none is released before all are.
    pub signed: i64,
    /// What whoever looks may do now.
    pub may: SigningMay,
}

/// For each act: whether it is possible now, else why not.
#[derive(Clone, Debug)]
pub struct SigningMay {
    /// Voting for it.
    pub approve: Result<(), String>,
    /// Ending it with a no.
    pub reject: Result<(), String>,
    /// Giving it up.
    pub cancel: Result<(), String>,
    /// Letting it through alone.
    pub break_glass: Result<(), String>,
}

/// What is beside a request: for a page about it.
#[derive(Clone, Debug)]
pub struct SigningDetails {
    /// Who voted, and when.
    pub votes: Vec<StoredSigningVote>,
    /// What happened, oldest first.
    pub events: Vec<SigningHistory>,
    /// The certificate that signs.
    pub certificate: Option<CertificateRecord>,
    /// The newest signed request of the profile before it.
    pub last_release: Option<StoredSigningRequest>,
    /// What differs from that.
    pub changes: Vec<ItemChange>,
}

/// How an artifact differs from the one of the same name in the release before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemChange {
    /// There was none.
    Added(String),
    /// There is none any more.
    Removed(String),
    /// It has another digest.
    Changed(String),
}

/// Looks at a request.
///
/// # Errors
/// `NotFound`; policy; when the database fails.
pub async fn view(app: &App, actor: &Actor, id: SigningRequestId) -> Result<SigningView, OpError> {
    let loaded = load(app, id).await?;
    let facts = people::facts(app, actor, &loaded).await?;
    let _ = app.policies.load().engine().decide(actor, ReadSigning(facts.clone()))?;
    let tally = loaded.tally(app).await?;
    let may = may(app, actor, &facts, &loaded, &tally);
    Ok(SigningView { row: loaded.row, profile: loaded.profile, tally, signed: loaded.signed, may })
}

fn may(app: &App, actor: &Actor, facts: &SigningFacts, loaded: &Loaded, tally: &SigningTally) -> SigningMay {
    let step = |event| loaded.row.state.after(event).map(drop).map_err(|refusal| refusal.to_string());
    let admitted = match actor {
        Actor::Operator { name, roles } => {
            let admitted = tally.admit(&people::excluded(facts, name), name, roles, loaded.row.set());
            admitted.map(drop).map_err(|refusal| refusal.to_string())
        }
        _ => Ok(()),
    };
    SigningMay {
        approve: step(SigningEvent::ApprovalsComplete)
            .and(asks(app, actor, ApproveSigning(facts.clone())))
            .and(admitted),
        reject: step(SigningEvent::Reject).and(asks(app, actor, RejectSigning(facts.clone()))),
        cancel: step(SigningEvent::Cancel).and(asks(app, actor, CancelSigning(facts.clone()))),
        break_glass: step(SigningEvent::ApprovalsComplete).and(asks(app, actor, BreakGlass(facts.clone()))),
    }
}

fn asks<A: Action>(app: &App, actor: &Actor, act: A) -> Result<(), String> {
    app.policies.load().engine().decide(actor, act).map(drop).map_err(|denied| denied.to_string())
}

/// What is beside a request.
///
/// # Errors
/// As [`view`].
pub async fn details(app: &App, actor: &Actor, id: SigningRequestId) -> Result<SigningDetails, OpError> {
    let view = view(app, actor, id).await?;
    let (profile, certificate_id) = (view.row.profile.clone(), view.row.certificate_id);
    let read = move |c: &mut Connection| -> Result<_, StoreError> {
        let certificate = certificate_id.map(|id| certificate::by_id(c, id)).transpose()?.flatten();
        let last = signing_request_list::last_signed(c, &profile, id)?;
        Ok((signing_event::of_request(c, id, HISTORY)?, certificate, last))
    };
    let (events, certificate, last_release) = app.store.read(read).await?;
    let changes = match &last_release {
        Some(last) => changes(&all_items(app, last).await?.0, &all_items(app, &view.row).await?.0),
        None => Vec::new(),
    };
    Ok(SigningDetails {
        votes: load(app, id).await?.votes,
        events,
        certificate: certificate.map(|found| found.record),
        last_release,
        changes,
    })
}

fn changes(before: &[StoredItem], now: &[StoredItem]) -> Vec<ItemChange> {
    let by_name = |items: &[StoredItem]| -> HashMap<String, Vec<u8>> {
        items.iter().map(|item| (item.name.clone(), item.digest.clone())).collect()
    };
    let (old, new) = (by_name(before), by_name(now));
    let current = now.iter().filter_map(|item| match old.get(&item.name) {
        None => Some(ItemChange::Added(item.name.clone())),
        Some(digest) if *digest != item.digest => Some(ItemChange::Changed(item.name.clone())),
        Some(_) => None,
    });
    let gone = before.iter().filter(|item| !new.contains_key(&item.name));
    current.chain(gone.map(|item| ItemChange::Removed(item.name.clone()))).collect()
}

/// An artifact with what became of it.
#[derive(Clone, Debug)]
pub struct ItemView {
    /// The artifact.
    pub item: StoredItem,
    /// Its signature, once all of them are there.
    pub signature: Option<LedgerLine>,
}

/// Artifacts of a request in the order of submission, after a given number.
///
/// # Errors
/// As [`view`].
pub async fn items(
    app: &App,
    actor: &Actor,
    id: SigningRequestId,
    after: i64,
    limit: i64,
) -> Result<(SigningView, Vec<ItemView>), OpError> {
    let view = view(app, actor, id).await?;
    let is_signed = view.row.state == SigningState::Signed;
    let read = move |c: &mut Connection| -> Result<_, StoreError> {
        let items = signing_item::of_request(c, id, after, limit)?;
        let signatures = if is_signed { signature::of_request(c, id, after, limit)? } else { Vec::new() };
        Ok((items, signatures))
    };
    let (items, signatures) = app.store.read(read).await?;
    let mut lines: HashMap<i64, LedgerLine> =
        signatures.into_iter().filter_map(|line| Some((line.record.n?, line))).collect();
    let items = items.into_iter().map(|item| ItemView { signature: lines.remove(&item.n), item });
    Ok((view, items.collect()))
}

/// The signature over one artifact.
///
/// # Errors
/// `Conflict` while not all of them are there; `NotFound`; as [`view`].
pub async fn signature(
    app: &App,
    actor: &Actor,
    id: SigningRequestId,
    n: i64,
) -> Result<(SigningView, Vec<u8>), OpError> {
    let view = view(app, actor, id).await?;
    require_signed(&view.row)?;
    let missing = || OpError::NotFound(format!("the request has no item {n}: they are counted from 1"));
    let octets = app.store.read(move |c| signature::octets(c, id, n)).await?.ok_or_else(missing)?;
    Ok((view, octets))
}

pub(super) fn require_signed(row: &StoredSigningRequest) -> Result<(), OpError> {
    if row.state == SigningState::Signed {
        return Ok(());
    }
    Err(OpError::Conflict(format!("the request is {}: there are signatures once it is signed", row.state)))
}
