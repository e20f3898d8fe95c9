//! What can go wrong in the store, in the terms a use case or an operator can act on.

use std::error::Error;
use std::sync::Arc;

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};

/// The cause below a [`StoreError`]. Shared, because one failed commit is the answer to many writes.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// A failed read or write. Nothing of a failed write is stored, except after [`StoreError::OutcomeUnknown`].
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or does not answer. Worth trying again later.
    #[error("the database is not available: {advice}")]
    Unavailable {
        /// What happened and what to look at, for operators. Holds no password.
        advice: String,
        /// The error underneath, if there is one.
        #[source]
        source: Option<Cause>,
    },
    /// The connection broke while the commit was under way: the write may or may not be stored.
    #[error("the connection to the database broke during a commit, so it is unknown whether the last write was stored")]
    OutcomeUnknown(#[source] Cause),
    /// Another transaction came first, and again when the call was repeated.
    #[error("other writers got in the way of this one twice")]
    Overtaken(#[source] Cause),
    /// A row with the same unique key exists.
    #[error("a row with the same {0} exists")]
    Conflict(UniqueKey),
    /// No room is left for the database; nothing was stored.
    #[error("no space is left for the database: free or add disk space, nothing stored so far is lost")]
    Full(#[source] Cause),
    /// The database, or a value in it, is not what was written.
    #[error("the database is damaged: {what}")]
    Corrupt {
        /// What was found.
        what: String,
        /// The error underneath, if there is one.
        #[source]
        source: Option<Cause>,
    },
    /// A text holds a NUL character, which PostgreSQL has no place for: whoever sent it has to leave it out.
    #[error("a text holds a NUL character, which cannot be stored or searched for")]
    NulInText(#[source] Cause),
    /// The schema does not fit this binary.
    #[error("{0}")]
    Schema(String),
    /// The configuration of the database cannot work.
    #[error("{0}")]
    Configuration(String),
    /// A closure panicked; its write was undone.
    #[error("a database operation failed inside the server; its log says where")]
    Panicked,
    /// Everything else that an engine refuses.
    #[error("the database refused a statement")]
    Refused(#[source] Cause),
}

/// The unique keys that a caller may run into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UniqueKey {
    /// One account a key and endpoint.
    AccountKey,
    /// One certificate, and one intent, a serial and issuer.
    Serial,
    /// One certificate, and one open intent, an order.
    Order,
    /// One open intent a submission, and one request.
    Submission,
    /// One operator a sign-in name.
    OperatorName,
    /// One notice of one thing.
    Notice,
    /// Any other: a primary key, for instance.
    Other,
}

impl std::fmt::Display for UniqueKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::AccountKey => "account key",
            Self::Serial => "serial number",
            Self::Order => "order",
            Self::Submission => "submission",
            Self::OperatorName => "sign-in name",
            Self::Notice => "notice",
            Self::Other => "key",
        })
    }
}

/// Unique keys by the name PostgreSQL reports and by the columns SQLite reports.
const UNIQUE_KEYS: &[(UniqueKey, &str, &str)] = &[
    (UniqueKey::AccountKey, "acme_account_key", "acme_account.endpoint, acme_account.jwk_thumbprint"),
    (UniqueKey::Serial, "certificate_serial", "certificate.issuer, certificate.serial"),
    (UniqueKey::Serial, "issuance_intent_serial", "issuance_intent.issuer, issuance_intent.serial"),
    (UniqueKey::Order, "certificate_order", "certificate.order_id"),
    (UniqueKey::Order, "issuance_intent_open_order", "issuance_intent.order_id"),
    (UniqueKey::Submission, "issuance_intent_open_submission", "issuance_intent.submission"),
    (UniqueKey::OperatorName, "operator_name", "operator.name"),
    (UniqueKey::Submission, "issuance_request_submission", "issuance_request.submission"),
    (UniqueKey::Notice, "notice_once", "notice.once_key"),
    (UniqueKey::Submission, "signing_request_open", "signing_request.open_key"),
];

impl UniqueKey {
    fn of(violation: &(dyn DatabaseErrorInformation + Send + Sync)) -> Self {
        let found = UNIQUE_KEYS.iter().find(|(_, name, columns)| match violation.constraint_name() {
            Some(constraint) => constraint == *name,
            None => violation.message().strip_prefix("UNIQUE constraint failed: ") == Some(columns),
        });
        found.map_or(Self::Other, |(key, _, _)| *key)
    }
}

