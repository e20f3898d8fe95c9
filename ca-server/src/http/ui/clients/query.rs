//! The query of a list's address: what narrows it, and where the page begins.

use axum::http::Uri;

/// Name and value of everything in a query.
pub(in crate::http::ui) struct Query {
    path: String,
    pairs: Vec<(String, String)>,
}

/// Where a page begins.
const AFTER: &str = "after";

impl Query {
    pub(in crate::http::ui) fn of(uri: &Uri) -> Self {
        let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        let pairs = pairs.into_owned().filter(|(_, value)| !value.trim().is_empty());
        Self { path: uri.path().to_owned(), pairs: pairs.collect() }
    }

    /// The first value of a name, if it is not empty.
    pub(in crate::http::ui) fn value(&self, name: &str) -> Option<String> {
        self.pairs.iter().find(|(found, _)| found == name).map(|(_, value)| value.trim().to_owned())
    }

    /// The same, or nothing.
    pub(in crate::http::ui) fn text(&self, name: &str) -> String {
        self.value(name).unwrap_or_default()
    }

    /// The key after which the page begins.
    pub(in crate::http::ui) fn after(&self) -> Option<String> {
        self.value(AFTER)
    }

    /// The list's first page, if this is another one.
    pub(in crate::http::ui) fn newest(&self) -> Option<String> {
        self.after().map(|_| self.link(None))
    }

    /// The page after a key.
    pub(in crate::http::ui) fn older(&self, next: Option<&str>) -> Option<String> {
        next.map(|next| self.link(Some(next)))
    }

    fn link(&self, after: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.pairs.iter().filter(|(name, _)| name != AFTER));
        query.extend_pairs(after.map(|after| (AFTER, after)));
        match query.finish() {
            query if query.is_empty() => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_keeps_what_the_list_is_narrowed_to() {
        let query = Query::of(&Uri::from_static("/clients?status=invalid&name=&after=0198&endpoint=a%26b"));
        assert_eq!(query.value("name"), None);
        assert_eq!(query.after().as_deref(), Some("0198"));
        assert_eq!(query.newest().as_deref(), Some("/clients?status=invalid&endpoint=a%26b"));
        assert_eq!(query.older(Some("0197")).as_deref(), Some("/clients?status=invalid&endpoint=a%26b&after=0197"));
        assert_eq!(query.older(None), None);
        assert_eq!(Query::of(&Uri::from_static("/clients")).newest(), None);
    }
}
