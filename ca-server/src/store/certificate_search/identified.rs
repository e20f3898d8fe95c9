//! A search text that is the whole id of an account or the whole hash of a key stands for that account or key: there may be
//! any number of certificates of it.

use diesel::dsl::exists;
use diesel::prelude::*;

use super::filter::CertificateFilter;
use crate::store::connection::{Connection, on_each};
use crate::store::error::StoreError;
use crate::store::fields::{AccountId, Hash};
use crate::store::schema::certificate as table;

/// The filter with such a text replaced by what it stands for.
pub(super) fn resolve(
    connection: &mut Connection,
    filter: &CertificateFilter,
) -> Result<CertificateFilter, StoreError> {
    let mut filter = filter.clone();
    let Some(text) = &filter.text else { return Ok(filter) };
    if let (Some(uuid), None) = (text.id, filter.account) {
        let account = AccountId::new(uuid);
        if on_each!(connection, |c| diesel::select(exists(table::table.filter(table::account_id.eq(account))))
            .get_result(c))?
        {
            return Ok(CertificateFilter { account: Some(account), text: None, ..filter });
        }
    }
    if let (Some(hash), None) = (text.whole_hash(), filter.key)
        && on_each!(connection, |c| diesel::select(exists(table::table.filter(table::spki_sha256.eq(Hash(hash)))))
            .get_result(c))?
    {
        filter.text = None;
        filter.key = Some(hash);
    }
    Ok(filter)
}
