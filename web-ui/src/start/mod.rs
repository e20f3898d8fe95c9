//! The start page: which authorities there are, how a client gets a certificate, how a machine comes to trust the root.

mod authority;
mod health;
mod html;
#[cfg(test)]
mod tests;

use askama::Template as _;

use crate::RenderError;
use crate::frame::Frame;
use crate::recipe::Recipe;

pub use authority::{AuthorityKind, AuthorityView};
pub use health::{HealthCheck, HealthState};

/// Everything that the start page shows. Times are Unix seconds.
#[derive(Clone, Debug)]
pub struct StartPage {
    /// What surrounds it.
    pub frame: Frame,
    /// What the server knows of its own state, the most important check first.
    pub health: Vec<HealthCheck>,
    /// Every CA certificate in use, in the order of the configuration; the page finds the hierarchy itself.
    pub authorities: Vec<AuthorityView>,
    /// Every ACME endpoint, the default one first.
    pub acme_endpoints: Vec<EndpointView>,
    /// Where the roots are served in PEM, by plain HTTP: whoever asks does not trust this server yet.
    pub root_pem_url: String,
    /// How clients such as certbot use the first endpoint, with this installation's URLs, ports and files filled in.
    pub clients: Vec<Recipe>,
}

/// An ACME endpoint.
#[derive(Clone, Debug)]
pub struct EndpointView {
    /// Its name in the configuration.
    pub name: String,
    /// What a client is pointed at (RFC 8555 §7.1.1).
    pub directory_url: String,
    /// The name of the authority that signs.
    pub issuer: String,
    /// The profiles on offer, the default one first.
    pub profiles: Vec<String>,
    /// Whether a new account needs an external account binding (RFC 8555 §7.3.4).
    pub external_account_required: bool,
}

impl StartPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        html::Html::new(self).render()
    }
}
