//! The cookie that holds a session's token.

use axum::http::{HeaderMap, HeaderValue, header};

/// `__Host-`: browsers take it only over HTTPS, for this host and all its paths, so that no neighbour can set it
/// (RFC 6265bis §4.1.3.2).
pub(super) const NAME: &str = "__Host-signet-session";

/// What the browser sent.
pub(super) fn session(headers: &HeaderMap) -> Option<&str> {
    named(headers, NAME)
}

/// The value of one cookie.
pub(super) fn named<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let fields = headers.get_all(header::COOKIE).iter().filter_map(|field| field.to_str().ok());
    let mut pairs = fields.flat_map(|field| field.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// Gives the browser a session. It is the browser's until it closes; the server ends it sooner.
pub(super) fn set(token: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("{NAME}={token}; Path=/; Secure; HttpOnly; SameSite=Lax")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Takes it away again.
pub(super) fn clear() -> HeaderValue {
    HeaderValue::from_static("__Host-signet-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let sent = |value: &'static str| HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(value))]);
        assert_eq!(session(&sent("a=b; __Host-signet-session=token; c=d")), Some("token"));
        assert_eq!(session(&sent("x__Host-signet-session=token")), None);
        assert_eq!(session(&HeaderMap::new()), None);
    }

    #[test]
    fn taking_away_names_the_same_cookie() {
        assert!(clear().to_str().is_ok_and(|text| text.starts_with(&format!("{NAME}=;"))));
    }
}
