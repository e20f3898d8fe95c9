//! Tokens by which whoever asked follows one request, and the tokens of a CI, each of which asks for one thing.

use std::time::Duration;

use ca_core::policy::Actor;
use ca_core::time::UnixTime;
use zeroize::Zeroizing;

use super::identity::PREFIX;
use crate::app::App;
use crate::ops::operator::secret_token::SecretToken;
use crate::ops::{OpError, idempotency};
use crate::store::fields::{Sha256, SigningRequestId};
use crate::store::{Connection, StoreError, signing_retention, signing_token};

/// What an expired token was used for is remembered for this much longer: clocks differ.
const MARGIN: Duration = Duration::from_secs(300);

/// A token of a request opens it until the request has ended, and so long after that: by then its job has fetched what it
/// asked for, or asks again and gets another one.
const OUTLIVES: Duration = Duration::from_secs(7 * 86_400);

/// The request that a token opens now.
pub(super) async fn opens(app: &App, token: &SecretToken) -> Result<Option<SigningRequestId>, OpError> {
    let (hash, ended_after) = (token.sha256(), app.clock.now().minus(OUTLIVES));
    Ok(app.store.read(move |c| signing_token::request(c, hash, ended_after)).await?)
}

/// Forgets those that open nothing any more.
///
/// # Errors
/// When the database fails.
pub fn forget(connection: &mut Connection, now: UnixTime, limit: i64) -> Result<usize, StoreError> {
    signing_retention::request_tokens(connection, now.minus(OUTLIVES), limit)
}

/// A new token of a request. Its text is answered here and nowhere else.
pub(super) async fn issue(app: &App, id: SigningRequestId) -> Result<Zeroizing<String>, OpError> {
    let (token, now) = (SecretToken::fresh(&app.entropy), app.clock.now());
    let hash = token.sha256();
    app.store.write(move |c| signing_token::insert(c, hash, id, now)).await?;
    Ok(Zeroizing::new(format!("{PREFIX}{}", token.reveal().as_str())))
}

/// How the token of a CI that has a `jti` is noted.
pub(super) struct SingleUse {
    token: Sha256,
    expires_at: UnixTime,
}

impl SingleUse {
    /// Nothing for actors without such a token.
    pub(super) fn of(actor: &Actor) -> Option<Self> {
        let Actor::CiJob { issuer, claims, .. } = actor else { return None };
        let jti = claims.get("jti").filter(|jti| !jti.is_empty())?;
        // RFC 7519 §2, NumericDate: perhaps with a fraction.
        let end = claims.get("exp").and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
        let expires_at = UnixTime::from_seconds(end as i64).plus(MARGIN);
        Some(Self { token: idempotency::digest(&[issuer.as_bytes(), jti.as_bytes()]), expires_at })
    }

    /// Notes that it asks for what `asked` is the key of.
    ///
    /// # Errors
    /// A problem with status 401 when it asked for something else before: somebody replays it.
    pub(super) async fn note(self, app: &App, asked: Sha256) -> Result<(), OpError> {
        let Self { token, expires_at } = self;
        if app.store.write(move |c| signing_token::use_once(c, token, asked, expires_at)).await? {
            return Ok(());
        }
        let detail = "this token has asked for other signatures already; each token of a CI (jti) asks for one thing: have \
                      the CI issue another one";
        Err(ca_core::acme::Problem::unauthorized(detail).with_status(401).into())
    }
}
