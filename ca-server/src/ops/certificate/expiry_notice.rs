//! What people hear of a renewal that did not come: once when it is overdue, and once when the end is near.

use std::time::Duration;

use ca_core::time::UnixTime;
use serde_json::json;

use crate::app::App;
use crate::notices::{self, NoticeKind};
use crate::ops::OpError;
use crate::ops::notice::{self, Notice};
use crate::store::certificate::CertificateRecord;
use crate::store::expiry_watch::{self, Watched};
use crate::store::fields::ExpiryTold;
use crate::store::notice as outbox;

/// Certificates of which people are told in one run of the job: after a great failure mail servers get a stream and no
/// flood.
const MOST: usize = 200;

/// The end is near when so much is left, or a quarter of the time that there was to act.
const NEAR: Duration = Duration::from_secs(3 * 86_400);

/// One run of telling.
#[derive(Debug, Default)]
pub(super) struct Telling {
    told: usize,
}

impl Telling {
    /// Tells of those of which the present stage was not told yet. Stage and outbox change in one write.
    pub(super) async fn tell(&mut self, app: &App, overdue: Vec<(Watched, CertificateRecord)>) -> Result<(), OpError> {
        let now = app.clock.now();
        for (watched, record) in overdue {
            let stage = stage(&watched, now);
            if self.told == MOST || stage <= watched.told {
                continue;
            }
            let rows = notice::rows(app, &of(&watched, &record, stage, now));
            // Who hears of nothing now may be named later, and hears of it then.
            if rows.is_empty() {
                continue;
            }
            self.told += 1;
            let write = move |c: &mut _| match expiry_watch::tell(c, &watched, stage)? {
                true => outbox::insert(c, &rows),
                false => Ok(()),
            };
            app.store.write(write).await?;
        }
        Ok(())
    }
}

fn stage(watched: &Watched, now: UnixTime) -> ExpiryTold {
    let near = NEAR.min(watched.not_after.since(watched.watch_at) / 4);
    if watched.not_after.minus(near) <= now { ExpiryTold::EndsSoon } else { ExpiryTold::Overdue }
}

fn of(watched: &Watched, record: &CertificateRecord, stage: ExpiryTold, now: UnixTime) -> Notice {
    let name = record.names.first().map_or(record.subject.as_str(), |name| name.value.as_str());
    let end = ending(record.not_after, now);
    let (kind, subject) = match stage {
        ExpiryTold::EndsSoon => (NoticeKind::CertificateEnds, format!("{name} {end} and was not renewed")),
        _ => (NoticeKind::RenewalOverdue, format!("{name} was not renewed, it {end}")),
    };
    let names: Vec<&str> = record.names.iter().map(|name| name.value.as_str()).collect();
    Notice {
        kind,
        subject,
        text: text(watched, record, &names),
        page: format!("/certificates/{}", record.id),
        details: json!({
            "certificate": record.id.to_string(), "serial": record.serial.to_string(), "issuer": record.issuer,
            "profile": record.profile, "names": names, "not_after": record.not_after.to_string(),
            "owner": record.owner, "usual": watched.is_usual,
        }),
        also_to: record.owner.iter().filter(|owner| notices::is_address(owner)).cloned().collect(),
        once: None,
    }
}

fn ending(not_after: UnixTime, now: UnixTime) -> String {
    match not_after.since(now).as_secs().div_euclid(86_400) {
        _ if not_after < now => "has ended".to_owned(),
        0 => "ends within a day".to_owned(),
        1 => "ends in a day".to_owned(),
        days => format!("ends in {days} days"),
    }
}

fn text(watched: &Watched, record: &CertificateRecord, names: &[&str]) -> String {
    let habit = match watched.is_usual {
        true => "Its predecessor was renewed earlier than this, so its usual renewal did not come.",
        false => "Nothing has replaced it so far.",
    };
    let owner = record.owner.as_deref().unwrap_or("nobody is named");
    let names = if names.is_empty() { record.subject.clone() } else { names.join(", ") };
    format!(
        "The certificate for {names} ends at {}. {habit}\n\nOwner: {owner}\nRequested by: {}\nProfile: {}\nSerial: {}",
        record.not_after, record.requester, record.profile, record.serial
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
