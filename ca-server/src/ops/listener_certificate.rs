//! The certificate of the server's own HTTPS listener: from its own issuing CA and renewed in process, or from files.

use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ca_core::policy::Actor;
use ca_core::x509::{Certificate, SubjectPublicKeyInfo, pem};
use rcgen::{KeyPair, PublicKeyData as _};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

use super::acme::Origin;
use super::certificate::issue::{Asked, issue};
use super::{OpError, hsm};
use crate::app::App;
use crate::authorities::Authority;
use crate::config::ListenerCertificate;
use crate::tls::ServerCertificate;

/// What the listener shows, and until when.
pub struct ListenerIdentity {
    certificate: Arc<ServerCertificate>,
}

impl ListenerIdentity {
    /// For the listener.
    pub fn certificate(&self) -> &Arc<ServerCertificate> {
        &self.certificate
    }
}

/// Name of the job that renews, as policies know it.
const JOB: &str = "listener-certificate";

/// The profile of the certificate.
const PROFILE: &str = "tls-server";

/// A chain with its key, ready for TLS.
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// The identity to start with: the kept one while it fits, else a new one. With the HSM away, or the issuing CA revoked, and
/// nothing kept, a self-signed one stands in until the job can do better, so that status and health are served.
///
/// # Errors
/// When the configured files, or the kept ones, cannot be used.
pub async fn obtain(app: &App) -> Result<Arc<ListenerIdentity>, OpError> {
    let identity = match current(app).await {
        Ok(identity) => identity,
        Err(error) if error.is_transient() || matches!(error, OpError::AuthorityRevoked { .. }) => {
            tracing::error!(%error, "no certificate for the listener could be issued; a self-signed one stands in for now");
            stand_in(app)?
        }
        Err(error) => return Err(error),
    };
    let certificate = ServerCertificate::new(identity.chain, identity.key).map_err(integrity)?;
    Ok(Arc::new(ListenerIdentity { certificate }))
}

/// Renews what is near its end and re-reads configured files.
///
/// # Errors
/// As [`obtain`]; the listener keeps what it has.
pub async fn refresh(app: &App, listener: &ListenerIdentity) -> Result<(), OpError> {
    let identity = current(app).await?;
    listener.certificate.replace(identity.chain, identity.key).map_err(integrity)
}

async fn current(app: &App) -> Result<Identity, OpError> {
    match &app.settings.server.certificate {
        ListenerCertificate::Files { certificate, key_file } => read(certificate, key_file),
        ListenerCertificate::OwnIssuer { directory } => own(app, directory).await,
    }
}

async fn own(app: &App, folder: &Path) -> Result<Identity, OpError> {
    let (certificate, key) = (folder.join("listener.pem"), folder.join("listener.key"));
    let authority = issuing(app)?;
    if fits(app, authority, &certificate)
        && let Ok(identity) = read(&certificate, &key)
    {
        return Ok(identity);
    }
    authority.require_active()?;
    // With the HSM away every try would leave an intent behind.
    hsm::probe(&app.policies.load_full(), &hsm::READINESS, &**app.hsm_of(authority)?).await?;
    let pair = KeyPair::generate().map_err(integrity)?;
    let public_key = SubjectPublicKeyInfo::from_der(&pair.subject_public_key_info()).map_err(integrity)?;
    let asked = Asked {
        authority,
        profile: PROFILE,
        public_key: &public_key,
        subject: Vec::new(),
        names: app.settings.server.listener_names(),
        validity: None,
        project_purpose: None,
        owner: Some("this server".to_owned()),
    };
    let origin = Origin { address: "job".to_owned(), request_id: app.entropy.uuid().to_string() };
    let (issued, _) = issue(app, &Actor::Job { name: JOB }, &origin, asked).await?;
    let chain = format!("{}{}", issued.to_pem(), authority.issuer.chain().to_pem());
    store(folder, &key, Zeroizing::new(pair.serialize_pem()).as_bytes())?;
    store(folder, &certificate, chain.as_bytes())?;
    tracing::info!(serial = %issued.serial(), not_after = %issued.validity().not_after, "the listener has a new certificate");
    read(&certificate, &key)
}

fn issuing(app: &App) -> Result<&Authority, OpError> {
    let named = app.settings.acme.first().map(|endpoint| app.authorities.newest(&endpoint.issuer));
    named.unwrap_or_else(|| app.authorities.first_issuing())
}

/// Kept while it names what it must, comes from the present issuer, and has a third of its life left.
fn fits(app: &App, authority: &Authority, file: &Path) -> bool {
    let Ok(text) = std::fs::read_to_string(file) else { return false };
    let first = pem::certificates(&text).ok().and_then(|list| Certificate::from_der(list.first()?).ok());
    let Some(certificate) = first else { return false };
    let (validity, now) = (certificate.validity(), app.clock.now());
    let left = validity.not_after.since(now);
    let mut wanted = app.settings.server.listener_names();
    let mut named = certificate.names().to_vec();
    wanted.sort();
    named.sort();
    let issuer = authority.issuer.certificate().public_key();
    validity.contains(now)
        && left > validity.duration() / 3
        && wanted == named
        && certificate.verify_signed_by(issuer).is_ok()
}

fn read(certificate: &Path, key: &Path) -> Result<Identity, OpError> {
    let fault = |file: &Path| {
        let file = file.to_owned();
        move |error: rustls_pki_types::pem::Error| OpError::Integrity(format!("{}: {error}", file.display()))
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .map_err(fault(certificate))?
        .collect::<Result<Vec<_>, _>>()
        .map_err(fault(certificate))?;
    Ok(Identity { chain, key: PrivateKeyDer::from_pem_file(key).map_err(fault(key))? })
}

/// Beside, flushed, renamed: a crash leaves the old file or the new one.
fn store(folder: &Path, file: &Path, bytes: &[u8]) -> Result<(), OpError> {
    use std::io::Write as _;
    let fault = |error: std::io::Error| OpError::Integrity(format!("cannot write {}: {error}", file.display()));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(fault)?;
    let beside: PathBuf = file.with_extension("new");
    let mut open = std::fs::OpenOptions::new();
    let mut handle = open.write(true).create(true).truncate(true).mode(0o600).open(&beside).map_err(fault)?;
    handle.write_all(bytes).and_then(|()| handle.sync_all()).map_err(fault)?;
    std::fs::rename(&beside, file).map_err(fault)
}

fn stand_in(app: &App) -> Result<Identity, OpError> {
    let names: Vec<String> = app.settings.server.listener_names().iter().map(|name| name.value()).collect();
    let made = rcgen::generate_simple_self_signed(names).map_err(integrity)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    Ok(Identity { chain: vec![made.cert.der().clone()], key })
}

fn integrity(fault: impl std::fmt::Display) -> OpError {
    OpError::Integrity(format!("the listener's certificate: {fault}"))
}
