//! Where a request came from: address and name for the audit, and whether another site's page sent it.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::request_id::RequestId;
use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::operator::session::Visitor;

/// The peer's address and the request's name.
pub(super) fn origin(parts: &Parts) -> Origin {
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    Origin {
        address: address.map(|ConnectInfo(peer)| peer.ip().to_canonical().to_string()).unwrap_or_default(),
        request_id: parts.extensions.get::<RequestId>().map(ToString::to_string).unwrap_or_default(),
    }
}

/// The same, with what the browser calls itself.
pub(super) fn visitor(parts: &Parts) -> Visitor {
    Visitor { origin: origin(parts), user_agent: text(&parts.headers, header::USER_AGENT).unwrap_or("").to_owned() }
}

/// Whether a request that changes something was sent by a page of another site. Browsers say so in `Sec-Fetch-Site` or
/// `Origin`; what is no browser says neither, and then no cookie was sent behind anybody's back.
pub(super) fn is_foreign(app: &App, parts: &Parts) -> bool {
    if let Some(site) = text(&parts.headers, "sec-fetch-site")
        && !matches!(site, "same-origin" | "none")
    {
        return true;
    }
    let host = parts.uri.authority().map(|authority| authority.as_str()).or(text(&parts.headers, header::HOST));
    text(&parts.headers, header::ORIGIN).is_some_and(|origin| {
        let own = host.is_some_and(|host| origin.strip_prefix("https://") == Some(host));
        !own && origin != app.settings.server.public_url.as_str()
    })
}

/// A header field as text.
pub(super) fn text(headers: &HeaderMap, name: impl header::AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
