//! Who asks: a token from a file, the environment, or the CI's own identity provider. Never from the command line, which
//! others on the machine can read.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde::Deserialize;

use super::body::body;
use super::failure::{explain, is_final};
use crate::secret::{Secret, UnusableToken};

/// Where the token comes from, in the order in which the places are asked.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    /// `--token-file`: read each time, because something may renew it.
    File(PathBuf),
    /// `SIGNET_TOKEN`.
    Token(Secret),
    /// GitLab: `SIGNET_ID_TOKEN`, which the job declares under `id_tokens:`.
    GitLab(Secret),
    /// GitHub Actions with `permissions: id-token: write`: asked for each time, because its tokens live five minutes.
    GitHub {
        /// `ACTIONS_ID_TOKEN_REQUEST_URL`
        url: Url,
        /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`
        token: Secret,
        /// Who the token is for.
        audience: String,
    },
    /// A client certificate, or nothing.
    None,
}

/// A token that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file of `--token-file`.
    #[error("--token-file {path}: {source}")]
    File {
        /// Which one.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// Something else than a token.
    #[error("{place}: the token is empty or has characters that no token has")]
    Unusable {
        /// Where it was found.
        place: String,
    },
    /// What GitHub sets is no URL.
    #[error("ACTIONS_ID_TOKEN_REQUEST_URL is no URL")]
    RequestUrl,
    /// GitHub gives none.
    #[error("GitHub gives no ID token: {0}")]
    GitHub(String),
    /// GitHub gives none at the moment.
    #[error("GitHub gives no ID token: {0}")]
    GitHubAway(String),
}

impl CredentialsError {
    /// Whether asking again may help.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::GitHubAway(_))
    }
}

/// Octets of GitHub's answer.
const LARGEST: usize = 64 * 1024;

impl Identity {
    /// Looks in the places in their order. `audience` is who a token from GitHub is for.
    pub(crate) fn find(
        file: Option<PathBuf>,
        audience: &str,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, CredentialsError> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let secret = |place: &str, text: &str| {
            Secret::new(text).map_err(|UnusableToken| CredentialsError::Unusable { place: place.to_owned() })
        };
        if let Some(file) = file {
            return Ok(Self::File(file));
        }
        if let Some(text) = set("SIGNET_TOKEN") {
            return Ok(Self::Token(secret("SIGNET_TOKEN", &text)?));
        }
        if let Some(text) = set("SIGNET_ID_TOKEN") {
            return Ok(Self::GitLab(secret("SIGNET_ID_TOKEN", &text)?));
        }
        let (Some(url), Some(token)) = (set("ACTIONS_ID_TOKEN_REQUEST_URL"), set("ACTIONS_ID_TOKEN_REQUEST_TOKEN"))
        else {
            return Ok(Self::None);
        };
        let url = Url::parse(&url).map_err(|_| CredentialsError::RequestUrl)?;
        let token = secret("ACTIONS_ID_TOKEN_REQUEST_TOKEN", &token)?;
        Ok(Self::GitHub { url, token, audience: audience.to_owned() })
    }

    /// A token for one request.
    pub(crate) async fn token(&self) -> Result<Option<Secret>, CredentialsError> {
        match self {
            Self::File(path) => {
                let place = path.display().to_string();
                let text = std::fs::read_to_string(path)
                    .map_err(|source| CredentialsError::File { path: place.clone(), source })?;
                let unusable = |UnusableToken| CredentialsError::Unusable { place: format!("--token-file {place}") };
                Secret::new(&text).map(Some).map_err(unusable)
            }
            Self::Token(token) | Self::GitLab(token) => Ok(Some(token.clone())),
            Self::GitHub { url, token, audience } => ask_github(url, token, audience).await.map(Some),
            Self::None => Ok(None),
        }
    }
}

#[derive(Deserialize)]
struct GitHubAnswer {
    value: String,
}

/// GitHub's certificate is one that the machine trusts, whatever `--ca-file` says of ours.
async fn ask_github(url: &Url, token: &Secret, audience: &str) -> Result<Secret, CredentialsError> {
    let mut url = url.clone();
    url.query_pairs_mut().append_pair("audience", audience);
    let builder = Client::builder().https_only(true).redirect(Policy::none()).timeout(Duration::from_secs(30));
    let client = builder.build().map_err(|error| CredentialsError::GitHub(explain(error)))?;
    let request = client.get(url).header(reqwest::header::AUTHORIZATION, token.bearer());
    let answer = request.send().await.and_then(reqwest::Response::error_for_status).map_err(github)?;
    let unusable = |words: &str| CredentialsError::GitHub(words.to_owned());
    let text = body(answer, LARGEST).await.map_err(github)?.ok_or_else(|| unusable("the answer is too large"))?;
    let answer: GitHubAnswer = serde_json::from_slice(&text).map_err(|_| unusable("the answer has no token"))?;
    Secret::new(&answer.value).map_err(|UnusableToken| unusable("the answer has no token"))
}

/// A lost connection and a busy service pass.
fn github(error: reqwest::Error) -> CredentialsError {
    let passes = match error.status() {
        Some(status) => status.is_server_error() || status == reqwest::StatusCode::TOO_MANY_REQUESTS,
        None => !is_final(&error),
    };
    if passes { CredentialsError::GitHubAway(explain(error)) } else { CredentialsError::GitHub(explain(error)) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn find(file: Option<&str>, pairs: &[(&str, &str)]) -> Result<Identity, CredentialsError> {
        let variable =
            |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Identity::find(file.map(PathBuf::from), "https://ca.example.org", &variable)
    }

    #[test]
    fn places_are_asked_in_their_order() {
        let all = [
            ("SIGNET_TOKEN", "a"),
            ("SIGNET_ID_TOKEN", "b"),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://g.example/t?x=1"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "c"),
        ];
        assert!(matches!(find(Some("f"), &all).unwrap(), Identity::File(_)));
        assert!(matches!(find(None, &all).unwrap(), Identity::Token(token) if token.expose() == "a"));
        assert!(matches!(find(None, &all[1..]).unwrap(), Identity::GitLab(token) if token.expose() == "b"));
        assert!(
            matches!(find(None, &all[2..]).unwrap(), Identity::GitHub { audience, .. } if audience.ends_with("org"))
        );
        assert!(matches!(find(None, &all[3..]).unwrap(), Identity::None));
        assert!(matches!(find(None, &[("SIGNET_TOKEN", "")]).unwrap(), Identity::None));
    }

    #[test]
    fn what_is_no_token_is_refused_without_printing_it() {
        let refusal = |pairs: &[(&str, &str)]| find(None, pairs).unwrap_err().to_string();
        let words = refusal(&[("SIGNET_TOKEN", "two words")]);
        assert_eq!(words, "SIGNET_TOKEN: the token is empty or has characters that no token has");
        let url = [("ACTIONS_ID_TOKEN_REQUEST_URL", "nonsense"), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "c")];
        assert_eq!(refusal(&url), "ACTIONS_ID_TOKEN_REQUEST_URL is no URL");
    }

    #[tokio::test]
    async fn a_token_file_is_read_when_it_is_needed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let identity = Identity::File(path.clone());
        assert!(identity.token().await.unwrap_err().to_string().starts_with("--token-file"));
        std::fs::write(&path, "one\n").unwrap();
        assert_eq!(identity.token().await.unwrap().unwrap().expose(), "one");
        std::fs::write(&path, "\n").unwrap();
        assert!(identity.token().await.unwrap_err().to_string().ends_with("characters that no token has"));
    }
}
