//! One signing profile with its key, its certificate and its newest requests.

use std::sync::Arc;

use ca_core::policy::Actor;
use ca_core::policy::action::ListSigningProfiles;
use ca_core::signing::SigningProfile;

use super::inbox::{self, Line};
use super::list::{self, Wanted};
use crate::app::App;
use crate::ops::OpError;
use crate::store::certificate::{self, CertificateRecord};
use crate::store::hsm_key::HsmKey;
use crate::store::{Connection, StoreError, signing_key};

/// Requests that are shown.
const NEWEST: i64 = 5;

/// A profile with what belongs to it.
#[derive(Clone, Debug)]
pub struct ProfileDetails {
    /// The profile in force.
    pub profile: Arc<SigningProfile>,
    /// Name of the HSM with its key.
    pub hsm: String,
    /// Name of the authority that issues its certificates.
    pub issuer: String,
    /// Its key, once it is made.
    pub key: Option<HsmKey>,
    /// The certificate of the newest signatures, or the one that serves all requests.
    pub certificate: Option<CertificateRecord>,
    /// The newest requests under it; none for whoever may not see them.
    pub requests: Vec<Line>,
}

/// Looks at a profile.
///
/// # Errors
/// `NotFound`; policy; when the database fails.
pub async fn one(app: &App, actor: &Actor, name: &str) -> Result<ProfileDetails, OpError> {
    let policies = app.policies.load_full();
    let _ = policies.engine().decide(actor, ListSigningProfiles)?;
    let unknown = || OpError::NotFound(format!("there is no signing profile {name:?}"));
    let profile = Arc::clone(policies.signing_profile(name).ok_or_else(unknown)?);
    let (issuer, hsm) = places(app, &profile)?;
    let wanted = Wanted { profile: Some(name.to_owned()), ..Wanted::default() };
    let requests = match list::list(app, actor, &wanted, None, NEWEST).await {
        Ok(found) => inbox::lines(app, found.items).await?,
        Err(OpError::Denied(_)) => Vec::new(),
        Err(error) => return Err(error),
    };
    let newest = requests.iter().find_map(|line| line.row.certificate_id);
    let (name, place, algorithm) = (profile.name().to_owned(), hsm.clone(), profile.key().to_string());
    let read = move |c: &mut Connection| -> Result<_, StoreError> {
        let (row, key) = signing_key::of_profile(c, &name, &place, &algorithm)?.unzip();
        let id = row.and_then(|row| row.certificate_id).or(newest);
        let certificate = id.map(|id| certificate::by_id(c, id)).transpose()?.flatten();
        Ok((key, certificate.map(|found| found.record)))
    };
    let (key, certificate) = app.store.read(read).await?;
    Ok(ProfileDetails { profile, hsm, issuer, key, certificate, requests })
}

/// Names of the authority and the HSM.
fn places(app: &App, profile: &SigningProfile) -> Result<(String, String), OpError> {
    let named = profile.certificate().issuer.as_deref();
    let authority = match named {
        Some(name) => app.authorities.all().iter().find(|authority| authority.name == name),
        None => Some(app.authorities.default_issuing()?),
    };
    let issuer = authority.map(|found| found.name.clone()).or(named.map(str::to_owned)).unwrap_or_default();
    let hsm = profile.hsm().map(str::to_owned).or(authority.map(|found| found.hsm.clone())).unwrap_or_default();
    Ok((issuer, hsm))
}
