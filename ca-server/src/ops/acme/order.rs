//! An order as its account sees it.

use ca_core::acme::authorization::AuthorizationFacts;
use ca_core::acme::order::{Finalization as Progress, OrderFacts, OrderStatus};
use ca_core::acme::{Identifier, Problem};
use ca_core::time::UnixTime;

use super::{Requester, names};
use crate::app::App;
use crate::ops::OpError;
use crate::store::authorization::Authorization;
use crate::store::fields::{AccountId, CertificateId, Finalization, OrderId};
use crate::store::order::{self, Order};

/// An order with its authorizations, and the status that follows from them now.
#[derive(Clone, Debug)]
pub struct OrderView {
    /// The row.
    pub order: Order,
    /// In the order of the identifiers.
    pub authorizations: Vec<Authorization>,
    /// RFC 8555 §7.1.6.
    pub status: OrderStatus,
}

impl OrderView {
    /// What was loaded, judged at `now`.
    ///
    /// # Errors
    /// 404 when there is no such order of the account.
    pub fn of(loaded: Option<(Order, Vec<Authorization>)>, now: UnixTime) -> Result<Self, OpError> {
        let (order, authorizations) = loaded.ok_or_else(|| Problem::not_found("order"))?;
        let status = facts(&order, &authorizations)?.status(now);
        Ok(Self { order, authorizations, status })
    }

    /// The same for whoever asked at an endpoint.
    ///
    /// # Errors
    /// 404 when there is no such order of the account at that endpoint.
    pub fn of_requester(
        loaded: Option<(Order, Vec<Authorization>)>,
        who: &Requester,
        now: UnixTime,
    ) -> Result<Self, OpError> {
        Self::of(loaded.filter(|(order, _)| order.endpoint == who.endpoint), now)
    }

    /// The order after its certificate was committed.
    #[must_use]
    pub fn issued(mut self, certificate: CertificateId) -> Self {
        self.order.finalization = Finalization::Issued;
        self.order.certificate_id = Some(certificate);
        self.status = OrderStatus::Valid;
        self
    }

    /// The facts that the rules of `ca_core::acme` judge.
    ///
    /// # Errors
    /// When a stored identifier cannot be read.
    pub fn facts(&self) -> Result<OrderFacts<AccountId>, OpError> {
        facts(&self.order, &self.authorizations)
    }

    /// The identifiers, wildcards with their `*.`.
    ///
    /// # Errors
    /// When a stored identifier cannot be read.
    pub fn identifiers(&self) -> Result<Vec<Identifier>, OpError> {
        identifiers(&self.order)
    }
}

/// The order of that id, if it is the account's.
///
/// # Errors
/// 404 when there is none.
pub async fn load(app: &App, who: &Requester, id: OrderId) -> Result<OrderView, OpError> {
    let account = who.account;
    let loaded = app.store.look_up(move |c| order::by_id(c, account, id)).await?;
    OrderView::of_requester(loaded, who, app.clock.now())
}

/// One page of the ids of an account's orders (RFC 8555 §7.1.2.1), and where the next page starts.
///
/// # Errors
/// When the database fails.
pub async fn list(
    app: &App,
    who: &Requester,
    after: Option<OrderId>,
) -> Result<(Vec<OrderId>, Option<OrderId>), OpError> {
    let (account, now) = (who.account, app.clock.now());
    let mut ids = app.store.read(move |c| order::list(c, account, now, after, PAGE + 1)).await?;
    let more = ids.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    if more {
        ids.pop();
    }
    let next = more.then(|| ids.last().copied()).flatten();
    Ok((ids, next))
}

const PAGE: i64 = 100;

fn identifiers(order: &Order) -> Result<Vec<Identifier>, OpError> {
    let read = |name: &crate::store::fields::Name| Identifier::parse(&names::wire(name)).ok();
    let all: Option<Vec<_>> = order.identifiers.iter().map(read).collect();
    all.ok_or_else(|| OpError::Integrity(format!("acme_order {}: an identifier cannot be read", order.id)))
}

fn facts(order: &Order, authorizations: &[Authorization]) -> Result<OrderFacts<AccountId>, OpError> {
    Ok(OrderFacts {
        account: order.account_id,
        identifiers: identifiers(order)?,
        finalization: match order.finalization {
            Finalization::None => Progress::None,
            Finalization::Processing => Progress::Processing,
            Finalization::Issued => Progress::Issued,
            Finalization::Failed => Progress::Failed,
        },
        expires_at: order.expires_at,
        authorizations: authorizations.iter().map(authorization_facts).collect::<Result<_, _>>()?,
    })
}

fn authorization_facts(authorization: &Authorization) -> Result<AuthorizationFacts<AccountId>, OpError> {
    super::authorization::facts(authorization)
}
