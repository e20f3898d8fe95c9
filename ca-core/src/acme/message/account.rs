//! Accounts (RFC 8555 §7.1.2, §7.3).

use serde::{Deserialize, Serialize};

use super::Object;
use crate::acme::account::AccountStatus;
use crate::acme::{InvalidJwk, Jwk, Problem, jwk};

/// The payload of newAccount. `contact` together with `onlyReturnExisting` is fine: the latter wins (RFC 8555 §7.3.1).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewAccount {
    /// Contact URLs; judged by [`parse_contacts`](crate::acme::account::parse_contacts) when an account is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Vec<String>>,
    /// Whether the client agrees to the terms of service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms_of_service_agreed: Option<bool>,
    /// Whether no account is to be made, only an existing one found.
    #[serde(default)]
    pub only_return_existing: bool,
    /// The binding to an external account: a JWS, read by
    /// [`ExternalAccountBinding::parse`](crate::acme::eab::ExternalAccountBinding::parse).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_account_binding: Option<serde_json::Value>,
}

// RFC 8555 §7.3.2: the server ignores updates to `orders`, `termsOfServiceAgreed`, other values of `status`, and unknown fields.
/// The payload of a POST to an account's URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateAccount {
    /// The contact URLs from now on; absent to leave them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Vec<String>>,
    /// `deactivated` to close the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

impl UpdateAccount {
    /// Whether the client closes the account (RFC 8555 §7.3.6).
    pub fn deactivates(&self) -> bool {
        self.status.as_deref() == Some(AccountStatus::Deactivated.name())
    }
}

/// The account object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountObject {
    /// Its status.
    pub status: AccountStatus,
    /// Contact URLs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contact: Vec<String>,
    /// Whether the terms were agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms_of_service_agreed: Option<bool>,
    /// URL of the orders list.
    pub orders: String,
}

/// The orders list (RFC 8555 §7.1.2.1); a next page is a `Link` with relation `next`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrdersList {
    /// URLs of orders.
    pub orders: Vec<String>,
}

/// The payload of the inner JWS of keyChange (RFC 8555 §7.3.5).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyChange {
    /// URL of the account.
    pub account: String,
    old_key: Object<jwk::Members>,
}

impl KeyChange {
    /// Splits into the account's URL and the key it has now.
    ///
    /// # Errors
    /// `malformed` or `badPublicKey` when `oldKey` is no JWK.
    pub fn into_parts(self) -> Result<(String, Jwk), Problem> {
        let old_key: Result<Jwk, InvalidJwk> = self.old_key.0.try_into();
        Ok((self.account, old_key?))
    }
}
