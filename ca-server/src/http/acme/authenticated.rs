//! A request whose account proved itself: the edge where ACME actors are made.

use std::sync::Arc;

use ca_core::acme::{Problem, VerifiedJws};
use ca_core::policy::Actor;

use super::answer::Refusal;
use super::posted::Posted;
use super::urls::Urls;
use crate::ops::OpError;
use crate::ops::acme::accounts::KnownAccount;
use crate::ops::acme::{Origin, Requester, request};

/// Who asks, and what.
pub(super) struct Authenticated {
    pub(super) who: Requester,
    pub(super) account: Arc<KnownAccount>,
    pub(super) jws: VerifiedJws,
    pub(super) urls: Urls,
}

impl Authenticated {
    /// Verifies a request that an account must have signed.
    pub(super) async fn from(posted: &Posted) -> Result<Self, Refusal> {
        let urls = posted.urls();
        let prefix = urls.account_prefix();
        let signed = request::by_account(&posted.app, &posted.endpoint, &prefix, &posted.url, &posted.body).await?;
        let id = signed.account.account.id;
        let who = Requester {
            endpoint: posted.endpoint.clone(),
            account: id,
            actor: Actor::AcmeAccount { endpoint: posted.endpoint.clone(), account: id.to_string() },
            origin: posted.origin(),
        };
        Ok(Self { who, account: signed.account, jws: signed.jws, urls })
    }

    /// The same for a resource that is only read.
    pub(super) async fn post_as_get(posted: &Posted) -> Result<Self, Refusal> {
        let request = Self::from(posted).await?;
        // RFC 8555 §6.3: the payload of a POST-as-GET is the empty string.
        request.jws.require_post_as_get()?;
        Ok(request)
    }
}

impl Posted {
    pub(super) fn urls(&self) -> Urls {
        Urls::new(&self.app.settings.server.public_url, &self.endpoint)
    }

    pub(super) fn origin(&self) -> Origin {
        Origin { address: self.origin.clone(), request_id: self.request_id.clone() }
    }
}

/// The id in a path; garbage is a resource that does not exist.
pub(super) fn id<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, Refusal> {
    text.parse().map_err(|_| OpError::from(Problem::not_found(what)).into())
}
