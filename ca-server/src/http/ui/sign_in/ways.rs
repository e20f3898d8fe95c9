//! Ways in without a password of this server.

use web_ui::sign_in::Way;

use super::Shown;
use crate::app::App;
use crate::http::ui::signed_in::{SignedIn, encoded};
use crate::oidc::Provider;

/// Those for whoever stands outside.
pub(super) fn in_by(app: &App, shown: &Shown, next: &str) -> Vec<Way> {
    let providers = app.identity_providers.iter().map(|provider| at(provider, "/sign-in", next));
    providers.chain(certificate(app, shown, "/sign-in", next)).collect()
}

/// Those by which an operator can prove again who they are.
pub(super) fn again_by(app: &App, me: &SignedIn, shown: &Shown, next: &str) -> Vec<Way> {
    match me.session.method.as_str() {
        "certificate" => certificate(app, shown, "/step-up", next).into_iter().collect(),
        "oidc" => {
            let name = me.operator.provider.strip_prefix("oidc/").unwrap_or_default();
            app.identity_provider(name).map(|provider| at(provider, "/step-up", next)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn at(provider: &Provider, path: &str, next: &str) -> Way {
    let url = format!("{path}/oidc/{}?next={}", provider.settings.name, encoded(next));
    Way::Link { title: provider.settings.title.clone(), url }
}

/// A button where the browser has shown a certificate, else the way to the listener that asks for one.
fn certificate(app: &App, shown: &Shown, path: &str, next: &str) -> Option<Way> {
    let mutual = app.settings.server.mutual_tls.as_ref()?;
    if shown.is_asked_for() {
        return shown.certificate().map(|_| Way::Certificate);
    }
    let url = mutual.url.join(&format!("{path}?next={}", encoded(next)));
    Some(Way::Link { title: "With your certificate".to_owned(), url })
}
