//! Column types that rows are read into and values bound through. They are public only because the derived traits of
//! public rows name them; the module is not.

use std::collections::BTreeMap;

use ca_core::issuance_request::RequestState;
use ca_core::time::{UnixMicros, UnixTime};
use ca_core::x509::SerialNumber;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel::sqlite::Sqlite;

use super::{Name, Sha256};

/// [`UnixTime`] as a column of seconds.
#[derive(Clone, Copy, Debug, AsExpression, FromSqlRow)]
#[diesel(sql_type = BigInt)]
pub struct Seconds(pub(crate) UnixTime);

/// [`UnixMicros`] as a column.
#[derive(Clone, Copy, Debug, AsExpression, FromSqlRow)]
#[diesel(sql_type = BigInt)]
pub struct Micros(pub(crate) UnixMicros);

/// [`Sha256`] as a column.
#[derive(Clone, Copy, Debug, AsExpression, FromSqlRow)]
#[diesel(sql_type = Binary)]
pub struct Hash(pub(crate) Sha256);

/// [`SerialNumber`] as a column of lower-case hexadecimal.
#[derive(Clone, Debug, FromSqlRow)]
pub struct Serial(SerialNumber);

macro_rules! integer_column {
    ($column:ident, $value:ident, $read:path) => {
        impl From<$column> for $value {
            fn from(column: $column) -> Self {
                column.0
            }
        }

        impl ToSql<BigInt, Sqlite> for $column {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value($read(self.0));
                Ok(IsNull::No)
            }
        }

        impl ToSql<BigInt, Pg> for $column {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                ToSql::<BigInt, Pg>::to_sql(&$read(self.0), &mut out.reborrow())
            }
        }
    };
}

integer_column!(Seconds, UnixTime, UnixTime::seconds);
integer_column!(Micros, UnixMicros, UnixMicros::micros);

impl<DB: Backend> FromSql<BigInt, DB> for Seconds
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(bytes).map(|seconds| Self(UnixTime::from_seconds(seconds)))
    }
}

impl<DB: Backend> FromSql<BigInt, DB> for Micros
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(bytes).map(|micros| Self(UnixMicros::from_micros(micros)))
    }
}

impl From<Hash> for Sha256 {
    fn from(column: Hash) -> Self {
        column.0
    }
}

impl<DB: Backend> ToSql<Binary, DB> for Hash
where
    [u8]: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.as_slice().to_sql(out)
    }
}

impl<DB: Backend> FromSql<Binary, DB> for Hash
where
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let octets = Vec::<u8>::from_sql(bytes)?;
        Ok(Self(octets.as_slice().try_into().map_err(|_| "a hash in the database is not 32 octets long")?))
    }
}

impl From<Serial> for SerialNumber {
    fn from(column: Serial) -> Self {
        column.0
    }
}

impl<DB: Backend> FromSql<Text, DB> for Serial
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(String::from_sql(bytes)?.parse()?))
    }
}

/// [`RequestState`] as a column of its word.
#[derive(Clone, Copy, Debug, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct RequestStateWord(pub(crate) RequestState);

impl From<RequestStateWord> for RequestState {
    fn from(column: RequestStateWord) -> Self {
        column.0
    }
}

impl<DB: Backend> ToSql<Text, DB> for RequestStateWord
where
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.as_str().to_sql(out)
    }
}

impl<DB: Backend> FromSql<Text, DB> for RequestStateWord
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(String::from_sql(bytes)?.parse()?))
    }
}

/// A nullable time.
#[derive(Clone, Copy, Debug, FromSqlRow)]
pub struct OptionalSeconds(Option<UnixTime>);

impl From<OptionalSeconds> for Option<UnixTime> {
    fn from(column: OptionalSeconds) -> Self {
        column.0
    }
}

impl<DB: Backend> FromSql<Nullable<BigInt>, DB> for OptionalSeconds
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(bytes).map(|seconds| Self(Some(UnixTime::from_seconds(seconds))))
    }

    fn from_nullable_sql(bytes: Option<DB::RawValue<'_>>) -> deserialize::Result<Self> {
        bytes.map_or(Ok(Self(None)), <Self as FromSql<Nullable<BigInt>, DB>>::from_sql)
    }
}

/// Binds a nullable time.
pub(crate) fn seconds(time: Option<UnixTime>) -> Option<Seconds> {
    time.map(Seconds)
}

/// A list of names in one column, as JSON pairs of kind and value.
#[derive(Clone, Debug, FromSqlRow)]
pub struct Names(Vec<Name>);

impl From<Names> for Vec<Name> {
    fn from(column: Names) -> Self {
        column.0
    }
}

/// The column text for a list of names.
pub(crate) fn names_text(names: &[Name]) -> String {
    let pairs = names.iter().map(|name| [name.kind.as_str(), name.value.as_str()]);
    serde_json::Value::from_iter(pairs.map(serde_json::Value::from_iter)).to_string()
}

impl<DB: Backend> FromSql<Text, DB> for Names
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let pairs: Vec<(String, String)> = serde_json::from_str(&String::from_sql(bytes)?)?;
        let names = pairs.into_iter().map(|(kind, value)| Ok(Name { kind: kind.parse()?, value }));
        names.collect::<Result<_, String>>().map(Self).map_err(Into::into)
    }
}

/// A list of texts in one column, as a JSON array.
#[derive(Clone, Debug, FromSqlRow)]
pub struct Texts(Vec<String>);

impl From<Texts> for Vec<String> {
    fn from(column: Texts) -> Self {
        column.0
    }
}

/// The column text for a list of texts.
pub(crate) fn texts_text(texts: &[String]) -> String {
    serde_json::Value::from(texts).to_string()
}

impl<DB: Backend> FromSql<Text, DB> for Texts
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(serde_json::from_str(&String::from_sql(bytes)?)?))
    }
}

/// Texts by name in one column, as a JSON object.
#[derive(Clone, Debug, FromSqlRow)]
pub struct Pairs(BTreeMap<String, String>);

impl From<Pairs> for BTreeMap<String, String> {
    fn from(column: Pairs) -> Self {
        column.0
    }
}

/// The column text for texts by name.
pub(crate) fn pairs_text(pairs: &BTreeMap<String, String>) -> String {
    serde_json::Value::from_iter(pairs.iter().map(|(name, value)| (name.clone(), value.clone()))).to_string()
}

impl<DB: Backend> FromSql<Text, DB> for Pairs
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(serde_json::from_str(&String::from_sql(bytes)?)?))
    }
}
