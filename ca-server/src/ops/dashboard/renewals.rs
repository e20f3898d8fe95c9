//! Certificates whose renewal did not come.

use super::need::{Need, Place, Urgency};
use crate::app::App;
use crate::ops::OpError;
use crate::ops::certificate::expiry;

/// Certificates that have a line of their own.
const SHOWN: usize = 5;

pub(super) async fn needs(app: &App) -> Result<Vec<Need>, OpError> {
    let now = app.clock.now();
    let found = expiry::overdue(app, SHOWN).await?;
    let mut needs: Vec<Need> = found.first.iter().map(|overdue| need(overdue, now)).collect();
    let others = found.count.saturating_sub(needs.len());
    if others > 0 {
        let more = if found.is_more { "More than " } else { "" };
        needs.push(Need {
            urgency: Urgency::Soon,
            what: format!("{more}{others} other certificates were not renewed"),
            detail: "They end later than those above.".to_owned(),
            place: Place::Overdue,
        });
    }
    Ok(needs)
}

fn need(overdue: &expiry::Overdue, now: ca_core::time::UnixTime) -> Need {
    let record = &overdue.record;
    let name = record.names.first().map_or_else(|| record.subject.clone(), |name| name.value.clone());
    let is_over = record.not_after < now;
    let days = record.not_after.since(now).as_secs() / 86_400;
    let what = match (is_over, days) {
        (true, _) => format!("{name} has ended"),
        (false, 0) => format!("{name} ends within a day"),
        (false, 1) => format!("{name} ends in a day"),
        (false, days) => format!("{name} ends in {days} days"),
    };
    let habit = match overdue.is_usual {
        true => "Its usual renewal did not come.",
        false => "Nobody has renewed it.",
    };
    let owner =
        record.owner.as_ref().map_or_else(|| "Nobody is named as its owner.".to_owned(), |o| format!("Owner: {o}."));
    Need {
        urgency: if is_over { Urgency::Broken } else { Urgency::Soon },
        what,
        detail: format!("{habit} {owner}"),
        place: Place::Certificate(record.id),
    }
}
