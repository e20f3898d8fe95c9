//! A column that no index is to be entered by.
//!
//! SQLite keeps no statistics here, so for it every equality is as good as any other, and it would rather walk through all
//! certificates of a profile than look up the two thousand that are named. A unary plus takes a column out of that choice.
//! PostgreSQL knows its data and needs no advice.

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sqlite::Sqlite;

/// See the module.
#[derive(Clone, Copy, Debug, QueryId)]
pub(super) struct Unindexed<E>(E);

/// The column as a value only.
pub(super) fn unindexed<E>(column: E) -> Unindexed<E> {
    Unindexed(column)
}

impl<E: Expression> Expression for Unindexed<E> {
    type SqlType = E::SqlType;
}

impl<E, Source> AppearsOnTable<Source> for Unindexed<E> where E: AppearsOnTable<Source> {}

impl<E, Source> SelectableExpression<Source> for Unindexed<E> where E: SelectableExpression<Source> {}

impl<E, GroupBy> ValidGrouping<GroupBy> for Unindexed<E> {
    type IsAggregate = is_aggregate::No;
}

impl<E: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Unindexed<E> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        pass.push_sql("+");
        self.0.walk_ast(pass)
    }
}

impl<E: QueryFragment<Pg>> QueryFragment<Pg> for Unindexed<E> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }
}
