//! The search field of every page: one text, and whatever it may be a name of.

use ca_core::policy::Actor;
use ca_core::policy::action::ListCertificates;

use crate::app::App;
use crate::ops::OpError;
use crate::ops::certificate::search::{CertificateFilter, Found, Page, SearchText, Sort, search};
use crate::ops::signing::{ledger, view};
use crate::store::fields::{AccountId, OrderId, SigningRequestId};
use crate::store::{StoreError, account, order};

/// Certificates that are shown when there are several.
const SHOWN: i64 = 20;

/// A thing other than a certificate that is known by the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing {
    /// An ACME account.
    Account {
        /// Its endpoint.
        endpoint: String,
        /// Its id.
        id: AccountId,
    },
    /// An ACME order.
    Order {
        /// Its endpoint.
        endpoint: String,
        /// Its id.
        id: OrderId,
    },
    /// A request for signatures.
    SigningRequest(SigningRequestId),
    /// A digest that was signed, in hexadecimal.
    SignedDigest(String),
}

/// What is known by a text.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// Accounts and orders.
    pub things: Vec<Thing>,
    /// Certificates, newest first; none for an empty text.
    pub certificates: Option<Found>,
}

/// Looks a text up.
///
/// # Errors
/// Policy and database.
pub async fn lookup(app: &App, actor: &Actor, text: &str) -> Result<Lookup, OpError> {
    let _ = app.policies.load().engine().decide(actor, ListCertificates)?;
    let Some(parsed) = SearchText::parse(text) else {
        return Ok(Lookup { things: Vec::new(), certificates: None });
    };
    let mut things = things(app, parsed.as_str()).await?;
    things.extend(signing(app, actor, parsed.as_str()).await?);
    let filter = CertificateFilter { text: Some(parsed), ..CertificateFilter::default() };
    let certificates = search(app, actor, &filter, Page::first(Sort::Newest, SHOWN)).await?;
    Ok(Lookup { things, certificates: Some(certificates) })
}

async fn things(app: &App, text: &str) -> Result<Vec<Thing>, OpError> {
    let (Ok(account_id), Ok(order_id)) = (text.parse::<AccountId>(), text.parse::<OrderId>()) else {
        return Ok(Vec::new());
    };
    let read = move |c: &mut _| {
        let account = account::find(c, account_id)?;
        let order = order::find(c, order_id)?;
        Ok::<_, StoreError>((account, order))
    };
    let (account, order) = app.store.read(read).await?;
    let account = account.map(|found| Thing::Account { endpoint: found.endpoint, id: found.id });
    let order = order.map(|found| Thing::Order { endpoint: found.endpoint, id: found.id });
    Ok(account.into_iter().chain(order).collect())
}

/// A request for signatures of that id, and a digest that was signed, where whoever looks may see them.
async fn signing(app: &App, actor: &Actor, text: &str) -> Result<Vec<Thing>, OpError> {
    let mut found = Vec::new();
    if let Ok(id) = text.parse::<SigningRequestId>() {
        let seen = view::view(app, actor, id).await;
        found.extend(visible(seen)?.map(|_| Thing::SigningRequest(id)));
    }
    let is_digest = matches!(text.len(), 64 | 96 | 128) && text.bytes().all(|octet| octet.is_ascii_hexdigit());
    if is_digest {
        let lines = visible(ledger::of_digest(app, actor, text).await)?.unwrap_or_default();
        found.extend((!lines.is_empty()).then(|| Thing::SignedDigest(text.to_ascii_lowercase())));
    }
    Ok(found)
}

/// What one may not see is not there.
fn visible<T>(result: Result<T, OpError>) -> Result<Option<T>, OpError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(OpError::NotFound(_) | OpError::Denied(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
