//! What a certificate is found by: one row for each subject alternative name and for each value of its subject, with the
//! labels of DNS names in reverse too, so that beginnings and endings are both a range of an index.

use diesel::prelude::*;

use super::connection::{Connection, insert_rows, on_each};
use super::error::StoreError;
use super::fields::{CertificateId, Name, NameKind};
use super::schema::certificate_name as table;

/// Kind of the rows that come from the subject.
const SUBJECT: &str = "subject";

/// Longest text of a subject that is searched; what follows is not.
const LONGEST_SUBJECT: usize = 2048;

/// Stores what a certificate is found by. Names are kept in lower case here, whatever case the certificate has.
///
/// # Errors
/// When the database fails.
pub(super) fn insert(
    connection: &mut Connection,
    id: CertificateId,
    names: &[Name],
    subject: &str,
) -> Result<(), StoreError> {
    let mut terms: Vec<(String, &str, String)> = names
        .iter()
        .map(|name| (lower(&name.value), name.kind.as_str(), lower(&reversed(name.kind, &name.value))))
        .collect();
    for value in subject_terms(subject) {
        if !terms.iter().any(|(known, ..)| *known == value) {
            terms.push((value.clone(), SUBJECT, value));
        }
    }
    terms.sort();
    terms.dedup_by(|one, other| (&one.0, one.1) == (&other.0, other.1));
    let row = |(name, kind, reversed): (String, &str, String)| {
        (
            table::name.eq(name),
            table::certificate_id.eq(id),
            table::kind.eq(kind.to_owned()),
            table::reversed.eq(reversed),
        )
    };
    insert_rows!(connection, table::table, terms.into_iter().map(row).collect::<Vec<_>>());
    Ok(())
}

/// PostgreSQL knows no NUL in a text.
fn lower(text: &str) -> String {
    text.to_lowercase().replace('\0', "\u{fffd}")
}

/// A DNS name with its labels in reverse, so that names below one domain are neighbours; other names as they are.
fn reversed(kind: NameKind, value: &str) -> String {
    match kind {
        NameKind::Dns => reverse_labels(value),
        NameKind::Ip | NameKind::Uri | NameKind::Email => value.to_owned(),
    }
}

fn reverse_labels(name: &str) -> String {
    name.rsplit('.').collect::<Vec<_>>().join(".")
}

/// Each value of a subject in RFC 4514 notation, and what is left of it from each further word on: "example corp" is found
/// by "corp" as well.
fn subject_terms(subject: &str) -> Vec<String> {
    let end = subject.char_indices().map(|(at, _)| at).find(|at| *at >= LONGEST_SUBJECT).unwrap_or(subject.len());
    let subject = lower(subject.get(..end).unwrap_or_default());
    let mut terms = Vec::new();
    for value in values(&subject) {
        let starts = value.char_indices().filter(|(at, _)| begins_word(&value, *at)).map(|(at, _)| at);
        terms.extend(starts.filter_map(|at| value.get(at..)).map(str::to_owned));
    }
    terms
}

fn begins_word(value: &str, at: usize) -> bool {
    let before = value.get(..at).and_then(|before| before.chars().next_back());
    let here = value.get(at..).and_then(|rest| rest.chars().next());
    before.is_none_or(char::is_whitespace) && here.is_some_and(|first| !first.is_whitespace())
}

/// RFC 4514 §2: attributes stand between commas and plus signs, each with its value behind an equals sign; a backslash
/// takes the meaning from the character after it.
fn values(subject: &str) -> Vec<String> {
    let (mut values, mut current, mut escaped) = (Vec::new(), None::<String>, false);
    for character in subject.chars() {
        match (character, &mut current) {
            (',' | '+', _) if !escaped => values.extend(current.take()),
            ('\\', _) if !escaped => {
                escaped = true;
                continue;
            }
            ('=', None) => current = Some(String::new()),
            (_, Some(value)) => value.push(character),
            (_, None) => {}
        }
        escaped = false;
    }
    values.extend(current);
    values
}

