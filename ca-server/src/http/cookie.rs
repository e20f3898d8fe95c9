//! Cookies: a session's token, and an attempt to sign in elsewhere.

use axum::http::{HeaderMap, HeaderValue, header};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::ops::operator::oidc::{Attempt, Purpose};
use crate::ops::operator::secret_token::SecretToken;

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

/// What a browser keeps while its person is at an identity provider.
const ATTEMPT: &str = "__Host-signet-oidc";

/// An attempt to sign in with an identity provider, and where to go afterwards.
#[derive(Clone, Debug)]
pub(super) struct KeptAttempt {
    pub(super) attempt: Attempt,
    pub(super) next: String,
}

impl KeptAttempt {
    /// What the browser sent.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut parts = named(headers, ATTEMPT)?.splitn(3, '.');
        let (token, purpose, next) = (parts.next()?, parts.next()?, parts.next()?);
        let purpose = Purpose::from_word(purpose)?;
        let next = percent_decode_str(next).decode_utf8().ok()?.into_owned();
        Some(Self { attempt: Attempt { token: SecretToken::parse(token)?, purpose }, next })
    }

    /// For ten minutes. `Lax`, because the way back begins at another site.
    pub(super) fn cookie(&self) -> Option<HeaderValue> {
        let (token, purpose) = (self.attempt.token.reveal(), self.attempt.purpose.word());
        let next = utf8_percent_encode(&self.next, NON_ALPHANUMERIC);
        let text = format!(
            "{ATTEMPT}={}.{purpose}.{next}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600",
            token.as_str()
        );
        let mut value = HeaderValue::try_from(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// Takes it away again.
pub(super) fn clear_attempt() -> HeaderValue {
    HeaderValue::from_static("__Host-signet-oidc=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::clock::Clock;
    use crate::entropy::Entropy;

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
        assert!(clear_attempt().to_str().is_ok_and(|text| text.starts_with(&format!("{ATTEMPT}=;"))));
    }

    #[test]
    fn an_attempt_survives_the_way_to_the_browser_and_back() {
        let token = SecretToken::fresh(&Entropy::new(Clock::system()));
        let kept = KeptAttempt {
            attempt: Attempt { token: token.clone(), purpose: Purpose::StepUp },
            next: "/certificates?q=a.b; c=\"".to_owned(),
        };
        let sent = kept.cookie().unwrap();
        let pair = sent.to_str().unwrap().split(';').next().unwrap().to_owned();
        let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::try_from(pair).unwrap())]);
        let back = KeptAttempt::of(&headers).unwrap();
        assert_eq!((back.attempt.purpose, back.next), (Purpose::StepUp, kept.next));
        assert_eq!(*back.attempt.token.reveal(), *token.reveal());
        for made_up in ["", "a.sign-in./", "..", &format!("{}.other./", *token.reveal())] {
            let pair = format!("{ATTEMPT}={made_up}").parse().unwrap();
            assert!(KeptAttempt::of(&HeaderMap::from_iter([(header::COOKIE, pair)])).is_none(), "{made_up}");
        }
    }
}
