//! Looking at an HSM: what it is, which keys it holds, and whether it signs.

use ca_core::hsm::{Health, Hsm, HsmInfo, KeyDescription};
use ca_core::policy::Actor;
use ca_core::policy::action::{ProbeHsm, ReadHsm};

use super::OpError;
use crate::policies::Policies;

/// Who asks when the server looks after its HSMs by itself.
pub const READINESS: Actor = Actor::Job { name: "readiness" };

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

/// Asks it for a signature of its canary key.
///
/// # Errors
/// When the policy denies it or the HSM does not sign.
pub async fn probe(policies: &Policies, actor: &Actor, hsm: &dyn Hsm) -> Result<Health, OpError> {
    let _ = policies.engine().decide(actor, ProbeHsm { hsm: hsm.name().to_owned() })?;
    Ok(hsm.health().await?)
}
