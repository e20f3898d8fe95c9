//! What only the server knows, read from a certificate that it issued: the versions of profile and policies, the URL of the
//! revocation list, the form of a decision.

use std::path::Path;

use anyhow::{Context, Result};
use rcgen::{CertificateParams, KeyPair};
use serde_json::Value;
use signet_tests::process::output;
use signet_tests::server::signet;

use crate::database::Sink;

/// The name in that certificate.
const NAME: &str = "template.fill.internal";

/// What is copied.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) issuer: String,
    pub(crate) profile: String,
    pub(crate) profile_hash: String,
    pub(crate) policy_set_hash: String,
    pub(crate) crl_shard: String,
    pub(crate) status_url: String,
    pub(crate) authority: String,
    pub(crate) decision: Value,
}

/// Has the server's own command issue a certificate.
pub(crate) fn issue_one(config: &Path) -> Result<()> {
    let (key, parameters) = (KeyPair::generate()?, CertificateParams::new(vec![NAME.to_owned()])?);
    let folder = tempfile::tempdir()?;
    let csr = folder.path().join("csr.pem");
    std::fs::write(&csr, parameters.serialize_request(&key)?.pem()?)?;
    let path = |path: &Path| path.to_str().context("a path in UTF-8").map(str::to_owned);
    let (config, csr) = (path(config)?, path(&csr)?);
    let arguments = ["certificate", "issue", "--config", &config, "--csr", &csr, "--profile", "tls-server"];
    output(&mut signet(&Vec::new(), &arguments)?)?;
    Ok(())
}

impl Template {
    pub(crate) fn read(sink: &mut Sink) -> Result<Self> {
        let mut of_certificate = |column: &str| {
            let lookup = format!(
                "SELECT {column} AS value FROM certificate c JOIN certificate_name n ON n.certificate_id = c.id \
                 WHERE n.name = '{NAME}' ORDER BY c.id DESC LIMIT 1"
            );
            sink.value(&lookup)
        };
        let issuer = of_certificate("c.issuer")?;
        let serial = of_certificate("c.serial")?;
        let profile = of_certificate("c.profile")?;
        let crl_shard = of_certificate("CAST(c.crl_shard AS TEXT)")?;
        let status_url = of_certificate("c.status_url")?;
        let (profile_hash, policy_set_hash) =
            (sink.hexadecimal_of("profile_hash"), sink.hexadecimal_of("policy_set_hash"));
        let mut of_serial =
            |column: &str| sink.value(&format!("SELECT {column} AS value FROM certificate WHERE serial = '{serial}'"));
        let (profile_hash, policy_set_hash) = (of_serial(&profile_hash)?, of_serial(&policy_set_hash)?);
        let decision = sink.value(&format!(
            "SELECT decision AS value FROM audit_event WHERE object = 'certificate {issuer}/{serial}' LIMIT 1"
        ))?;
        let authority = sink.value(&format!("SELECT authority AS value FROM issuer WHERE slug = '{issuer}'"))?;
        let decision = serde_json::from_str(&decision)?;
        Ok(Self { issuer, profile, profile_hash, policy_set_hash, crl_shard, status_url, authority, decision })
    }
}
