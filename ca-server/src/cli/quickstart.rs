//! `signet quickstart`: the main job on a bare machine.

use std::path::Path;

use super::arguments::{ConfigArgument, InitArguments, QuickstartArguments};
use super::failure::Failure;
use super::output::fingerprint;
use super::{init, serve};
use crate::app::App;
use crate::ops::operator::first;
use crate::store::fields::IssuerKind;

pub(super) async fn run(arguments: QuickstartArguments) -> Result<(), Failure> {
    let config = arguments.data.join("signet.toml");
    if !config.is_file() {
        init::initialize(init_arguments(&arguments), init::Audience::of(arguments.listen)).await?;
    }
    let config = ConfigArgument { config: Some(config) };
    serve::serve(&config, serve::Greeting::Shown).await
}

fn init_arguments(arguments: &QuickstartArguments) -> InitArguments {
    InitArguments {
        data: arguments.data.clone(),
        name: "Signet".to_owned(),
        dns: Vec::new(),
        public_url: Some(format!("https://{}", reachable(arguments.listen))),
        status_url: Some(format!("http://{}", reachable(arguments.status_listen))),
        listen: Some(arguments.listen),
        status_listen: Some(arguments.status_listen),
        database: None,
        database_password_file: None,
        hsm: Vec::new(),
        root_hsm: None,
        key_algorithm: "ecdsa-p256".to_owned(),
    }
}

/// An address that clients can use: an unspecified one is replaced by loopback.
fn reachable(listen: std::net::SocketAddr) -> std::net::SocketAddr {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// What the terminal shows once the server listens; the first operator's password when it was made just now.
pub(super) fn greeting(app: &App, first_password: Option<&str>) -> String {
    let settings = &app.settings;
    let root = settings.directory().join("root.pem");
    let anchor = app.authorities.all().iter().find(|authority| authority.kind == IssuerKind::Root);
    let root_fingerprint =
        anchor.map(|found| fingerprint(&found.issuer.certificate().fingerprint())).unwrap_or_default();
    let base = &settings.server.public_url;
    let directory = base.join("/directory");
    let folder = settings.directory().join("clients");
    let root_path = root.display();
    format!(
        "\n  Signet is running.\n\n\
         \x20 ACME directory   {directory}\n\
         \x20 Web UI           {base}/\n\
         \x20 Root certificate {root_path}\n\
         \x20 Root SHA-256     {root_fingerprint}\n{}\n\
         \x20 Get a certificate with certbot (no root needed):\n\n    {}\n\n\
         \x20 or with lego:\n\n    {}\n\n\
         \x20 {} validates names on ports 5002 (http-01) and 5001 (tls-alpn-01) of this machine:\n\
         \x20 for this machine only; delete those lines to serve others.\n\
         \x20 Ctrl-C stops the server.\n",
        first_password.map(sign_in).unwrap_or_default(),
        certbot(&directory, &root_path.to_string(), &folder),
        lego(&directory, &root_path.to_string(), &folder),
        settings.file().display(),
    )
}

/// Shown once: only its hash is kept.
fn sign_in(password: &str) -> String {
    format!(
        "\n  Sign in to the web UI as {} with this one-time password, and choose your own:\n\n    {password}\n",
        first::NAME
    )
}

fn certbot(directory: &str, root: &str, folder: &Path) -> String {
    let folder = folder.join("certbot");
    let folder = folder.display();
    format!(
        "REQUESTS_CA_BUNDLE={root} certbot certonly --standalone --non-interactive --agree-tos \
         --register-unsafely-without-email --server {directory} --http-01-port 5002 --config-dir {folder}/config \
         --work-dir {folder}/work --logs-dir {folder}/logs -d {NAME}"
    )
}

fn lego(directory: &str, root: &str, folder: &Path) -> String {
    let folder = folder.join("lego");
    format!(
        "LEGO_CA_CERTIFICATES={root} lego --accept-tos --email you@example.org --server {directory} --path {} \
         --http --http.port :5002 --domains {NAME} run",
        folder.display()
    )
}

/// A name that resolves to this machine everywhere (RFC 6761 §6.3).
const NAME: &str = "web.localhost";
