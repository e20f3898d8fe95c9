//! Looking at an HSM: what it is, which keys it holds, and whether it signs.

use std::sync::Arc;
use std::time::Duration;

use ca_core::hsm::{Capabilities, Health, Hsm, HsmError, HsmInfo, KeyDescription, KeyRef, KeyState};
use ca_core::policy::Actor;
use ca_core::policy::action::{ProbeHsm, ReadHsm};
use tokio::time::timeout;

use super::OpError;
use super::certificate::detail::verdict;
use crate::app::App;
use crate::hsm_watch::History;
use crate::policies::Policies;

/// Who asks when the server looks after its HSMs by itself.
pub const READINESS: Actor = Actor::Job { name: "readiness" };

/// Whoever looks at a page does not wait longer for an HSM that hangs.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the HSM says of itself.
///
/// # Errors
/// When the policy denies it or the HSM does not answer.
pub async fn info(policies: &Policies, actor: &Actor, hsm: &dyn Hsm) -> Result<HsmInfo, OpError> {
    permit_reading(policies, actor, hsm)?;
    Ok(hsm.info().await?)
}

/// The keys it holds, public halves only.
///
/// # Errors
/// When the policy denies it or the HSM does not answer.
pub async fn keys(policies: &Policies, actor: &Actor, hsm: &dyn Hsm) -> Result<Vec<KeyDescription>, OpError> {
    permit_reading(policies, actor, hsm)?;
    Ok(hsm.list().await?)
}

fn permit_reading(policies: &Policies, actor: &Actor, hsm: &dyn Hsm) -> Result<(), OpError> {
    let _ = policies.engine().decide(actor, ReadHsm { hsm: hsm.name().to_owned() })?;
    Ok(())
}

/// Destroys a key for good, whatever its state was. One that is not there any more counts as destroyed. Whoever calls this
/// was permitted to.
///
/// # Errors
/// When the HSM does not do it.
pub async fn destroy(hsm: &dyn Hsm, key: &KeyRef) -> Result<(), HsmError> {
    // An HSM that records states destroys only what is out of use; the others refuse this and need it not.
    let _ = hsm.set_state(key, KeyState::Deactivated).await;
    hsm.destroy(key).await
}

/// Asks it for a signature of its canary key.
///
/// # Errors
/// When the policy denies it or the HSM does not sign.
pub async fn probe(policies: &Policies, actor: &Actor, hsm: &dyn Hsm) -> Result<Health, OpError> {
    let _ = policies.engine().decide(actor, ProbeHsm { hsm: hsm.name().to_owned() })?;
    Ok(hsm.health().await?)
}

/// The same, and notes how it went where operators see it.
///
/// # Errors
/// As [`probe`].
pub async fn probe_and_note(app: &App, actor: &Actor, name: &str) -> Result<Health, OpError> {
    let health = probe(&app.policies.load_full(), actor, &**one(app, name)?).await;
    match &health {
        Ok(health) => app.hsm_watch.probed(name, app.clock.now(), Ok(health.elapsed)),
        Err(OpError::Denied(_)) => {}
        Err(error) => app.hsm_watch.probed(name, app.clock.now(), Err(error)),
    }
    health
}

/// An HSM as the server knows it without asking.
#[derive(Clone, Debug)]
pub struct HsmOverview {
    /// Its name.
    pub name: String,
    /// `software` or `pkcs11`.
    pub kind: &'static str,
    /// How it answered lately.
    pub history: History,
    /// Slugs of the authorities whose keys it holds.
    pub authorities: Vec<String>,
}

/// Everything about one HSM.
#[derive(Clone, Debug)]
pub struct HsmDetail {
    /// What is known without asking.
    pub overview: HsmOverview,
    /// What it says of itself and what it can do, or why it does not answer.
    pub info: Result<(HsmInfo, Capabilities), String>,
    /// Its keys, each with the slug of its authority, or why it does not answer.
    pub keys: Result<Vec<(KeyDescription, Option<String>)>, String>,
    /// Whether the viewer may ask for a signature, or why not.
    pub probe: Result<(), String>,
}

/// Every HSM, in the order of the configuration. Asks none of them.
///
/// # Errors
/// When the policy denies it.
pub fn all(app: &App, actor: &Actor) -> Result<Vec<HsmOverview>, OpError> {
    let policies = app.policies.load();
    let mut found = Vec::new();
    for settings in &app.settings.hsms {
        permit_reading(&policies, actor, &**one(app, &settings.name)?)?;
        found.push(overview(app, &settings.name, settings.backend.kind()));
    }
    Ok(found)
}

/// One HSM, asked now.
///
/// # Errors
/// `NotFound`, or when the policy denies it. One that does not answer is told of.
pub async fn detail(app: &App, actor: &Actor, name: &str) -> Result<HsmDetail, OpError> {
    let hsm = one(app, name)?;
    let policies = app.policies.load_full();
    permit_reading(&policies, actor, &**hsm)?;
    let kind = app.settings.hsms.iter().find(|hsm| hsm.name == name).map_or("", |hsm| hsm.backend.kind());
    let info = answer(app, name, async { Ok::<_, OpError>((hsm.info().await?, hsm.capabilities().await?)) }).await;
    let keys = match &info {
        Ok(_) => answer(app, name, async { Ok::<_, OpError>(hsm.list().await?) }).await,
        Err(silence) => Err(silence.clone()),
    };
    let act = ProbeHsm { hsm: name.to_owned() };
    Ok(HsmDetail {
        overview: overview(app, name, kind),
        info,
        keys: keys.map(|keys| keys.into_iter().map(|key| of_authority(app, name, key)).collect()),
        probe: verdict(policies.engine().decide(actor, act)),
    })
}

/// What an HSM answers, or why it does not.
async fn answer<T>(app: &App, name: &str, call: impl Future<Output = Result<T, OpError>>) -> Result<T, String> {
    let told = match timeout(PATIENCE, call).await {
        Ok(told) => told.map_err(|error| error.to_string()),
        Err(_) => Err(format!("HSM {name}: no answer within {} seconds", PATIENCE.as_secs())),
    };
    told.inspect_err(|error| app.hsm_watch.failed(name, app.clock.now(), error))
}

fn one<'a>(app: &'a App, name: &str) -> Result<&'a Arc<dyn Hsm>, OpError> {
    app.hsms.get(name).ok_or_else(|| OpError::NotFound(format!("no HSM is called {name:?}")))
}

fn overview(app: &App, name: &str, kind: &'static str) -> HsmOverview {
    let own = app.authorities.all().iter().filter(|authority| authority.hsm == name);
    HsmOverview {
        name: name.to_owned(),
        kind,
        history: app.hsm_watch.history(name),
        authorities: own.map(|authority| authority.issuer.slug().to_owned()).collect(),
    }
}

fn of_authority(app: &App, hsm: &str, key: KeyDescription) -> (KeyDescription, Option<String>) {
    let owner = app.authorities.all().iter().find(|authority| {
        // The same id in another HSM is another key.
        authority.hsm == hsm && authority.issuer.key().id == key.key.id
    });
    let slug = owner.map(|authority| authority.issuer.slug().to_owned());
    (key, slug)
}
