//! ACME accounts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::database::Dialect;
use crate::plan::{ACCOUNTS, DAY, Plan};
use crate::rows::{Rows, text};
use crate::sha256;

/// Every account.
pub(crate) fn all(plan: &Plan, dialect: Dialect) -> Vec<String> {
    let mut rows = Rows::of(
        "acme_account (id, endpoint, jwk_thumbprint, jwk, spki_sha256, contacts, state, terms_agreed_at, created_from, \
         created_at)",
    );
    for number in 0..ACCOUNTS {
        let hash = sha256(&number.to_be_bytes());
        let coordinate = URL_SAFE_NO_PAD.encode(hash);
        let jwk = format!("{{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"{coordinate}\",\"y\":\"{coordinate}\"}}");
        let at = (plan.now() - 240 * DAY - DAY).to_string();
        rows.push(&[
            &text(&plan.account_id(number)),
            "'acme'",
            &text(&URL_SAFE_NO_PAD.encode(sha256(jwk.as_bytes()))),
            &text(&jwk),
            &dialect.octets(&hash),
            &text(&format!("[\"mailto:admin-{number}@example.org\"]")),
            "'valid'",
            &at,
            &text(&format!("192.0.2.{}", number % 250)),
            &at,
        ]);
    }
    rows.take()
}
