//! What people write down about a certificate after it was issued: who answers for it, and that it is to be renewed.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{CertificateId, Seconds};
use super::schema::certificate as table;

/// Says who answers for a certificate; answers whether that is new.
///
/// # Errors
/// When the database fails.
pub fn assign_owner(connection: &mut Connection, id: CertificateId, owner: Option<&str>) -> Result<bool, StoreError> {
    let changed = match owner {
        Some(owner) => {
            let another = table::owner.is_null().or(table::owner.ne(owner));
            let update = diesel::update(table::table.filter(table::id.eq(id).and(another)));
            on_each!(connection, |c| update.set(table::owner.eq(owner)).execute(c))?
        }
        None => {
            let owned = table::table.filter(table::id.eq(id).and(table::owner.is_not_null()));
            on_each!(connection, |c| diesel::update(owned).set(table::owner.eq(None::<String>)).execute(c))?
        }
    };
    Ok(changed == 1)
}

/// Notes until when the holder of a certificate is asked to renew it, or takes that back; answers whether that is new.
/// Who would renew a revoked certificate has no use for the request, so it is left as it is.
///
/// # Errors
/// When the database fails.
pub fn ask_for_renewal(
    connection: &mut Connection,
    id: CertificateId,
    by: Option<UnixTime>,
) -> Result<bool, StoreError> {
    let unrevoked = || table::table.filter(table::id.eq(id).and(table::revoked_at.is_null()));
    let changed = match by {
        Some(by) => {
            let another = table::renew_by.is_null().or(table::renew_by.ne(Seconds(by)));
            let update = diesel::update(unrevoked().filter(another)).set(table::renew_by.eq(Seconds(by)));
            on_each!(connection, |c| update.execute(c))?
        }
        None => {
            let asked = unrevoked().filter(table::renew_by.is_not_null());
            on_each!(connection, |c| diesel::update(asked).set(table::renew_by.eq(None::<i64>)).execute(c))?
        }
    };
    Ok(changed == 1)
}
