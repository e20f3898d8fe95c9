//! What a list answers: some things, and the key after which there are more.

use ca_core::acme::Problem;

use super::OpError;

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Listing<T> {
    /// The things of this page.
    pub items: Vec<T>,
    /// The key that the page ends with, if there are more.
    pub next: Option<String>,
}

impl<T> Listing<T> {
    /// The page made of up to `limit + 1` rows: the last one only shows that there are more.
    pub(crate) fn of_rows(mut rows: Vec<T>, limit: i64, key: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(key);
        Self { items: rows, next }
    }

    /// The same page of other things.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Listing<U> {
        Listing { items: self.items.into_iter().map(each).collect(), next: self.next }
    }
}

/// The key after which a page begins.
///
/// # Errors
/// When it is none of this list.
pub(crate) fn parse<K: std::str::FromStr>(key: &str) -> Result<K, OpError> {
    key.parse().map_err(|_| Problem::malformed("this list has no such page").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_too_many_means_that_there_are_more() {
        let page = |rows: &[u8]| Listing::of_rows(rows.to_vec(), 2, ToString::to_string);
        assert_eq!((page(&[1, 2]).items, page(&[1, 2]).next), (vec![1, 2], None));
        assert_eq!((page(&[1, 2, 3]).items, page(&[1, 2, 3]).next), (vec![1, 2], Some("2".to_owned())));
        assert_eq!(page(&[]).next, None);
    }
}
