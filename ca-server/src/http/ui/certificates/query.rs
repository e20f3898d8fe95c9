//! The query of the list's address: the filter, and the place in the list.

use axum::http::Uri;
use web_ui::certificates::FilterValues;

use crate::http::certificate_query::{CertificateQuery, NAMES};
use crate::ops::certificate::search::{Direction, Position};

/// Name and value of everything in a query.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn of(uri: &Uri) -> Self {
        let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        Self(pairs.into_owned().collect())
    }

    pub(super) fn of_pairs(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The first value of a name, if it is not empty.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(found, value)| found == name && !value.trim().is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// Every value of a name.
    pub(super) fn values(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The filter; parts of the address that are none are left out.
    pub(super) fn filter(&self) -> CertificateQuery {
        let part = |name| self.value(name).map(str::to_owned);
        CertificateQuery {
            q: part("q"),
            name: part("name"),
            status: part("status"),
            profile: part("profile"),
            issuer: part("issuer"),
            endpoint: part("endpoint"),
            account: part("account"),
            owner: part("owner"),
            key: part("key"),
            lineage: part("lineage"),
            renewal: part("renewal"),
            expires_after: part("expires_after"),
            expires_before: part("expires_before"),
            issued_after: part("issued_after"),
            issued_before: part("issued_before"),
            sort: part("sort"),
        }
    }

    /// The parts of the filter as they were sent.
    pub(super) fn filter_pairs(&self) -> Vec<(String, String)> {
        let parts = NAMES.iter().filter_map(|name| Some(((*name).to_owned(), self.value(name)?.to_owned())));
        parts.collect()
    }

    /// The same for the page.
    pub(super) fn filter_values(&self) -> FilterValues {
        let part = |name| self.value(name).unwrap_or_default().to_owned();
        FilterValues {
            q: part("q"),
            status: part("status"),
            profile: part("profile"),
            issuer: part("issuer"),
            endpoint: part("endpoint"),
            account: part("account"),
            owner: part("owner"),
            key: part("key"),
            lineage: part("lineage"),
            renewal: part("renewal"),
            expires_after: part("expires_after"),
            expires_before: part("expires_before"),
            issued_after: part("issued_after"),
            issued_before: part("issued_before"),
            sort: part("sort"),
        }
    }

    /// Where the page begins; a place that cannot be read is the beginning.
    pub(super) fn place(&self) -> (Option<Position>, Direction) {
        let forward = self.value("from").and_then(|text| text.parse().ok());
        match (forward, self.value("until").and_then(|text| text.parse().ok())) {
            (None, Some(place)) => (Some(place), Direction::Backward),
            (place, _) => (place, Direction::Forward),
        }
    }

    /// The list as a link, from a place on in a direction.
    pub(super) fn link(&self, place: Option<(&str, Position)>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.filter_pairs());
        if let Some((name, place)) = place {
            query.append_pair(name, &place.to_string());
        }
        match query.finish() {
            query if query.is_empty() => "/certificates".to_owned(),
            query => format!("/certificates?{query}"),
        }
    }
}
