//! The signing profiles, and which of them somebody may ask under.

use std::sync::Arc;

use ca_core::hsm::DigestAlgorithm;
use ca_core::policy::Actor;
use ca_core::policy::action::{ListSigningProfiles, SubmitSigning};
use ca_core::signing::{DigestItem, DigestSet, SigningProfile};

use crate::app::App;
use crate::ops::OpError;

/// A profile, as somebody sees it.
#[derive(Clone, Debug)]
pub struct ProfileView {
    /// The profile.
    pub profile: Arc<SigningProfile>,
    /// Whether whoever looks may ask under it.
    pub usable: bool,
}

/// Every profile, by name. Machines see those that they may ask under.
///
/// # Errors
/// Policy.
pub fn list(app: &App, actor: &Actor) -> Result<Vec<ProfileView>, OpError> {
    let policies = app.policies.load();
    let _ = policies.engine().decide(actor, ListSigningProfiles)?;
    let usable = |profile: &SigningProfile| {
        let act = SubmitSigning {
            profile: profile.name().to_owned(),
            environment: profile.environment().as_str(),
            set: example(profile)?,
        };
        policies.engine().decide(actor, act).ok()
    };
    let view =
        |profile: &Arc<SigningProfile>| ProfileView { usable: usable(profile).is_some(), profile: Arc::clone(profile) };
    let sees_all = matches!(actor, Actor::Operator { .. });
    Ok(policies.signing_profiles().map(view).filter(|view| view.usable || sees_all).collect())
}

/// Something that could be asked for under a profile.
fn example(profile: &SigningProfile) -> Option<DigestSet> {
    let algorithm: DigestAlgorithm = *profile.digests().first()?;
    let item = DigestItem { name: "example".to_owned(), algorithm, digest: vec![0; algorithm.output_len()] };
    DigestSet::new(*profile.formats().first()?, vec![item]).ok()
}
