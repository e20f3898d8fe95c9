//! What callers send.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::ops::request::{Wish, WishedKey};

/// A certificate that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRequest {
    /// Certification request (PKCS#10) in PEM, or the base64 of its DER. Not together with `generate_key`
    #[schema(example = "-----BEGIN CERTIFICATE REQUEST-----\n…", max_length = 131_072)]
    csr: Option<String>,
    /// Type of a key that this server makes, where the profile allows it. The person who asked takes it on the request's page
    #[schema(example = "ecdsa-p256")]
    generate_key: Option<String>,
    /// Certificate profile
    #[schema(example = "tls-server")]
    profile: String,
    /// Authority that is to sign; the first one that issues when absent
    #[schema(example = "issuing")]
    authority: Option<String>,
    /// Subject alternative names in place of those of the CSR
    #[serde(default)]
    #[schema(example = json!(["dns:www.example.org", "ip:10.0.0.7"]))]
    names: Vec<String>,
    /// A number and a unit; the profile's default when absent
    #[schema(example = "90d")]
    validity: Option<String>,
    /// Who answers for the certificate
    #[schema(example = "team payments", max_length = 200)]
    owner: Option<String>,
    /// E-mail address that hears what becomes of it
    #[schema(example = "ann@example.org", max_length = 200)]
    notify: Option<String>,
}

impl NewRequest {
    /// As the use cases understand it.
    pub(super) fn wish(self) -> Wish {
        let key = match (self.csr, self.generate_key) {
            (_, Some(kind)) => WishedKey::Generate(kind),
            (csr, None) => WishedKey::Csr(csr.unwrap_or_default()),
        };
        Wish {
            key,
            profile: self.profile,
            authority: self.authority.unwrap_or_default(),
            names: self.names,
            validity: self.validity.unwrap_or_default(),
            owner: self.owner.unwrap_or_default(),
            notify: self.notify.unwrap_or_default(),
        }
    }

    /// The same for a request that has a key: without a CSR it keeps it.
    pub(super) fn change(self) -> Wish {
        let keeps = self.csr.is_none() && self.generate_key.is_none();
        let wish = self.wish();
        if keeps { Wish { key: WishedKey::Keep, ..wish } } else { wish }
    }
}

/// A yes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewApproval {
    /// `digest` of the request as it was looked at
    #[schema(
        example = "6a9cf9e52744ca3f27e7fcdae316d942c35cfeb39bb7a7edb5f728ab29b31644",
        min_length = 64,
        max_length = 64,
        pattern = "^[0-9a-fA-F]{64}$"
    )]
    pub(super) digest: String,
    /// What there is to say
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub(super) comment: String,
}

/// Why a request ends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    /// In words
    #[serde(default)]
    #[schema(example = "the host is gone", max_length = 4000)]
    pub(super) reason: String,
}

/// Something said about a request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewComment {
    /// In words
    #[schema(example = "is this the new host?", min_length = 1, max_length = 4000)]
    pub(super) text: String,
}
