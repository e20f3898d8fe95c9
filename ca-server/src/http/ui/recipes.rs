//! How the usual ACME clients use the first endpoint, with this installation's URLs and ports filled in.

use web_ui::recipe::Recipe;

use crate::app::App;

pub(super) fn clients(app: &App) -> Vec<Recipe> {
    let Some(endpoint) = app.settings.acme.first() else { return Vec::new() };
    let directory = app.settings.server.public_url.join("/directory");
    let port = endpoint.validation.http_port;
    let (certbot_eab, lego_eab) = match endpoint.external_account_required {
        true => (" --eab-kid KID --eab-hmac-key KEY", " --eab --kid KID --hmac KEY"),
        false => ("", ""),
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
