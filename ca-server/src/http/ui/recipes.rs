//! How the usual ACME clients use an endpoint, with this installation's URLs and ports filled in.

use web_ui::recipe::Recipe;

use crate::app::App;
use crate::config::AcmeSettings;

pub(super) fn clients(app: &App) -> Vec<Recipe> {
    let Some(endpoint) = app.settings.acme.first() else { return Vec::new() };
    let directory = app.settings.server.public_url.join("/directory");
    let binding = endpoint.external_account_required.then_some(("KID", "KEY"));
    of_endpoint(app, endpoint, &directory, binding)
}

/// The same for any endpoint, with a binding just made.
pub(super) fn bound_clients(app: &App, endpoint: &AcmeSettings, kid: &str, hmac_key: &str) -> Vec<Recipe> {
    let directory = app.settings.server.public_url.join(&format!("/acme/{}/directory", endpoint.name));
    let mut recipes = of_endpoint(app, endpoint, &directory, Some((kid, hmac_key)));
    recipes.retain(|recipe| ["certbot", "lego"].contains(&recipe.title.as_str()));
    recipes
}

fn of_endpoint(app: &App, endpoint: &AcmeSettings, directory: &str, binding: Option<(&str, &str)>) -> Vec<Recipe> {
    let port = endpoint.validation.http_port;
    let (certbot_eab, lego_eab) = match binding {
        Some((kid, key)) => {
            (format!(" --eab-kid {kid} --eab-hmac-key {key}"), format!(" --eab --kid {kid} --hmac {key}"))
        }
        None => (String::new(), String::new()),
    };
    let fetch = format!("curl -o root.pem {}", app.settings.server.status_url.join("/roots.pem"));
    vec![
        Recipe::lines("First: the root certificate", fetch).then_text(
            "Compare its fingerprint, as told below, before you trust it. The lines of each client expect it here.",
        ),
        Recipe::lines(
            "certbot",
            format!(
                "REQUESTS_CA_BUNDLE=root.pem certbot certonly --standalone --http-01-port {port} --server {directory} \
                 --agree-tos --register-unsafely-without-email{certbot_eab} -d www.example.org"
            ),
        ),
        Recipe::lines(
            "lego",
            format!(
                "LEGO_CA_CERTIFICATES=root.pem lego --server {directory} --accept-tos --email you@example.org{lego_eab} \
                 --http --http.port :{port} --domains www.example.org run"
            ),
        ),
        Recipe::lines(
            "acme.sh",
            format!(
                "acme.sh --issue --standalone --httpport {port} --server {directory} --ca-bundle root.pem -d www.example.org"
            ),
        ),
        Recipe::lines("Caddy", format!("{{\n\tacme_ca {directory}\n\tacme_ca_root /path/to/root.pem\n}}")),
    ]
}
