//! The ACME endpoints of this installation, as they are configured.

use std::time::Duration;

use ca_core::policy::Actor;

use super::permitted_endpoints;
use crate::app::App;
use crate::config::AcmeSettings;
use crate::ops::OpError;

/// An endpoint.
#[derive(Clone, Debug)]
pub struct EndpointSeen {
    /// Its name.
    pub name: String,
    /// Where clients begin.
    pub directory: String,
    /// The authority that signs.
    pub issuer: String,
    /// What a client may ask for; the first is the default.
    pub profiles: Vec<String>,
    /// Whether a new account needs a binding.
    pub external_account_required: bool,
    /// How long a client has from the new order to its certificate.
    pub order_lifetime: Duration,
    /// Where http-01 looks.
    pub http_port: u16,
    /// Where tls-alpn-01 looks.
    pub tls_alpn_port: u16,
}

/// Every endpoint that the actor may look at.
///
/// # Errors
/// When the policy denies all of them.
pub fn list(app: &App, actor: &Actor) -> Result<Vec<EndpointSeen>, OpError> {
    let permitted = permitted_endpoints(app, actor, None)?;
    let settings = app.settings.acme.iter().filter(|endpoint| permitted.contains(&endpoint.name));
    Ok(settings.map(|endpoint| seen(app, endpoint)).collect())
}

fn seen(app: &App, endpoint: &AcmeSettings) -> EndpointSeen {
    EndpointSeen {
        name: endpoint.name.clone(),
        directory: app.settings.server.public_url.join(&format!("/acme/{}/directory", endpoint.name)),
        issuer: endpoint.issuer.clone(),
        profiles: endpoint.profiles.clone(),
        external_account_required: endpoint.external_account_required,
        order_lifetime: endpoint.order_lifetime,
        http_port: endpoint.validation.http_port,
        tls_alpn_port: endpoint.validation.tls_alpn_port,
    }
}
