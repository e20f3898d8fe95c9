//! The search field of every page: one text, and whatever it may be a name of.

use ca_core::policy::Actor;
use ca_core::policy::action::ListCertificates;

use crate::app::App;
use crate::ops::OpError;
use crate::ops::certificate::search::{CertificateFilter, Found, Page, SearchText, Sort, search};
use crate::store::fields::{AccountId, OrderId};
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
    let things = things(app, parsed.as_str()).await?;
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
