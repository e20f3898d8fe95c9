//! Loading published CRLs into memory: at start, and whenever another process has published.

use aws_lc_rs::digest;

use super::published::PublishedCrl;
use crate::app::App;
use crate::ops::OpError;
use crate::store::crl::{self, Crl};

/// Loads every current list that is newer than the one in memory.
///
/// # Errors
/// When the database fails or a list is damaged; the lists in memory stay.
pub async fn load_current(app: &App) -> Result<(), OpError> {
    for row in app.store.read(crl::all_current).await? {
        let shard = u32::try_from(row.shard).unwrap_or_default();
        if app.crls.number(&row.issuer, shard).is_none_or(|known| known < row.number) {
            let der = read(app, &row).await?;
            app.crls.replace(&row.issuer, shard, PublishedCrl::new(&row, der));
        }
    }
    Ok(())
}

async fn read(app: &App, row: &Crl) -> Result<Vec<u8>, OpError> {
    let mut der = Vec::with_capacity(usize::try_from(row.size).unwrap_or_default());
    for position in 0.. {
        let wanted = row.clone();
        match app.store.read(move |c| crl::chunk(c, &wanted, position)).await? {
            Some(chunk) => der.extend_from_slice(&chunk),
            None => break,
        }
    }
    let found = digest::digest(&digest::SHA256, &der);
    if found.as_ref() == row.sha256 {
        return Ok(der);
    }
    Err(OpError::Integrity(format!(
        "crl {}/{} number {}: its chunks do not have its hash",
        row.issuer, row.shard, row.number
    )))
}
