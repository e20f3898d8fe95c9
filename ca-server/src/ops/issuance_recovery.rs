//! Finishing what a dead process began: an intent whose lease ran out is signed again, byte for byte, or given up.

use std::time::Duration;

use ca_core::acme::Problem;
use ca_core::issuance::{LintedCertificate, Signer};
use ca_core::policy::Actor;
use ca_core::policy::action::{AbandonIssuance, ResumeIssuance};

use super::acme::Origin;
use super::issue::{self, LEASE};
use super::{OpError, audit, request};
use crate::app::App;
use crate::store::issuance_intent::{self, Abandonment, Intent};
use crate::store::issuance_request;

/// Intents taken up at once.
const BATCH: i64 = 32;

/// After so long an intent is given up.
const PATIENCE: Duration = Duration::from_secs(3600);

const ACTOR: Actor = Actor::Job { name: "intent-recovery" };

/// Takes up every intent whose lease has run out.
///
/// # Errors
/// When the database fails. An intent that cannot be finished now keeps its new lease and is taken up again after it.
pub async fn take_over(app: &App) -> Result<(), OpError> {
    let (now, holder) = (app.clock.now(), app.instance.clone());
    let taken = app.store.write(move |c| issuance_intent::take_over(c, &holder, now, now.plus(LEASE), BATCH)).await?;
    for intent in taken {
        let id = intent.id;
        if let Err(error) = resume_or_abandon(app, intent).await {
            tracing::warn!(intent = %id, %error, "an intent could not be finished; it is taken up again");
        }
    }
    Ok(())
}

async fn resume_or_abandon(app: &App, intent: Intent) -> Result<(), OpError> {
    if app.clock.now().since(intent.created_at) > PATIENCE {
        let why = "the certificate could not be signed within an hour";
        return abandon(app, &intent, why, &Problem::server_internal(), Again::Sensible).await;
    }
    match resume(app, &intent).await {
        Err(error) if is_pointless(&intent, &error) => {
            abandon(app, &intent, &error.to_string(), &error.to_problem(), Again::Pointless).await
        }
        other => other,
    }
}

/// An ACME client orders again by itself. People would have to approve again, so a request ends only with what is final.
fn is_pointless(intent: &Intent, error: &OpError) -> bool {
    match issuance_request::of_submission(&intent.facts) {
        Some(_) => error.is_final(),
        None => !error.is_transient(),
    }
}

async fn resume(app: &App, intent: &Intent) -> Result<(), OpError> {
    let facts = &intent.facts;
    let authority = app.authorities.by_slug(&facts.issuer)?;
    let act =
        ResumeIssuance { issuer: authority.name.clone(), serial: facts.serial.clone(), profile: facts.profile.clone() };
    let permitted = app.policies.load().engine().decide(&ACTOR, act)?;
    let profile = app.profile_versions.load(&app.store, facts.profile_hash).await?;
    let signer = Signer::Issuer(&authority.issuer);
    let linted = LintedCertificate::resume(&permitted, &intent.tbs_certificate, profile.kind(), signer)?;
    let event = issue::describe(audit::event(app, &permitted, &origin(intent), issue::object(facts)), facts);
    issue::finish(app, authority, intent.id, facts.clone(), linted, event).await.map(drop)
}

/// Whether a request whose intent is given up is worth an intent of another serial.
#[derive(Clone, Copy, PartialEq)]
enum Again {
    Sensible,
    Pointless,
}

async fn abandon(app: &App, intent: &Intent, why: &str, problem: &Problem, again: Again) -> Result<(), OpError> {
    tracing::error!(intent = %intent.id, why, "an intent is given up; its serial is listed as revoked");
    let facts = &intent.facts;
    let authority = app.authorities.by_slug(&facts.issuer)?;
    let act = AbandonIssuance {
        issuer: authority.name.clone(),
        serial: facts.serial.clone(),
        profile: facts.profile.clone(),
    };
    let permitted = app.policies.load().engine().decide(&ACTOR, act)?;
    let event = audit::event(app, &permitted, &origin(intent), issue::object(facts));
    let event = issue::describe(event, facts).detail("why", why);
    let told = problem.detail().to_owned();
    let problem = serde_json::to_string(problem).map_err(|fault| OpError::Integrity(fault.to_string()))?;
    let for_good = (again == Again::Pointless).then_some(told);
    let abandonment = Abandonment { at: app.clock.now(), problem, reason: "cessationOfOperation".to_owned(), for_good };
    let record = match &abandonment.for_good {
        Some(told) => request::issued::given_up(app, facts, &event.actor, why, told).await?,
        None => None,
    };
    let intent = intent.clone();
    let write = app.store.write(move |c| {
        if issuance_intent::abandon(c, &intent, &abandonment, &event)?
            && let Some(record) = &record
        {
            record.write(c)?;
        }
        Ok(())
    });
    Ok(write.await?)
}

fn origin(intent: &Intent) -> Origin {
    Origin { address: "job".to_owned(), request_id: intent.facts.request_id.clone() }
}
