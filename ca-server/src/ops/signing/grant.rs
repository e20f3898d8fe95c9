//! Grants: so many signatures of digests that somebody may have made until an instant, for tools that cannot wait.

use ca_core::policy::Actor;
use ca_core::policy::action::{CreateGrant, ListGrants, RevokeGrant};
use ca_core::time::UnixTime;

use super::ask::refusal;
use super::{grantor, people};
use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::listing::Listing;
use crate::ops::request::people::person;
use crate::ops::{OpError, audit};
use crate::store::audit_event;
use crate::store::fields::SigningGrantId;
use crate::store::signing_grant;

pub use crate::store::signing_grant::SigningGrant;

/// What is to be granted.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Name of the signing profile.
    pub profile: String,
    /// Who may sign: `ISSUER#SUBJECT` of a CI's token, or `operator:NAME` for the API tokens of an operator.
    pub grantee: String,
    /// How many signatures.
    pub max_signatures: i64,
    /// Until when.
    pub not_after: UnixTime,
}

/// Most signatures of one grant.
const MOST: i64 = 100_000;

/// Longest life of a grant, in seconds.
const LONGEST: u64 = 30 * 86_400;

/// Grants signatures.
///
/// # Errors
/// `NotFound` for a profile that is not there; a problem with status 422 for what cannot be granted, as under a profile that
/// more than one person has to approve; `Conflict` without the role of the profile's stage; policy.
pub async fn create(app: &App, actor: &Actor, origin: &Origin, asked: Asked) -> Result<SigningGrant, OpError> {
    let profile = app.policies.load().signing_profile(&asked.profile).map(std::sync::Arc::clone);
    let unknown = || OpError::NotFound(format!("there is no signing profile {:?}", asked.profile));
    let profile = profile.ok_or_else(unknown)?;
    let own = people::subject(app, actor).await?.eq_ignore_ascii_case(&asked.grantee);
    let act = CreateGrant {
        profile: profile.name().to_owned(),
        environment: profile.environment().as_str(),
        grantee: asked.grantee.clone(),
        signatures: asked.max_signatures,
        own,
    };
    let permitted = app.policies.load().engine().decide(actor, act.clone())?;
    grantor::require_grantable(&profile)?;
    check(app, &asked)?;
    if own {
        return Err(OpError::Conflict("nobody grants signatures to themself".to_owned()));
    }
    if let Some(reason) = grantor::missing(app, &profile, actor, act) {
        return Err(OpError::Conflict(format!("{actor} {reason}")));
    }
    let grant = SigningGrant {
        id: SigningGrantId::new(app.entropy.uuid()),
        profile: asked.profile,
        grantee: asked.grantee,
        max_signatures: asked.max_signatures,
        used: 0,
        created_by: person(app, actor).await?.unwrap_or_else(|| actor.to_string()),
        created_at: app.clock.now(),
        not_after: asked.not_after,
        revoked_by: None,
        revoked_at: None,
    };
    let event = audit::event(app, &permitted, origin, object(grant.id))
        .detail("profile", &grant.profile)
        .detail("grantee", &grant.grantee)
        .detail("max_signatures", grant.max_signatures)
        .detail("not_after", grant.not_after);
    let new = grant.clone();
    app.store
        .write(move |c| {
            signing_grant::insert(c, &new)?;
            audit_event::insert(c, &event)
        })
        .await?;
    Ok(grant)
}

fn check(app: &App, asked: &Asked) -> Result<(), OpError> {
    let now = app.clock.now();
    if !(1..=MOST).contains(&asked.max_signatures) {
        return Err(refusal(format!("max_signatures is between 1 and {MOST}")));
    }
    if asked.not_after <= now || asked.not_after.since(now).as_secs() > LONGEST {
        return Err(refusal("not_after lies in the future, by at most 30 days"));
    }
    let known = asked.grantee.contains('#') || asked.grantee.starts_with("operator:");
    if !known || asked.grantee.chars().count() > 600 || asked.grantee.chars().any(char::is_control) {
        return Err(refusal(
            "grantee is ISSUER#SUBJECT of a CI's token, or operator:NAME for an operator's API tokens",
        ));
    }
    Ok(())
}

/// A grant, as the audit trail calls it.
pub(super) fn object(id: SigningGrantId) -> String {
    format!("signing-grant {id}")
}

/// Grants, newest first.
///
/// # Errors
/// Policy; when the database fails.
pub async fn list(
    app: &App,
    actor: &Actor,
    after: Option<SigningGrantId>,
    limit: i64,
) -> Result<Listing<SigningGrant>, OpError> {
    let _ = app.policies.load().engine().decide(actor, ListGrants)?;
    let found = app.store.read(move |c| signing_grant::list(c, after, limit + 1)).await?;
    Ok(Listing::of_rows(found, limit, |grant| grant.id.to_string()))
}

/// Takes a grant back.
///
/// # Errors
/// `NotFound`; `Conflict` when it was taken back before; policy.
pub async fn revoke(app: &App, actor: &Actor, origin: &Origin, id: SigningGrantId) -> Result<SigningGrant, OpError> {
    let missing = || OpError::NotFound(format!("there is no grant {id}"));
    let mut grant = app.store.read(move |c| signing_grant::by_id(c, id)).await?.ok_or_else(missing)?;
    let act = RevokeGrant { grant: id.to_string(), profile: grant.profile.clone() };
    let permitted = app.policies.load().engine().decide(actor, act)?;
    let event = audit::event(app, &permitted, origin, object(id)).detail("used", grant.used);
    let by = person(app, actor).await?.unwrap_or_else(|| actor.to_string());
    (grant.revoked_by, grant.revoked_at) = (Some(by.clone()), Some(app.clock.now()));
    let now = app.clock.now();
    let write = app.store.write(move |c| {
        let done = signing_grant::revoke(c, id, &by, now)?;
        if done {
            audit_event::insert(c, &event)?;
        }
        Ok(done)
    });
    let done = write.await?;
    done.then_some(grant).ok_or_else(|| OpError::Conflict("the grant was taken back before".to_owned()))
}
