//! Identifiers of rows.

use std::fmt;
use std::str::FromStr;

use ca_core::time::UnixTime;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use uuid::Uuid;

/// Identifiers of rows: UUIDs (version 7 where we make them), parsed at the edge and printed in lower case with hyphens.
macro_rules! row_ids {
    ($($(#[$documentation:meta])* $name:ident;)*) => {$(
        $(#[$documentation])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
        #[diesel(sql_type = Text)]
        pub struct $name(Uuid);

        impl $name {
            /// The identifier made of a UUID; use a version 7 one, because rows are listed in the order of their ids.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }

        impl ToSql<Text, Sqlite> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(self.to_string());
                Ok(IsNull::No)
            }
        }

        impl ToSql<Text, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                let mut buffer = Uuid::encode_buffer();
                ToSql::<Text, Pg>::to_sql(&*self.0.hyphenated().encode_lower(&mut buffer), &mut out.reborrow())
            }
        }

        impl<DB: Backend> FromSql<Text, DB> for $name
        where
            String: FromSql<Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
                Ok(String::from_sql(bytes)?.parse()?)
            }
        }
    )*};
}

/// The lowest UUIDv7 of an instant: rows with lower ids were made before it, so the primary key bounds a search by time.
pub(crate) fn first_uuid(at: UnixTime) -> Uuid {
    let millis = u128::try_from(at.seconds()).unwrap_or(0).saturating_mul(1000);
    Uuid::from_u128((millis & 0xffff_ffff_ffff) << 80)
}

row_ids! {
    /// An ACME account.
    AccountId;
    /// An ACME order.
    OrderId;
    /// An ACME authorization.
    AuthorizationId;
    /// An ACME challenge.
    ChallengeId;
    /// One try to validate a challenge.
    AttemptId;
    /// An external account binding: its "kid" (RFC 8555 §7.3.4).
    ExternalAccountId;
    /// An issuance intent.
    IntentId;
    /// A certificate.
    CertificateId;
    /// An audit event.
    AuditEventId;
    /// A queued job.
    JobId;
    /// An operator.
    OperatorId;
    /// A session of an operator; not the token that opens it.
    SessionId;
    /// An API token; not the token itself.
    ApiTokenId;
    /// A request that people approve.
    IssuanceRequestId;
    /// An event in the history of a request.
    RequestEventId;
    /// A code by which a certificate is fetched.
    FetchCodeId;
    /// A message on its way out.
    NoticeId;
    /// One change to many certificates.
    BulkChangeId;
    /// A request for signatures.
    SigningRequestId;
    /// An event in the history of a request for signatures.
    SigningEventId;
    /// A grant.
    SigningGrantId;
    /// A signature over an artifact.
    SignatureId;
}
