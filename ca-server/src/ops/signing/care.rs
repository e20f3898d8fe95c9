//! What the server does for signing profiles by itself, and how it went: seen on the overview page, by `signet doctor`, and in
//! the metrics, until it went well.

use std::collections::BTreeMap;
use std::time::Duration;

use ca_core::signing::SigningProfile;

use crate::app::App;
use crate::ops::OpError;
use crate::store::fields::SigningCheckKind;
use crate::store::signing_check::{self, SigningCheck};

/// Does it for a profile if nobody did within `every`, and writes down how it went.
///
/// # Errors
/// When the database fails. What else went wrong is in the log and in the table.
pub(super) async fn take<F>(
    app: &App,
    profile: &SigningProfile,
    kind: SigningCheckKind,
    every: Duration,
    deed: impl FnOnce() -> F,
) -> Result<(), OpError>
where
    F: Future<Output = Result<(), OpError>>,
{
    let (name, begun) = (profile.name().to_owned(), app.clock.now());
    let ours = app.store.write(move |c| signing_check::begin(c, &name, kind, begun, begun.minus(every)));
    if !ours.await? {
        return Ok(());
    }
    let fault = deed().await.err().map(|error| error.to_string());
    if let Some(fault) = &fault {
        tracing::warn!(
            profile = profile.name(),
            check = kind.as_str(),
            fault,
            "a signing profile is not as it should be"
        );
    }
    let name = profile.name().to_owned();
    app.store.write(move |c| signing_check::end(c, &name, kind, begun, fault.as_deref())).await?;
    Ok(())
}

/// There is nothing to do for a profile now.
///
/// # Errors
/// When the database fails.
pub(super) async fn settle(app: &App, profile: &SigningProfile, kind: SigningCheckKind) -> Result<(), OpError> {
    let name = profile.name().to_owned();
    let settled = app.store.write(move |c| signing_check::settle(c, &name, kind));
    Ok(settled.await?)
}

/// How it went last for the profiles that are in force and not frozen.
///
/// # Errors
/// When the database fails.
pub async fn all(app: &App) -> Result<Vec<SigningCheck>, OpError> {
    let found = app.store.read(signing_check::all).await?;
    let policies = app.policies.load();
    let awake = |name: &str| policies.signing_profile(name).is_some_and(|profile| !profile.limits().frozen);
    Ok(found.into_iter().filter(|row| awake(&row.profile)).collect())
}

/// Sets the gauges: each server by what the database says, whichever did it.
///
/// # Errors
/// When the database fails.
pub async fn gauges(app: &App) -> Result<(), OpError> {
    let mut found: BTreeMap<_, bool> = BTreeMap::new();
    for row in app.store.read(signing_check::all).await? {
        found.insert((row.profile, row.kind), true);
    }
    for row in all(app).await? {
        found.insert((row.profile, row.kind), row.fault.is_none());
    }
    for ((profile, kind), well) in found {
        let labels = [("profile", profile), ("check", kind.to_string())];
        metrics::gauge!("signet_signing_check_ok", &labels).set(if well { 1.0 } else { 0.0 });
    }
    Ok(())
}
