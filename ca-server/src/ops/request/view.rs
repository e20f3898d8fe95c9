//! Everything that a page or an API answer shows of a request.

use ca_core::issuance_request::approval;
use ca_core::issuance_request::state::Event;
use ca_core::issuance_request::{Change, Difference, IssuanceRequest, RequestState, Tally};
use ca_core::lint::Finding;
use ca_core::policy::Actor;
use ca_core::policy::action::{
    Action, ApproveRequest, CancelRequest, ChangeRequest, CommentRequest, DeliverKey, ReadRequest, RejectRequest,
    RequestFacts, ShareRequest,
};
use ca_core::x509::{Certificate, CertificationRequest};

use super::content::{KeyFacts, as_of_now};
use super::load::{Loaded, load, read_content};
use super::people;
use crate::app::App;
use crate::ops::{OpError, issue};
use crate::store::certificate::{self, CertificateRecord};
use crate::store::fields::IssuanceRequestId;
use crate::store::issuance_request::{self, StoredRequest};
use crate::store::issuance_request_event::{self, RequestEvent};
use crate::store::{Connection, StoreError, issuance_request_revision, profile_version};

pub use crate::store::issuance_request_vote::StoredVote;

/// Lines of history shown.
const HISTORY: i64 = 400;

/// A request, as somebody may see it.
#[derive(Debug)]
pub struct RequestView {
    /// Its row.
    pub row: StoredRequest,
    /// What an approval would be for at this moment.
    pub content: IssuanceRequest,
    /// The authority that is to sign, by name.
    pub authority: String,
    /// The CSR, unless this server made the key.
    pub csr: Option<CertificationRequest>,
    /// What lint has against it, or why no certificate can be built; nothing once it has ended.
    pub findings: Vec<Finding>,
    /// Why it cannot be issued as things are.
    pub obstacle: Option<String>,
    /// What changed since the last approval that does not count any more.
    pub difference: Option<Difference>,
    /// Lines of the profile that went and came since, when it was edited.
    pub profile_lines: Option<(Vec<String>, Vec<String>)>,
    /// Who has approved, and whose votes are void.
    pub tally: Tally,
    /// The votes with their times.
    pub votes: Vec<StoredVote>,
    /// What happened, oldest first.
    pub events: Vec<RequestEvent>,
    /// The certificate it ended with.
    pub certificate: Option<CertificateRecord>,
    /// Whether a private key waits to be taken.
    pub key_waits: bool,
    /// What whoever looks may do now.
    pub may: May,
}

/// For each act: whether it is possible now, else why not.
#[derive(Debug)]
pub struct May {
    /// Voting for it.
    pub approve: Result<(), String>,
    /// Ending it with a no.
    pub reject: Result<(), String>,
    /// Giving it up.
    pub cancel: Result<(), String>,
    /// Asking for something else.
    pub change: Result<(), String>,
    /// Saying something.
    pub comment: Result<(), String>,
    /// Making a code to fetch the certificate with.
    pub share: Result<(), String>,
    /// Taking the private key.
    pub deliver: Result<(), String>,
}

/// Looks at a request.
///
/// # Errors
/// `NotFound`; policy; when the database fails.
pub async fn view(app: &App, actor: &Actor, id: IssuanceRequestId) -> Result<RequestView, OpError> {
    let loaded = load(app, id).await?;
    let facts = people::facts(app, actor, &loaded.row).await?;
    let _ = app.policies.load().engine().decide(actor, ReadRequest(facts.clone()))?;
    let beside = beside(app, &loaded).await?;
    let tally = loaded.tally(app).await?;
    let now = present(app, &loaded).await?;
    let key = KeyFacts::of(&now.content.terms().key)?;
    let person = people::person(app, actor).await?;
    let difference = difference(&loaded, beside.last_voted.as_ref(), &now.content);
    let may = may(app, actor, &facts, &loaded, person.as_deref(), beside.key_waits);
    Ok(RequestView {
        authority: authority_name(app, &now.content.terms().issuer),
        csr: key.csr,
        findings: now.findings,
        obstacle: now.obstacle,
        profile_lines: profile_lines(app, difference.as_ref()).await?,
        difference,
        content: now.content,
        tally,
        votes: loaded.votes,
        row: loaded.row,
        events: beside.events,
        certificate: beside.certificate,
        key_waits: beside.key_waits,
        may,
    })
}

/// The name of an authority, whatever became of it since.
fn authority_name(app: &App, slug: &str) -> String {
    app.authorities.by_slug(slug).map_or_else(|_| slug.to_owned(), |found| found.name.clone())
}

struct Beside {
    events: Vec<RequestEvent>,
    certificate: Option<CertificateRecord>,
    last_voted: Option<IssuanceRequest>,
    key_waits: bool,
}

async fn beside(app: &App, loaded: &Loaded) -> Result<Beside, OpError> {
    let (id, certificate_id) = (loaded.row.id, loaded.row.certificate_id);
    let last_vote = loaded.votes.last().map(|vote| vote.revision);
    let read = move |c: &mut Connection| -> Result<_, StoreError> {
        let events = issuance_request_event::of_request(c, id, HISTORY)?;
        let certificate = certificate_id.map(|id| certificate::by_id(c, id)).transpose()?.flatten();
        let voted =
            last_vote.map(|revision| issuance_request_revision::by_number(c, id, revision)).transpose()?.flatten();
        Ok((events, certificate, voted, issuance_request::private_key(c, id)?.is_some()))
    };
    let (events, certificate, voted, has_key) = app.store.read(read).await?;
    let last_voted = voted.map(|revision| read_content(id, &revision.content)).transpose()?;
    let key_waits = has_key && certificate.is_some();
    Ok(Beside { events, certificate: certificate.map(|found| found.record), last_voted, key_waits })
}

