//! The filter as conditions on rows that another way led to.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::sql_types::{Bool, Nullable, Text};

use super::text::SearchText;
use crate::store::certificate_name::NameFilter;

diesel::define_sql_function! {
    /// Lower case, of ASCII letters at least.
    fn lower(text: Nullable<Text>) -> Nullable<Text>;
}

/// The condition of the partial index of owners, word for word.
pub(super) fn is_owned() -> SqlLiteral<Bool> {
    sql::<Bool>("owner IS NOT NULL")
}

/// Patterns over the JSON text of a certificate's names that say what the filter says. The text has each name between a
/// comma and a bracket, in quotes.
pub(super) fn name_pattern(filter: &NameFilter) -> String {
    match filter {
        NameFilter::Exact(text) => format!("%,\"{}\"]%", in_json(text)),
        NameFilter::Prefix(text) => format!("%,\"{}%", in_json(text)),
        NameFilter::Below(domain) => format!("%.{}\"]%", in_json(domain)),
    }
}

/// Two patterns over the text of a subject: for the beginning of a value, and for a word in it.
pub(super) fn subject_patterns(filter: &NameFilter) -> [String; 2] {
    match filter {
        NameFilter::Exact(text) => [format!("%={}", in_subject(text)), format!("%={},%", in_subject(text))],
        NameFilter::Prefix(text) => [format!("%={}%", in_subject(text)), format!("% {}%", in_subject(text))],
        // No subject is the empty text with something below it.
        NameFilter::Below(_) => [String::new(), String::new()],
    }
}

/// A beginning of a word, as a pattern.
pub(super) fn beginning(text: &SearchText) -> String {
    format!("{}%", literal(&text.word()))
}

fn in_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    literal(quoted.trim_start_matches('"').strip_suffix('"').unwrap_or_default())
}

// RFC 4514 §2.4: what has a meaning in a distinguished name stands behind a backslash.
fn in_subject(text: &str) -> String {
    let special = |c: char| matches!(c, '"' | '+' | ',' | ';' | '<' | '>' | '\\');
    let escaped: String = text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect();
    literal(&escaped)
}

/// The text with nothing in it that means more than itself in a pattern.
fn literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// Adds every condition of a filter to a query on certificates. None of them leads the engine to an index.
macro_rules! narrow {
    ($query:expr, $filter:expr, $now:expr) => {{
        use $crate::store::certificate_search::condition::{beginning, lower, name_pattern, subject_patterns};
        use $crate::store::certificate_search::unindexed::unindexed;
        use $crate::store::fields::{Hash, Seconds};
        let (filter, now): (&CertificateFilter, UnixTime) = ($filter, $now);
        let (ends, issued) = (filter.ends(now), filter.issued);
        let mut query = $query;
        if let Some(profile) = &filter.profile {
            query = query.filter(unindexed(table::profile).eq(profile));
        }
        if let Some(issuer) = &filter.issuer {
            query = query.filter(unindexed(table::issuer).eq(issuer));
        }
        if let Some(endpoint) = &filter.endpoint {
            query = query.filter(unindexed(table::endpoint).eq(endpoint));
        }
        if let Some(account) = filter.account {
            query = query.filter(unindexed(table::account_id).eq(account));
        }
        if let Some(owner) = &filter.owner {
            query = query.filter(unindexed(lower(table::owner)).eq(owner.to_lowercase()));
        }
        if let Some(key) = filter.key {
            query = query.filter(unindexed(table::spki_sha256).eq(Hash(key)));
        }
        if let Some(lineage) = filter.lineage {
            query = query.filter(unindexed(table::names_hash).eq(Hash(lineage)));
        }
        if filter.renewal_asked {
            query = query.filter(table::renew_by.is_not_null());
        }
        if filter.renewal_overdue {
            use $crate::store::schema::expiry_watch as watch;
            let due = watch::table.filter(watch::certificate_id.eq(table::id).and(watch::watch_at.le(Seconds(now))));
            query = query.filter(diesel::dsl::exists(due));
        }
        query = match filter.revoked() {
            Some(true) => query.filter(table::revoked_at.is_not_null()),
            Some(false) => query.filter(table::revoked_at.is_null()),
            None => query,
        };
        if let Some(from) = ends.from {
            query = query.filter(unindexed(table::not_after).ge(Seconds(from)));
        }
        if let Some(before) = ends.before {
            query = query.filter(unindexed(table::not_after).lt(Seconds(before)));
        }
        if let Some(from) = issued.from {
            query = query.filter(unindexed(table::issued_at).ge(Seconds(from)));
        }
        if let Some(before) = issued.before {
            query = query.filter(unindexed(table::issued_at).lt(Seconds(before)));
        }
        if let Some(name) = &filter.name {
            query = query.filter(lower(table::names.nullable()).like(name_pattern(name)).escape('\\'));
        }
        if let Some(text) = &filter.text {
            let word = text.word();
            let mut any: Box<
                dyn BoxableExpression<table::table, _, SqlType = diesel::sql_types::Nullable<diesel::sql_types::Bool>>,
            > = Box::new(lower(table::owner).like(beginning(text)).escape('\\'));
            for name in &text.names {
                let [value, inner] = subject_patterns(name);
                any = Box::new(any.or(lower(table::names.nullable()).like(name_pattern(name)).escape('\\')));
                any = Box::new(any.or(lower(table::subject.nullable()).like(value).escape('\\')));
                any = Box::new(any.or(lower(table::subject.nullable()).like(inner).escape('\\')));
            }
            any = Box::new(any.or(unindexed(table::profile.nullable()).eq(word.clone())));
            any = Box::new(any.or(unindexed(table::issuer.nullable()).eq(word.clone())));
            query = query.filter(any.or(unindexed(table::endpoint).eq(word)));
        }
        query
    }};
}
pub(super) use narrow;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_text_holds_means_only_itself() {
        assert_eq!(literal(r"100%_\"), r"100\%\_\\");
        assert_eq!(in_subject(r#"a,"b_"#), r#"a\\,\\"b\_"#);
        assert_eq!(name_pattern(&NameFilter::Prefix("a\"b".into())), "%,\"a\\\\\"b%");
        assert_eq!(name_pattern(&NameFilter::Exact("a.org".into())), "%,\"a.org\"]%");
        assert_eq!(name_pattern(&NameFilter::Below("example.org".into())), "%.example.org\"]%");
    }
}
