//! What a grant is worth: one person's word, for a profile that asks for no more, as long as that person may still give it.

use ca_core::acme::Problem;
use ca_core::policy::Actor;
use ca_core::policy::action::CreateGrant;
use ca_core::signing::{Format, SigningProfile};

use super::ask::refusal;
use super::people;
use crate::app::App;
use crate::ops::OpError;
use crate::store::fields::OperatorState;
use crate::store::operator::{self, Operator};
use crate::store::signing_grant::{self, SigningGrant};

/// Whether grants can be given under a profile, and used: one person gives them, and they sign bare digests.
///
/// # Errors
/// A problem with status 422 that names the profile's rule.
pub fn require_grantable(profile: &SigningProfile) -> Result<(), OpError> {
    let name = profile.name();
    if !profile.formats().contains(&Format::Raw) {
        let known: Vec<&str> = profile.formats().iter().map(|format| format.as_str()).collect();
        let known = known.join(", ");
        let detail = format!("the profile {name} signs {known}: a grant is for bare digests, which are the format raw");
        return Err(refusal(detail));
    }
    let need: u32 = profile.stages().iter().map(|stage| stage.required).sum();
    if need > 1 {
        let stages: Vec<String> =
            profile.stages().iter().map(|stage| format!("{} with the role {}", stage.required, stage.group)).collect();
        let stages = stages.join(", then ");
        return Err(refusal(format!(
            "the profile {name} asks for {need} people ({stages}; approval.stages): a grant is the word of one, so there \
             are none under it"
        )));
    }
    Ok(())
}

/// Why somebody with these roles may not give this grant, if so: the role of the profile's stage, and what the policies say.
pub(super) fn missing(app: &App, profile: &SigningProfile, giver: &Actor, act: CreateGrant) -> Option<String> {
    let Actor::Operator { roles, .. } = giver else { return Some("is no person".to_owned()) };
    let stage = profile.stages().first().filter(|stage| !roles.contains(&stage.group));
    if let Some(stage) = stage {
        return Some(format!("does not hold the role {}, which the profile {} asks for", stage.group, profile.name()));
    }
    let denied = app.policies.load().engine().decide(giver, act).err();
    denied.map(|denied| format!("may not grant any more: {denied}"))
}

/// The grant that whoever is known as `subject` may spend now, if there is one in force: the one that ends first of those
/// whose givers still stand behind them.
///
/// # Errors
/// A problem with status 403 when the giver of every one is out, has lost the role, or is who asks; 422 when the profile has
/// been changed to one under which nothing can be granted.
pub(super) async fn usable(
    app: &App,
    actor: &Actor,
    profile: &SigningProfile,
    subject: &str,
) -> Result<Option<SigningGrant>, OpError> {
    let (name, grantee, now) = (profile.name().to_owned(), subject.to_owned(), app.clock.now());
    let found = app.store.read(move |c| signing_grant::in_force(c, &name, &grantee, now)).await?;
    if found.is_empty() {
        return Ok(None);
    }
    require_grantable(profile)?;
    let mut refusal = String::new();
    for grant in found {
        match withdrawn(app, actor, profile, &grant).await? {
            None => return Ok(Some(grant)),
            Some(reason) => refusal = format!("the grant {} counts no more: {reason}", grant.id),
        }
    }
    Err(Problem::unauthorized(format!("{refusal}; have it granted anew by somebody else")).with_status(403).into())
}

/// Why the giver of a grant does not stand behind it any more, if so.
async fn withdrawn(
    app: &App,
    actor: &Actor,
    profile: &SigningProfile,
    grant: &SigningGrant,
) -> Result<Option<String>, OpError> {
    let name = grant.created_by.clone();
    let giver = app.store.read(move |c| operator::by_name(c, &name)).await?;
    let Some(giver) = giver.filter(|giver| giver.state == OperatorState::Active) else {
        return Ok(Some(format!("{}, who gave it, is disabled", grant.created_by)));
    };
    if people::is_behind(app, &giver, actor) || grant.grantee.eq_ignore_ascii_case(&format!("operator:{}", giver.name))
    {
        return Ok(Some(format!("{}, who gave it, is behind whoever asks", giver.name)));
    }
    let Operator { name, roles, .. } = giver;
    let act = CreateGrant {
        profile: profile.name().to_owned(),
        environment: profile.environment().as_str(),
        grantee: grant.grantee.clone(),
        signatures: grant.max_signatures,
        own: false,
    };
    let reason = missing(app, profile, &Actor::Operator { name: name.clone(), roles }, act);
    Ok(reason.map(|reason| format!("{name}, who gave it, {reason}")))
}
