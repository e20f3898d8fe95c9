//! `[server.tls]`.

use std::path::PathBuf;

use serde::Deserialize;

use super::error::ConfigError;
use super::key::Place;

/// `[server.tls]` as written: both keys or neither.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// PEM file with the listener's certificate and chain, if it does not come from this server's own issuing CA.
    /// Example: `"server.pem"`
    pub certificate: Option<PathBuf>,
    /// PEM file with its private key.
    /// Example: `"server.key"`
    pub key_file: Option<PathBuf>,
}

/// Where the HTTPS listener's certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenerCertificate {
    /// This server's own issuing CA, renewed in process and kept here.
    OwnIssuer {
        /// `tls` beside the configuration file.
        directory: PathBuf,
    },
    /// Files that others renew; read again on SIGHUP.
    Files {
        /// Certificate and chain in PEM.
        certificate: PathBuf,
        /// Private key in PEM.
        key_file: PathBuf,
    },
}

impl TlsConfig {
    pub(super) fn resolve(self, at: &Place<'_>) -> Result<ListenerCertificate, ConfigError> {
        match (self.certificate, self.key_file) {
            (None, None) => Ok(ListenerCertificate::OwnIssuer { directory: at.path("tls".as_ref()) }),
            (Some(certificate), Some(key_file)) => {
                Ok(ListenerCertificate::Files { certificate: at.path(&certificate), key_file: at.path(&key_file) })
            }
            (Some(_), None) => Err(at.key("key_file").refuse("`certificate` is given, so this key is required")),
            (None, Some(_)) => Err(at.key("certificate").refuse("`key_file` is given, so this key is required")),
        }
    }
}
