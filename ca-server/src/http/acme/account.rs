//! newAccount, accounts, their orders, and keyChange (RFC 8555 §7.3).

use std::collections::HashMap;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ca_core::acme::account::parse_contacts;
use ca_core::acme::message::{AccountObject, NewAccount, OrdersList, UpdateAccount};
use ca_core::acme::{Problem, eab, key_change as rules};

use super::answer::{Answer, Refusal};
use super::authenticated::{Authenticated, id};
use super::posted::Posted;
use super::urls::Urls;
use crate::ops::acme;
use crate::ops::acme::account::Account;
use crate::ops::acme::key_change::KeyChanged;
use crate::ops::acme::new_account::AccountRequest;

pub(super) async fn new_account(posted: Posted) -> Result<Response, Refusal> {
    let (key, jws) = acme::request::by_embedded_key(&posted.app, &posted.url, &posted.body).await?;
    let message: NewAccount = jws.message()?;
    let binding = message.external_account_binding.as_ref();
    let request = AccountRequest {
        contacts: parse_contacts(&message.contact.unwrap_or_default())?,
        terms_agreed: message.terms_of_service_agreed.unwrap_or(false),
        only_return_existing: message.only_return_existing,
        binding: binding.map(|value| eab::ExternalAccountBinding::parse(value, &posted.url)).transpose()?,
        key,
    };
    let settings = posted.settings()?;
    let opened = acme::new_account::new_account(&posted.app, settings, &posted.origin(), request).await?;
    let status = if opened.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok(answer(status, &posted.urls(), &opened.account))
}

pub(super) async fn account(Path((_, name)): Path<(String, String)>, posted: Posted) -> Result<Response, Refusal> {
    let request = Authenticated::from(&posted).await?;
    require_own(&request, &name)?;
    if request.jws.is_post_as_get() {
        let account = acme::account::load(&posted.app, &request.who).await?;
        return Ok(answer(StatusCode::OK, &request.urls, &account));
    }
    let message: UpdateAccount = request.jws.message()?;
    let account = if message.deactivates() {
        acme::account::deactivate(&posted.app, &request.who).await?
    } else if let Some(contacts) = message.contact {
        acme::account::set_contacts(&posted.app, &request.who, parse_contacts(&contacts)?).await?
    } else {
        // RFC 8555 §7.3.2: fields that the client may not change are ignored.
        acme::account::load(&posted.app, &request.who).await?
    };
    Ok(answer(StatusCode::OK, &request.urls, &account))
}

pub(super) async fn orders(
    Path((_, name)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let request = Authenticated::post_as_get(&posted).await?;
    require_own(&request, &name)?;
    let after = query.get("cursor").map(|cursor| id(cursor, "page of orders")).transpose()?;
    let (ids, next) = acme::order::list(&posted.app, &request.who, after).await?;
    let list = OrdersList { orders: ids.iter().map(|order| request.urls.order(order)).collect() };
    let answer = Answer::ok(list);
    // RFC 8555 §7.1.2.1: further pages by a link of relation "next".
    let answer = match next {
        Some(next) => answer.link(&format!("{}?cursor={next}", request.urls.orders(&name)), "next"),
        None => answer,
    };
    Ok(answer.into_response())
}

pub(super) async fn key_change(posted: Posted) -> Result<Response, Refusal> {
    let request = Authenticated::from(&posted).await?;
    let new_key = rules::verify(&request.jws, request.account.jwk.public_key())?;
    match acme::key_change::key_change(&posted.app, &request.who, &request.account, &new_key).await? {
        KeyChanged::Done(account) => Ok(answer(StatusCode::OK, &request.urls, &account)),
        // RFC 8555 §7.3.5: 409 with the URL of the account that has the key.
        KeyChanged::InUse(holder) => {
            let problem = Problem::malformed("another account has the new key").with_status(409);
            let mut response = Refusal(problem).into_response();
            if let Ok(url) = request.urls.account(holder.id).try_into() {
                response.headers_mut().insert(axum::http::header::LOCATION, url);
            }
            Ok(response)
        }
    }
}

/// Another account's URL is answered like one that does not exist.
fn require_own(request: &Authenticated, name: &str) -> Result<(), Refusal> {
    let own = request.who.account.to_string() == name;
    own.then_some(()).ok_or_else(|| Problem::unauthorized("this is not the URL of the account that signed").into())
}

fn answer(status: StatusCode, urls: &Urls, account: &Account) -> Response {
    let object = AccountObject {
        status: acme::account::status(account),
        contact: account.contacts.clone(),
        terms_of_service_agreed: account.terms_agreed_at.map(|_| true),
        orders: urls.orders(account.id),
    };
    Answer::new(status, object).location(urls.account(account.id)).into_response()
}
