//! Lists in pages: a limit, a cursor that means nothing to the caller, and filters that are read strictly.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::ApiError;
use crate::ops::listing::Listing;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Paged<T> {
    /// The things of this page
    items: Vec<T>,
    /// Where the next page begins: give it as `after`. Absent on the last page
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "MDE5YTJmNmUtNWQxYy03ZTA3LTllZDUtNmExZjRmM2MyYjEw")]
    next: Option<String>,
}

impl<T> Paged<T> {
    /// A page that `key`, if there is more, ends with.
    pub(in crate::http) fn new(items: Vec<T>, key: Option<String>) -> Self {
        Self { items, next: key.map(|key| URL_SAFE_NO_PAD.encode(key)) }
    }

    /// A page of an op, each thing in its wire form.
    pub(in crate::http) fn of<U>(listing: Listing<U>, each: impl Fn(U) -> T) -> Self {
        let listing = listing.map(each);
        Self::new(listing.items, listing.next)
    }
}

/// Which page is wanted: `limit` and `after` of the query.
#[derive(Clone, Debug)]
pub(in crate::http) struct Page {
    /// At most so many things.
    pub(in crate::http) limit: i64,
    /// The key that the page before ended with.
    pub(in crate::http) after: Option<String>,
}

/// The same as the query spells it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct PageParameters {
    /// At most so many things
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u16>,
    /// `next` of the page before
    #[param(max_length = 1024)]
    after: Option<String>,
}

/// Things on a page when nobody says how many.
const DEFAULT: u16 = 50;

/// Most things on a page.
const MOST: u16 = 500;

/// Longest cursor.
const LONGEST: usize = 1024;

const NAMES: [&str; 2] = ["limit", "after"];

impl<S: Sync> FromRequestParts<S> for Page {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let asked: PageParameters = read(parts, |name| NAMES.contains(&name))?;
        let limit = asked.limit.unwrap_or(DEFAULT);
        if !(1..=MOST).contains(&limit) {
            return Err(ApiError::malformed(format!("limit is a number from 1 to {MOST}")));
        }
        Ok(Self { limit: limit.into(), after: asked.after.as_deref().map(key).transpose()? })
    }
}

fn key(cursor: &str) -> Result<String, ApiError> {
    let octets = (cursor.len() <= LONGEST).then(|| URL_SAFE_NO_PAD.decode(cursor).ok()).flatten();
    octets
        .and_then(|octets| String::from_utf8(octets).ok())
        .ok_or_else(|| ApiError::malformed("after is what `next` of the page before says, unchanged"))
}

/// What a list is narrowed to: the rest of the query, in which an unknown name is a mistake.
#[derive(Clone, Debug)]
pub(in crate::http) struct Filters<T>(pub(in crate::http) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Filters<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        read(parts, |name| !NAMES.contains(&name)).map(Self)
    }
}

fn read<T: DeserializeOwned>(parts: &Parts, wanted: impl Fn(&str) -> bool) -> Result<T, ApiError> {
    let pairs = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let chosen = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs.filter(|(name, value)| wanted(name) && !value.is_empty()))
        .finish();
    let uri = format!("/?{chosen}").parse().map_err(|_| ApiError::malformed("the query cannot be read"))?;
    let query = axum::extract::Query::<T>::try_from_uri(&uri);
    query.map(|query| query.0).map_err(|rejection| ApiError::malformed(rejection.body_text()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    async fn page(query: &str) -> Result<Page, ApiError> {
        let request = axum::http::Request::get(format!("/?{query}")).body(()).unwrap();
        Page::from_request_parts(&mut request.into_parts().0, &()).await
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct ByName {
        name: Option<String>,
    }

    async fn by_name(query: &str) -> Result<Option<String>, ApiError> {
        let request = axum::http::Request::get(format!("/?{query}")).body(()).unwrap();
        let filters = Filters::<ByName>::from_request_parts(&mut request.into_parts().0, &()).await;
        filters.map(|filters| filters.0.name)
    }

    #[tokio::test]
    async fn a_cursor_leads_to_its_key() {
        let next = Paged::new(vec![1], Some("issuing/0a b".to_owned())).next.unwrap();
        let asked = page(&format!("after={next}&name=x")).await.unwrap();
        assert_eq!((asked.limit, asked.after.as_deref()), (50, Some("issuing/0a b")));
        assert_eq!(page("limit=500").await.unwrap().limit, 500);
    }

    #[tokio::test]
    async fn what_is_no_page_is_refused() {
        for query in ["limit=0", "limit=501", "limit=ten", "limit=-1", "after=%21", "after=/w", "limit=1&limit=2"] {
            assert!(page(query).await.is_err(), "{query}");
        }
    }

    #[tokio::test]
    async fn a_filter_that_nobody_knows_is_refused() {
        assert_eq!(by_name("name=a%20b&limit=3&after=eA").await.unwrap().as_deref(), Some("a b"));
        assert_eq!(by_name("name=").await.unwrap(), None);
        let refused = by_name("nmae=a").await.unwrap_err();
        assert!(refused.detail().contains("nmae"), "{}", refused.detail());
    }
}
