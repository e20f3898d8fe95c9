//! A token on its way: never printed, marked as sensitive in requests.

use std::fmt;

use reqwest::header::HeaderValue;

/// Visible ASCII that proves something to a server.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

/// A token that cannot be sent.
#[derive(Debug, thiserror::Error)]
#[error("the token is empty or has characters that no token has")]
pub(crate) struct UnusableToken;

impl Secret {
    /// White space around it is dropped: files end in a newline.
    pub(crate) fn new(text: &str) -> Result<Self, UnusableToken> {
        let text = text.trim();
        let visible = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_graphic());
        visible.then(|| Self(text.to_owned())).ok_or(UnusableToken)
    }

    #[cfg(test)]
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// `Authorization: Bearer …`
    pub(crate) fn bearer(&self) -> HeaderValue {
        let value = HeaderValue::from_str(&format!("Bearer {}", self.0));
        // Visible ASCII is always a header's value.
        let mut value = value.unwrap_or_else(|_| HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_printed() {
        let secret = Secret::new(" sgt_abc\n").unwrap();
        assert_eq!(secret.expose(), "sgt_abc");
        assert_eq!(format!("{secret:?} {:?}", secret.bearer()), "Secret(…) Sensitive");
        for text in ["", " \n", "two words", "é", "a\r\nb"] {
            Secret::new(text).unwrap_err();
        }
    }
}
