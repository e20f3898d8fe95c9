//! Recovery codes of operators: each stands in for one code of the second factor. Only their SHA-256 is here.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, insert_rows, on_each};
use super::error::StoreError;
use super::fields::{Hash, OperatorId, Seconds, Sha256};
use super::schema::operator_recovery_code as table;

/// Puts new codes in place of all that an operator had.
///
/// # Errors
/// When the database fails.
pub fn replace(connection: &mut Connection, operator: OperatorId, codes: &[Sha256]) -> Result<(), StoreError> {
    remove(connection, operator)?;
    let rows: Vec<_> =
        codes.iter().map(|code| (table::operator_id.eq(operator), table::code_sha256.eq(Hash(*code)))).collect();
    insert_rows!(connection, table::table, rows);
    Ok(())
}

/// Takes an operator's codes away.
///
/// # Errors
/// When the database fails.
pub fn remove(connection: &mut Connection, operator: OperatorId) -> Result<(), StoreError> {
    let delete = diesel::delete(table::table.filter(table::operator_id.eq(operator)));
    on_each!(connection, |c| delete.execute(c))?;
    Ok(())
}

/// Uses a code; answers whether it was one and had not been used.
///
/// # Errors
/// When the database fails.
pub fn spend(
    connection: &mut Connection,
    operator: OperatorId,
    code: Sha256,
    now: UnixTime,
) -> Result<bool, StoreError> {
    let unused = table::table.find((operator, Hash(code))).filter(table::used_at.is_null());
    let update = diesel::update(unused).set(table::used_at.eq(Seconds(now)));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// How many codes an operator has left.
///
/// # Errors
/// When the database fails.
pub fn left(connection: &mut Connection, operator: OperatorId) -> Result<i64, StoreError> {
    let query = table::table.filter(table::operator_id.eq(operator).and(table::used_at.is_null())).count();
    Ok(on_each!(connection, |c| query.get_result(c))?)
}
