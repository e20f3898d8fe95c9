//! What a provider says of itself (OpenID Connect Discovery 1.0 §3).

use serde::Deserialize;
use url::Url;

use super::wire::ProviderError;

/// What is used of it; every URL is https.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Metadata {
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    pub(super) jwks_uri: Url,
    pub(super) userinfo_endpoint: Option<Url>,
    pub(super) client_authentication: ClientAuthentication,
    /// RFC 9207 §3.
    pub(super) promises_issuer: bool,
}

/// The members as they are written.
#[derive(Deserialize)]
struct Wire {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// How the client secret is sent (OpenID Connect Core 1.0 §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientAuthentication {
    Basic,
    Post,
}

impl Metadata {
    pub(super) fn parse(json: &[u8], issuer: &str) -> Result<Self, ProviderError> {
        let wire: Wire = serde_json::from_slice(json).map_err(|error| unreadable(error.to_string()))?;
        // Discovery §4.3: the issuer "MUST exactly match".
        if wire.issuer != issuer {
            let fault = format!("the issuer is {:?} there, and {issuer:?} in the configuration", wire.issuer);
            return Err(unreadable(fault));
        }
        Ok(Self {
            authorization_endpoint: secure(&wire.authorization_endpoint)?,
            token_endpoint: secure(&wire.token_endpoint)?,
            jwks_uri: secure(&wire.jwks_uri)?,
            userinfo_endpoint: wire.userinfo_endpoint.as_deref().map(secure).transpose()?,
            client_authentication: ClientAuthentication::of(wire.token_endpoint_auth_methods_supported.as_deref()),
            promises_issuer: wire.authorization_response_iss_parameter_supported,
        })
    }
}

impl ClientAuthentication {
    /// Discovery §3: "If omitted, the default is client_secret_basic".
    fn of(methods: Option<&[String]>) -> Self {
        match methods {
            Some(methods) if methods.iter().all(|method| method != "client_secret_basic") => Self::Post,
            _ => Self::Basic,
        }
    }
}

fn secure(text: &str) -> Result<Url, ProviderError> {
    let url = text.parse::<Url>().ok().filter(|url| url.scheme() == "https");
    url.ok_or_else(|| unreadable(format!("{text:?} is not an https URL")))
}

fn unreadable(fault: String) -> ProviderError {
    ProviderError::Unreadable("metadata", fault)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn parse(change: serde_json::Value) -> Result<Metadata, String> {
        let mut json = serde_json::json!({
            "issuer": "https://login.example.org",
            "authorization_endpoint": "https://login.example.org/auth",
            "token_endpoint": "https://login.example.org/token",
            "jwks_uri": "https://login.example.org/jwks",
        });
        json.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        Metadata::parse(json.to_string().as_bytes(), "https://login.example.org").map_err(|error| error.to_string())
    }

    #[test]
    fn it_must_be_the_issuers_own() {
        assert!(parse(serde_json::json!({})).is_ok());
        for (change, words) in [
            (serde_json::json!({"issuer": "https://login.example.org/"}), "in the configuration"),
            (serde_json::json!({"token_endpoint": "http://login.example.org/token"}), "is not an https URL"),
            (serde_json::json!({"userinfo_endpoint": "ftp://login.example.org/"}), "is not an https URL"),
            (serde_json::json!({"jwks_uri": null}), "cannot be read"),
        ] {
            let refusal = parse(change).unwrap_err();
            assert!(refusal.contains(words), "{words}: {refusal}");
        }
    }

    #[test]
    fn the_secret_is_sent_as_the_provider_wants_it() {
        let wanted = |methods: serde_json::Value| {
            parse(serde_json::json!({"token_endpoint_auth_methods_supported": methods})).unwrap().client_authentication
        };
        assert_eq!(wanted(serde_json::Value::Null), ClientAuthentication::Basic);
        assert_eq!(
            wanted(serde_json::json!(["client_secret_post", "client_secret_basic"])),
            ClientAuthentication::Basic
        );
        assert_eq!(wanted(serde_json::json!(["client_secret_post"])), ClientAuthentication::Post);
    }
}
