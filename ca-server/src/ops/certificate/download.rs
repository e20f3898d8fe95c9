//! A certificate as a file, in the forms that programs want.

use ca_core::cms::certs_only;
use ca_core::policy::Actor;
use ca_core::x509::Certificate;

use super::find;
use crate::app::App;
use crate::ops::OpError;

/// A form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// PEM, the certificate alone.
    Pem,
    /// PEM, with the certificates above it up to but not including the root.
    Chain,
    /// DER.
    Der,
    /// PKCS#7 with the chain, in DER.
    Pkcs7,
}

impl Format {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            // RFC 8555 §9.1.
            Self::Pem | Self::Chain => "application/pem-certificate-chain",
            // RFC 2585 §4.1.
            Self::Der => "application/pkix-cert",
            // RFC 8551 §3.2.2: certificates only.
            Self::Pkcs7 => "application/pkcs7-mime; smime-type=certs-only",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Pem => "pem",
            Self::Chain => "chain.pem",
            Self::Der => "cer",
            Self::Pkcs7 => "p7b",
        }
    }
}

/// A file.
#[derive(Clone, Debug)]
pub struct Download {
    /// What is in it.
    pub bytes: Vec<u8>,
    /// A name that says what it is; letters, digits, dots and hyphens only.
    pub file_name: String,
}

/// The certificate of an id, serial number or fingerprint as a file.
///
/// # Errors
/// `NotFound`, `Conflict` when several authorities used the serial, policy and database.
pub async fn download(app: &App, actor: &Actor, name: &str, format: Format) -> Result<Download, OpError> {
    let (record, certificate) = find::one(app, actor, name, None).await?;
    let above = app.authorities.by_slug(&record.issuer)?.issuer.chain().certificates().to_vec();
    let chain = |certificate: Certificate| -> Vec<Certificate> { std::iter::once(certificate).chain(above).collect() };
    let file_name = file_name(record.names.first().map(|name| name.value.as_str()), &record.serial.to_string(), format);
    let bytes = match format {
        Format::Pem => certificate.to_pem().into_bytes(),
        Format::Chain => chain(certificate).iter().map(Certificate::to_pem).collect::<String>().into_bytes(),
        Format::Der => certificate.as_der().to_vec(),
        Format::Pkcs7 => certs_only::write(&chain(certificate)),
    };
    Ok(Download { bytes, file_name })
}

/// Whatever a name holds, the file's is harmless.
fn file_name(name: Option<&str>, serial: &str, format: Format) -> String {
    let plain: String = name
        .unwrap_or_default()
        .chars()
        .take(80)
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c } else { '_' })
        .collect();
    let stem = plain.trim_matches(['.', '_']);
    format!("{}.{}", if stem.is_empty() { serial } else { stem }, format.extension())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_without_surprises() {
        assert_eq!(file_name(Some("web-1.example.org"), "01ab", Format::Chain), "web-1.example.org.chain.pem");
        assert_eq!(file_name(Some("*.example.org"), "01ab", Format::Pem), "example.org.pem");
        assert_eq!(file_name(Some("../../etc/passwd\"\r\n"), "01ab", Format::Der), "etc_passwd.cer");
        assert_eq!(file_name(None, "01ab", Format::Pkcs7), "01ab.p7b");
    }
}
