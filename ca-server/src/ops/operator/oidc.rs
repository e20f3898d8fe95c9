//! Signing in with an identity provider (OpenID Connect, code flow with PKCE).
//!
//! Nothing is stored while a person is at the provider: their browser keeps one random token, and whatever must come back
//! unchanged is derived from it.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ca_core::time::UnixTime;
use zeroize::Zeroizing;

use super::provision::{self, Unwelcome, Vouched};
use super::secret_token::{SecretToken, are_equal};
use super::session::{self, Proof, Session, Visitor};
use super::sign_in;
use crate::app::App;
use crate::oidc::{Asked, Person, Provider, ProviderError};
use crate::ops::OpError;
use crate::store::operator::Operator;

/// What a person is at the provider for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To sign in.
    SignIn,
    /// To prove again who they are.
    StepUp,
}

impl Purpose {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::StepUp => "step-up",
        }
    }

    /// The purpose of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::SignIn, Self::StepUp].into_iter().find(|purpose| purpose.word() == word)
    }
}

/// An attempt, as the browser keeps it.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Known to this browser alone.
    pub token: SecretToken,
    /// What it is for.
    pub purpose: Purpose,
}

/// What the provider sent the browser back with.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// `state`.
    pub state: &'a str,
    /// `code`, or `error`.
    pub code: Result<&'a str, &'a str>,
    /// `iss` (RFC 9207).
    pub issuer: Option<&'a str>,
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The answer belongs to no attempt of this browser, or to an older one.
    #[error("the answer does not belong to a sign-in that this browser began here, or it came twice")]
    State,
    /// The provider, or the person there, said no.
    #[error("the identity provider said: {0}")]
    Declined(String),
    /// The provider vouches for nobody.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// None of the person's groups has a role here.
    #[error("none of the groups of {0:?} at the identity provider has a role here")]
    NoRole(String),
    /// They are not let in.
    #[error(transparent)]
    Unwelcome(#[from] Unwelcome),
    /// Somebody else proved who they are, or nobody did just now.
    #[error("the identity provider did not ask you again, or somebody else answered")]
    NotAgain,
}

impl Attempt {
    /// A new one.
    pub fn begin(app: &App, purpose: Purpose) -> Self {
        Self { token: SecretToken::fresh(&app.entropy), purpose }
    }

    /// What the provider is asked; each value is good for this attempt, provider and purpose only.
    fn asked(&self, provider: &Provider) -> Asked {
        let derive = |what: &str| {
            self.token.derive(&format!("signet oidc {what} {} {}", self.purpose.word(), provider.settings.name))
        };
        let code_verifier = Zeroizing::new(derive("code verifier"));
        let hash = digest::digest(&digest::SHA256, code_verifier.as_bytes());
        Asked {
            state: derive("state"),
            nonce: derive("nonce"),
            code_challenge: URL_SAFE_NO_PAD.encode(hash),
            code_verifier,
            anew: self.purpose == Purpose::StepUp,
        }
    }
}

/// The configured provider of that name.
///
/// # Errors
/// When there is none.
pub fn provider<'a>(app: &'a App, name: &str) -> Result<&'a Provider, OpError> {
    let unknown = || OpError::NotFound(format!("there is no identity provider {name:?}"));
    app.identity_provider(name).ok_or_else(unknown)
}

/// Where the browser is to go with an attempt.
///
/// # Errors
/// When the provider does not say.
pub async fn authorization_url(provider: &Provider, attempt: &Attempt) -> Result<String, ProviderError> {
    Ok(provider.authorization_url(&attempt.asked(provider)).await?.into())
}

/// Signs in whoever the provider vouches for.
///
/// # Errors
/// When the policy denies it or the database fails.
pub async fn sign_in(
    app: &App,
    visitor: &Visitor,
    provider: &Provider,
    attempt: &Attempt,
    answer: Answer<'_>,
) -> Result<Result<SecretToken, Refusal>, OpError> {
    let found = match redeem(provider, attempt, answer).await {
        Ok(person) => operator(app, visitor, provider, &person).await?.map(|operator| (operator, person)),
        Err(refusal) => Err(refusal),
    };
    match found {
        Ok((operator, person)) => {
            // A session at the provider that began long ago proves nothing about this moment.
            let given_at = Some(person.authenticated_at.unwrap_or(UnixTime::from_seconds(0)));
            let proof = Proof { given_at, ..Proof::by("oidc") };
            sign_in::begin(app, &operator, proof, visitor).await.map(Ok)
        }
        Err(refusal) => {
            metrics::counter!("signet_sign_ins_total", "outcome" => "refused").increment(1);
            tracing::warn!(address = %visitor.origin.address, %refusal, "a sign-in by an identity provider was refused");
            Ok(Err(refusal))
        }
    }
}

/// The person of a session has proved themself again to their provider.
///
/// # Errors
/// When the database fails.
pub async fn prove_again(
    app: &App,
    session: &Session,
    provider: &Provider,
    attempt: &Attempt,
    answer: Answer<'_>,
) -> Result<Result<SecretToken, Refusal>, OpError> {
    let person = match redeem(provider, attempt, answer).await {
        Ok(person) => person,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let now = app.clock.now();
    let proved_at = person.authenticated_at.unwrap_or(UnixTime::from_seconds(0)).min(now);
    let known = provision::find(app, &provided_by(provider), &person.subject).await?;
    if known.is_none_or(|operator| operator.id != session.operator.id) || now.since(proved_at) >= session::RECENT {
        return Ok(Err(Refusal::NotAgain));
    }
    Ok(Ok(session::renew(app, session, proved_at).await?))
}

async fn redeem(provider: &Provider, attempt: &Attempt, answer: Answer<'_>) -> Result<Person, Refusal> {
    let asked = attempt.asked(provider);
    if !are_equal(&asked.state, answer.state) {
        return Err(Refusal::State);
    }
    let code = answer.code.map_err(|error| Refusal::Declined(error.chars().take(64).collect()))?;
    Ok(provider.redeem(&asked, code, answer.issuer).await?)
}

/// Roles follow the groups: who has lost the last one keeps none here either.
async fn operator(
    app: &App,
    visitor: &Visitor,
    provider: &Provider,
    person: &Person,
) -> Result<Result<Operator, Refusal>, OpError> {
    let roles = provider.settings.roles_of(&person.groups);
    let stranger = roles.is_empty();
    let vouched = Vouched { provider: &provided_by(provider), subject: &person.subject, name: &person.name, roles };
    if stranger {
        provision::forget_roles(app, visitor, vouched).await?;
        return Ok(Err(Refusal::NoRole(person.name.clone())));
    }
    Ok(provision::ensure(app, visitor, vouched).await?.map_err(Refusal::from))
}

fn provided_by(provider: &Provider) -> String {
    format!("oidc/{}", provider.settings.name)
}