/// Messages by which SQLite tells its result codes; diesel passes on the text only.
const SQLITE_FULL: &str = "database or disk is full";
const SQLITE_BUSY: &str = "database is locked";
const SQLITE_CORRUPT: [&str; 2] = ["database disk image is malformed", "file is not a database"];
const SQLITE_AWAY: [&str; 3] =
    ["disk I/O error", "unable to open database file", "attempt to write a readonly database"];
/// PostgreSQL's texts for disk_full (53100), deadlock_detected (40P01), query_canceled (57014) and lock_not_available
/// (55P03). tokio-postgres knows those codes; diesel-async keeps them in a type of its own that hands out the text only, and
/// makes a [`DatabaseErrorKind`] of few others. So each session asks for untranslated messages, see
/// [`postgres`](super::postgres); where it may not, and they are in another language, an error is less precise.
const POSTGRES_FULL: &str = "No space left on device";
const POSTGRES_DEADLOCK: &str = "deadlock detected";
/// character_not_in_repertoire (22021) for the only character that UTF-8 has and PostgreSQL's text has not.
const POSTGRES_NUL: &str = "invalid byte sequence for encoding \"UTF8\": 0x00";
const POSTGRES_TIMEOUT: [&str; 2] = ["due to statement timeout", "due to lock timeout"];

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        let message = match &error {
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, violation) => {
                return Self::Conflict(UniqueKey::of(violation.as_ref()));
            }
            DieselError::DatabaseError(
                DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection,
                _,
            ) => {
                return Self::connection_lost(error);
            }
            DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => {
                return Self::Overtaken(Arc::new(error));
            }
            DieselError::DeserializationError(what) => {
                return Self::Corrupt { what: what.to_string(), source: Some(Arc::new(error)) };
            }
            DieselError::DatabaseError(_, information) => information.message().to_owned(),
            _ => String::new(),
        };
        Self::by_message(&message, Arc::new(error))
    }
}

impl StoreError {
    fn by_message(message: &str, cause: Cause) -> Self {
        if message == SQLITE_FULL || message.contains(POSTGRES_FULL) {
            Self::Full(cause)
        } else if message == POSTGRES_DEADLOCK {
            Self::Overtaken(cause)
        } else if message == POSTGRES_NUL {
            Self::NulInText(cause)
        } else if POSTGRES_TIMEOUT.iter().any(|text| message.ends_with(text)) {
            Self::unavailable("a statement took too long", Some(cause))
        } else if message == SQLITE_BUSY {
            Self::unavailable("another process has been writing to it for too long", Some(cause))
        } else if SQLITE_CORRUPT.contains(&message) {
            Self::Corrupt { what: message.to_owned(), source: Some(cause) }
        } else if SQLITE_AWAY.contains(&message) {
            Self::unavailable(
                "its file cannot be read or written; check the disk and the file's permissions",
                Some(cause),
            )
        } else {
            Self::Refused(cause)
        }
    }

    pub(crate) fn unavailable(advice: impl Into<String>, source: Option<Cause>) -> Self {
        Self::Unavailable { advice: advice.into(), source }
    }

    pub(crate) fn connection_lost(error: DieselError) -> Self {
        Self::unavailable("the connection to the server was lost; check that it runs", Some(Arc::new(error)))
    }

    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into(), source: None }
    }

    /// Whether the same call may succeed later without anybody changing anything but the database's availability.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::OutcomeUnknown(_) | Self::Overtaken(_) | Self::Full(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_message(kind: DatabaseErrorKind, message: &str) -> StoreError {
        DieselError::DatabaseError(kind, Box::new(message.to_owned())).into()
    }

    #[test]
    fn a_full_disk_is_told_apart_from_a_damaged_file() {
        assert!(matches!(from_message(DatabaseErrorKind::Unknown, SQLITE_FULL), StoreError::Full(_)));
        let postgres = "could not extend file \"base/1/2\": No space left on device";
        assert!(matches!(from_message(DatabaseErrorKind::Unknown, postgres), StoreError::Full(_)));
        let damaged = from_message(DatabaseErrorKind::Unknown, "file is not a database");
        assert!(matches!(damaged, StoreError::Corrupt { .. }));
        assert!(from_message(DatabaseErrorKind::Unknown, SQLITE_BUSY).is_transient());
    }

    #[test]
    fn the_violated_key_is_named() {
        let message = "UNIQUE constraint failed: acme_account.endpoint, acme_account.jwk_thumbprint";
        let conflict = from_message(DatabaseErrorKind::UniqueViolation, message);
        assert!(matches!(conflict, StoreError::Conflict(UniqueKey::AccountKey)));
        let other = from_message(DatabaseErrorKind::UniqueViolation, "UNIQUE constraint failed: job.id");
        assert!(matches!(other, StoreError::Conflict(UniqueKey::Other)));
    }
}
