//! Counting certificates by day, ahead of whoever looks.

use std::collections::BTreeMap;
use std::time::Duration;

use ca_core::time::UnixTime;
use ca_core::x509::Certificate;

use crate::app::App;
use crate::ops::OpError;
use crate::store::certificate_count::{self, CountKind, DayCount, Progress, Uncounted};

/// Certificates counted in one write.
const BATCH: i64 = 1_000;

/// What was recorded so lately may still be joined by another certificate that was recorded before it.
const LAG: Duration = Duration::from_secs(30);

/// Days that counts are kept: three years.
const KEPT: i64 = 3 * 365;

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// The day of an instant, in UTC since 1970.
pub fn day(at: UnixTime) -> i64 {
    at.seconds().div_euclid(DAY)
}

/// The first day whose counts are kept.
pub fn oldest_day(now: UnixTime) -> i64 {
    day(now).saturating_sub(KEPT)
}

/// Counts what was recorded since the last time.
///
/// # Errors
/// When the database fails; what was counted stays counted.
pub async fn count(app: &App) -> Result<(), OpError> {
    while step(app).await? {}
    Ok(())
}

/// Counts one batch; answers whether there may be more.
async fn step(app: &App) -> Result<bool, OpError> {
    let before = app.clock.now().minus(LAG);
    let read = move |c: &mut _| {
        let counted = certificate_count::progress(c)?;
        Ok((counted, certificate_count::uncounted(c, counted, before, BATCH)?))
    };
    let (counted, rows) = app.store.read(read).await?;
    let Some(last) = rows.last() else { return Ok(false) };
    let more = i64::try_from(rows.len()).is_ok_and(|length| length >= BATCH);
    let to = Progress { at: last.issued_at, certificate_id: last.id };
    let counts = counts(&rows);
    // Another server may have counted them: then there is nothing to add.
    app.store.write(move |c| certificate_count::add(c, counted, to, &counts)).await?;
    Ok(more)
}

fn counts(rows: &[Uncounted]) -> Vec<(CountKind, DayCount)> {
    let mut counts: BTreeMap<(CountKind, i64, String), i64> = BTreeMap::new();
    for row in rows {
        *counts.entry((CountKind::Issued, day(row.issued_at), algorithm(&row.der))).or_default() += 1;
        *counts.entry((CountKind::Ends, day(row.not_after), String::new())).or_default() += 1;
    }
    counts.into_iter().map(|((kind, day, value), count)| (kind, DayCount { day, value, count })).collect()
}

fn algorithm(der: &[u8]) -> String {
    match Certificate::from_der(der) {
        Ok(certificate) => certificate.public_key().algorithm().to_string(),
        Err(_) => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_before_1970_too() {
        let day_of = |seconds| day(UnixTime::from_seconds(seconds));
        assert_eq!([day_of(0), day_of(86_399), day_of(86_400), day_of(-1)], [0, 0, 1, -1]);
    }
}
