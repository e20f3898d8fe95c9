//! Enumerations of the core as columns of their words.

use ca_core::hsm::DigestAlgorithm;
use ca_core::signing::{Format, SigningState};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;

macro_rules! word_columns {
    ($($(#[$documentation:meta])* $column:ident($value:ty);)*) => {$(
        $(#[$documentation])*
        #[derive(Clone, Copy, Debug, AsExpression, FromSqlRow)]
        #[diesel(sql_type = Text)]
        pub struct $column(pub(crate) $value);

        impl From<$column> for $value {
            fn from(column: $column) -> Self {
                column.0
            }
        }

        impl<DB: Backend> ToSql<Text, DB> for $column
        where
            str: ToSql<Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                self.0.as_str().to_sql(out)
            }
        }

        impl<DB: Backend> FromSql<Text, DB> for $column
        where
            String: FromSql<Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
                Ok(Self(String::from_sql(bytes)?.parse()?))
            }
        }
    )*};
}

word_columns! {
    /// [`SigningState`] as a column.
    SigningStateWord(SigningState);
    /// [`Format`] as a column.
    FormatWord(Format);
    /// [`DigestAlgorithm`] as a column.
    DigestWord(DigestAlgorithm);
}