/// A pattern for names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameFilter {
    /// This name.
    Exact(String),
    /// Names that begin like this.
    Prefix(String),
    /// Names below this domain.
    Below(String),
}

impl NameFilter {
    /// Reads `name`, `begin*`, or `*.domain`.
    pub fn parse(text: &str) -> Self {
        let text = lower(text);
        match (text.strip_prefix("*."), text.strip_suffix('*')) {
            (Some(domain), _) => Self::Below(domain.to_owned()),
            (None, Some(prefix)) => Self::Prefix(prefix.to_owned()),
            (None, None) => Self::Exact(text),
        }
    }

    /// First and last text of the range: both engines compare the octets of UTF-8.
    fn range(&self) -> (String, String) {
        match self {
            Self::Exact(text) => (text.clone(), text.clone()),
            Self::Prefix(text) => (text.clone(), format!("{text}\u{10ffff}")),
            Self::Below(domain) => {
                let start = format!("{}.", reverse_labels(domain));
                (start.clone(), format!("{start}\u{10ffff}"))
            }
        }
    }
}

/// Which rows a search looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Among {
    /// Subject alternative names.
    Names,
    /// The values of the subject as well.
    NamesAndSubjects,
}

/// The certificates that have such a name, each perhaps several times: at most `limit` rows of an index.
///
/// # Errors
/// When the database fails.
pub(super) fn certificates(
    connection: &mut Connection,
    filter: &NameFilter,
    among: Among,
    limit: i64,
) -> Result<Vec<CertificateId>, StoreError> {
    let (start, end) = filter.range();
    macro_rules! along {
        ($column:path) => {
            on_each!(connection, |c| {
                let query = table::table.select(table::certificate_id).into_boxed();
                let query = match among {
                    Among::Names => query.filter(table::kind.ne(SUBJECT)),
                    Among::NamesAndSubjects => query,
                };
                query.filter($column.ge(&start).and($column.le(&end))).limit(limit).load(c)
            })?
        };
    }
    Ok(match filter {
        NameFilter::Exact(_) | NameFilter::Prefix(_) => along!(table::name),
        NameFilter::Below(_) => along!(table::reversed),
    })
}

/// Newer certificates than a given one that have exactly a name, the newest first.
///
/// # Errors
/// When the database fails.
pub(super) fn newer_with(
    connection: &mut Connection,
    name: &Name,
    than: CertificateId,
    limit: i64,
) -> Result<Vec<CertificateId>, StoreError> {
    let same = table::name.eq(lower(&name.value)).and(table::kind.eq(name.kind.as_str()));
    let query = table::table.select(table::certificate_id).filter(same.and(table::certificate_id.gt(than)));
    let query = query.order(table::certificate_id.desc()).limit(limit);
    Ok(on_each!(connection, |c| query.load(c))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_says_which_end_is_open() {
        assert_eq!(NameFilter::parse("A.example.org"), NameFilter::Exact("a.example.org".into()));
        assert_eq!(NameFilter::parse("web-*"), NameFilter::Prefix("web-".into()));
        assert_eq!(NameFilter::parse("*.Example.org"), NameFilter::Below("example.org".into()));
    }

    #[test]
    fn only_dns_names_have_labels_to_reverse() {
        assert_eq!(reversed(NameKind::Dns, "*.a.example.org"), "org.example.a.*");
        assert_eq!(reversed(NameKind::Ip, "192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn a_subject_is_found_by_its_values_and_their_words() {
        assert_eq!(subject_terms("CN=Web-1,O=Example Corp"), ["web-1", "example corp", "corp"]);
        assert_eq!(subject_terms(r"CN=a\,b\=c+UID=7\+8"), ["a,b=c", "7+8"]);
        assert_eq!(subject_terms("CN=a=b"), ["a=b"]);
        assert_eq!(subject_terms(""), Vec::<String>::new());
        assert_eq!(subject_terms("nonsense"), Vec::<String>::new());
        assert!(subject_terms(&format!("CN={}", "ü ".repeat(5000))).len() <= LONGEST_SUBJECT);
    }
}