/// A request as profiles and authorities of this moment have it.
struct Present {
    content: IssuanceRequest,
    findings: Vec<Finding>,
    obstacle: Option<String>,
}

async fn present(app: &App, loaded: &Loaded) -> Result<Present, OpError> {
    let stored = || loaded.content.clone();
    if loaded.row.state.after(Event::Change).is_err() {
        return Ok(Present { content: stored(), findings: Vec::new(), obstacle: None });
    }
    let (content, trial) = match as_of_now(app, loaded.content.terms()) {
        Ok(found) => found,
        Err(error) => {
            return Ok(Present { content: stored(), findings: Vec::new(), obstacle: Some(error.to_string()) });
        }
    };
    let key = KeyFacts::of(&content.terms().key)?;
    let blocked = issue::blocked_reason(app, &key.public_key).await?;
    let obstacle = blocked.map(|reason| OpError::BlockedKey(reason).to_string());
    Ok(Present { content, findings: trial.findings().to_vec(), obstacle })
}

/// What changed: since the last vote, if that one is stale, else since what is stored.
fn difference(loaded: &Loaded, voted: Option<&IssuanceRequest>, now: &IssuanceRequest) -> Option<Difference> {
    let since = voted.unwrap_or(&loaded.content);
    Some(Difference::between(since, now)).filter(|difference| !difference.is_empty())
}

/// The lines of a profile that an edit took away and added.
async fn profile_lines(
    app: &App,
    difference: Option<&Difference>,
) -> Result<Option<(Vec<String>, Vec<String>)>, OpError> {
    let edited = difference.into_iter().flat_map(Difference::changes).find_map(|change| match change {
        Change::ProfileVersion { before, after, .. } => Some((*before.as_bytes(), *after.as_bytes())),
        _ => None,
    });
    let Some((before, after)) = edited else { return Ok(None) };
    let read = move |c: &mut Connection| -> Result<_, StoreError> {
        Ok((profile_version::by_hash(c, before)?, profile_version::by_hash(c, after)?))
    };
    let (Some(before), Some(after)) = app.store.read(read).await? else { return Ok(None) };
    let only = |these: &str, those: &str| -> Vec<String> {
        these.lines().filter(|line| !those.lines().any(|other| other == *line)).map(str::to_owned).collect()
    };
    Ok(Some((only(&before.canonical, &after.canonical), only(&after.canonical, &before.canonical))))
}

fn may(app: &App, actor: &Actor, facts: &RequestFacts, loaded: &Loaded, person: Option<&str>, key_waits: bool) -> May {
    let state = loaded.row.state;
    let step = |event| state.after(event).map(drop).map_err(|refusal| refusal.to_string());
    let version = loaded.row.version();
    let votes = |person| approval::admit(version, &loaded.authors, &loaded.ballot(), person, version.digest);
    let admitted = person.map_or(Ok(()), votes).map_err(|refusal| refusal.to_string());
    let deliverable = if key_waits { Ok(()) } else { Err("there is no private key to hand over".to_owned()) };
    May {
        approve: asks(app, actor, ApproveRequest(facts.clone())).and(admitted).and_then(|()| match state {
            RequestState::Pending => Ok(()),
            _ => step(Event::ApprovalsComplete),
        }),
        reject: asks(app, actor, RejectRequest(facts.clone())).and_then(|()| step(Event::Reject)),
        cancel: asks(app, actor, CancelRequest(facts.clone())).and_then(|()| step(Event::Cancel)),
        change: asks(app, actor, ChangeRequest(facts.clone())).and_then(|()| step(Event::Change)),
        comment: asks(app, actor, CommentRequest(facts.clone())),
        share: asks(app, actor, ShareRequest(facts.clone())),
        deliver: asks(app, actor, DeliverKey(facts.clone())).and(deliverable),
    }
}

fn asks<A: Action>(app: &App, actor: &Actor, act: A) -> Result<(), String> {
    app.policies.load().engine().decide(actor, act).map(drop).map_err(|denied| denied.to_string())
}

/// The certificate of a request and those above it, in PEM.
///
/// # Errors
/// `NotFound` before there is one; policy.
pub async fn chain(app: &App, actor: &Actor, id: IssuanceRequestId) -> Result<String, OpError> {
    let row = load(app, id).await?.row;
    let facts = people::facts(app, actor, &row).await?;
    let _ = app.policies.load().engine().decide(actor, ReadRequest(facts))?;
    let missing = || OpError::NotFound(format!("the request is {}: there is no certificate", row.state));
    let certificate = row.certificate_id.ok_or_else(missing)?;
    let found = app.store.read(move |c| certificate::by_id(c, certificate)).await?.ok_or_else(missing)?;
    chain_pem(app, &found)
}

/// PEM of a stored certificate and of the CA certificates above it.
pub(super) fn chain_pem(app: &App, stored: &certificate::Certificate) -> Result<String, OpError> {
    let certificate = Certificate::from_der(&stored.der)
        .map_err(|fault| OpError::Integrity(format!("certificate {}: {fault}", stored.record.id)))?;
    let chain = app.authorities.by_slug(&stored.record.issuer)?.issuer.chain();
    Ok(format!("{}{}", certificate.to_pem(), chain.to_pem()))
}
