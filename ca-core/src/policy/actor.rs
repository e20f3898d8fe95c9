//! Who asks. An actor is made only at the edge that authenticated it.

use std::collections::BTreeMap;
use std::fmt;

/// Who wants something done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// An ACME account whose key signed the request (RFC 8555 §6.2), also the one that newAccount is about to create.
    AcmeAccount {
        /// Name of the ACME endpoint the account belongs to.
        endpoint: String,
        /// Id of the account.
        account: String,
    },
    /// Whoever signed a revocation request with the certificate's own key (RFC 8555 §7.6), without any account.
    CertificateKey {
        /// Name of the ACME endpoint the request came to.
        endpoint: String,
        /// SHA-256 of the `SubjectPublicKeyInfo`.
        spki_sha256: [u8; 32],
    },
    /// A person who signed in.
    Operator {
        /// Sign-in name.
        name: String,
        /// Roles held, such as `security-officer`.
        roles: Vec<String>,
    },
    /// A machine with an API token of an operator.
    ApiToken {
        /// Id of the token.
        id: String,
        /// What its operator calls it.
        name: String,
        /// Roles held: those of the token that its operator still has.
        roles: Vec<String>,
        /// Every role that its operator has: what is forbidden to any of them is forbidden to the token.
        holder_roles: Vec<String>,
        /// What it may be used for: `read`, `requests`, `certificates`, `acme`, `administer`, `signing`.
        scopes: Vec<String>,
    },
    /// A job of a CI, by the OIDC token that the CI gave it, or a machine, by its client certificate.
    CiJob {
        /// Who vouches for it: the `iss` of the token, or `mtls:` and the authority of the certificate.
        issuer: String,
        /// By what the issuer knows it: the `sub` of the token, or the alternative name of the certificate.
        subject: String,
        /// What the token claims, as text; what is no text, number or truth value is left out.
        claims: BTreeMap<String, String>,
    },
    /// Whoever holds the token of one signing request.
    SigningToken {
        /// Id of the request.
        request: String,
    },
    /// Whoever holds the code by which the certificate of a request is fetched.
    FetchCode {
        /// Id of the request.
        request: String,
    },
    /// Whoever asks a time-stamping authority for a timestamp: nobody proves who they are (RFC 3161).
    RelyingParty {
        /// Address they come from.
        address: std::net::IpAddr,
    },
    /// The local administrator: whoever can run a command beside the configuration file.
    LocalRoot {
        /// Name of the operating system's user.
        os_user: String,
    },
    /// Work the server does by itself.
    Job {
        /// Name of the job, such as `crl-publisher`.
        name: &'static str,
    },
}

impl Actor {
    /// The entity type of the schema.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AcmeAccount { .. } => "AcmeAccount",
            Self::CertificateKey { .. } => "CertificateKey",
            Self::Operator { .. } => "Operator",
            Self::ApiToken { .. } => "ApiToken",
            Self::CiJob { .. } => "CiJob",
            Self::SigningToken { .. } => "SigningToken",
            Self::FetchCode { .. } => "FetchCode",
            Self::RelyingParty { .. } => "RelyingParty",
            Self::LocalRoot { .. } => "LocalRoot",
            Self::Job { .. } => "Job",
        }
    }

    /// The entity id of the schema, unique among actors of one kind.
    pub fn id(&self) -> String {
        match self {
            Self::AcmeAccount { endpoint, account } => format!("{endpoint}/{account}"),
            Self::CertificateKey { endpoint, spki_sha256 } => format!("{endpoint}/{}", hexadecimal(spki_sha256)),
            Self::Operator { name, .. } => name.clone(),
            Self::ApiToken { id, .. } => id.clone(),
            // Rows and logs separate actors by spaces.
            Self::CiJob { issuer, subject, .. } => {
                format!("{issuer}#{}", subject.replace('%', "%25").replace(' ', "%20"))
            }
            Self::SigningToken { request } | Self::FetchCode { request } => request.clone(),
            Self::RelyingParty { address } => address.to_string(),
            Self::LocalRoot { os_user } => os_user.clone(),
            Self::Job { name } => (*name).to_owned(),
        }
    }
}

/// `Operator:ann`, the form of audit rows.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind(), self.id())
    }
}

/// Lower-case digits without separators.
pub(super) fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_written_as_kind_and_id() {
        let account = Actor::AcmeAccount { endpoint: "acme".into(), account: "0198".into() };
        assert_eq!(account.to_string(), "AcmeAccount:acme/0198");
        let key = Actor::CertificateKey { endpoint: "acme".into(), spki_sha256: [0xab; 32] };
        assert_eq!(key.id(), format!("acme/{}", "ab".repeat(32)));
        let job =
            Actor::CiJob { issuer: "https://ci".into(), subject: "repo:a/b:ref:c d".into(), claims: BTreeMap::new() };
        assert_eq!(job.to_string(), "CiJob:https://ci#repo:a/b:ref:c%20d");
        assert_eq!(Actor::Job { name: "crl-publisher" }.to_string(), "Job:crl-publisher");
    }
}
