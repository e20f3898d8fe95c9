//! newOrder, order and finalize (RFC 8555 §7.4).

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ca_core::acme::Identifier;
use ca_core::acme::message::{Finalize, NewOrder, OrderObject};
use ca_core::acme::order::OrderStatus;

use super::answer::{Answer, Refusal};
use super::authenticated::{Authenticated, id};
use super::posted::Posted;
use super::urls::Urls;
use crate::ops::acme::new_order::OrderRequest;
use crate::ops::acme::order::OrderView;
use crate::ops::{OpError, acme};

/// Seconds between polls while a certificate is made.
const POLL: u64 = 1;

pub(super) async fn new_order(posted: Posted) -> Result<Response, Refusal> {
    let request = Authenticated::from(&posted).await?;
    let message: NewOrder = request.jws.message()?;
    let (not_before, not_after) = message.validity()?;
    let order = OrderRequest { identifiers: Identifier::parse_all(&message.identifiers)?, not_before, not_after };
    let view = acme::new_order::new_order(&posted.app, &request.who, order).await?;
    answer(StatusCode::CREATED, &request.urls, &view)
}

pub(super) async fn order(Path((_, order)): Path<(String, String)>, posted: Posted) -> Result<Response, Refusal> {
    let request = Authenticated::post_as_get(&posted).await?;
    let view = acme::order::load(&posted.app, &request.who, id(&order, "order")?).await?;
    answer(StatusCode::OK, &request.urls, &view)
}

pub(super) async fn finalize(Path((_, order)): Path<(String, String)>, posted: Posted) -> Result<Response, Refusal> {
    let request = Authenticated::from(&posted).await?;
    let message: Finalize = request.jws.message()?;
    let csr = message.csr_der()?;
    let view = acme::finalize::finalize(&posted.app, &request.who, id(&order, "order")?, &csr).await?;
    answer(StatusCode::OK, &request.urls, &view)
}

fn answer(status: StatusCode, urls: &Urls, view: &OrderView) -> Result<Response, Refusal> {
    let object = object(urls, view)?;
    let processing = (view.status == OrderStatus::Processing).then_some(POLL);
    Ok(Answer::new(status, object).location(urls.order(view.order.id)).retry_after(processing).into_response())
}

fn object(urls: &Urls, view: &OrderView) -> Result<OrderObject, OpError> {
    let order = &view.order;
    Ok(OrderObject {
        status: view.status,
        expires: Some(order.expires_at.to_string()),
        identifiers: view.identifiers()?.iter().map(Identifier::to_wire).collect(),
        not_before: order.not_before.map(|instant| instant.to_string()),
        not_after: order.not_after.map(|instant| instant.to_string()),
        error: order.problem.as_deref().and_then(|problem| serde_json::from_str(problem).ok()),
        authorizations: view.authorizations.iter().map(|found| urls.authorization(found.id)).collect(),
        finalize: urls.finalize(order.id),
        certificate: order.certificate_id.map(|certificate| urls.certificate(certificate)),
    })
}
