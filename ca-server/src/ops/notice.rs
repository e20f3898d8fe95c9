//! Telling people and machines what happened. A notice is rows in the outbox, written with what it tells of; a job sends
//! them, so that no request ever waits for a mail server.

use std::time::Duration;

use ca_core::time::UnixTime;
use serde::{Deserialize, Serialize};

use super::OpError;
use crate::app::App;
use crate::notices::{Email, Envelope, NoticeKind, Post, SendError};
use crate::store::fields::{NoticeChannel, NoticeId, NoticeState};
use crate::store::notice::{self, NewNotice};

/// Something that others are to hear.
#[derive(Clone, Debug)]
pub struct Notice {
    /// What it tells.
    pub kind: NoticeKind,
    /// One line.
    pub subject: String,
    /// Plain text of some lines, without the link.
    pub text: String,
    /// The page to look at, a path of the web UI.
    pub page: String,
    /// The same for machines.
    pub details: serde_json::Value,
    /// E-mail addresses that hear of it besides those of the configuration.
    pub also_to: Vec<String>,
    /// Sent once only for this text, however often it is enqueued; `None` sends each time.
    pub once: Option<String>,
}

/// What the outbox keeps of a notice.
#[derive(Serialize, Deserialize)]
struct Payload {
    subject: String,
    text: String,
    body: String,
}

/// What a webhook is told, in JSON. `docs/requests.md` describes it.
#[derive(Serialize)]
struct Body<'a> {
    id: String,
    event: &'a str,
    occurred_at: String,
    subject: &'a str,
    text: &'a str,
    url: &'a str,
    details: &'a serde_json::Value,
}

/// The rows of a notice, one a recipient, to be inserted in the write of what it tells of.
pub fn rows(app: &App, notice: &Notice) -> Vec<NewNotice> {
    let now = app.clock.now();
    let url = app.settings.server.public_url.join(&notice.page);
    recipients(app, notice)
        .into_iter()
        .map(|(channel, recipient)| row(app, notice, &url, now, channel, recipient))
        .collect()
}

/// Puts a notice into the outbox by itself.
///
/// # Errors
/// When the database fails.
pub async fn enqueue(app: &App, notice: &Notice) -> Result<(), OpError> {
    let rows = rows(app, notice);
    Ok(app.store.write(move |c| notice::insert(c, &rows)).await?)
}

fn recipients(app: &App, notice: &Notice) -> Vec<(NoticeChannel, String)> {
    let settings = &app.settings.notices;
    let wanted = |events: &[NoticeKind]| events.contains(&notice.kind);
    let mut emails: Vec<String> = Vec::new();
    if settings.smtp.is_some() {
        let configured = settings.email.iter().filter(|email| wanted(&email.events)).flat_map(|email| &email.to);
        for address in configured.chain(&notice.also_to) {
            if !emails.contains(address) {
                emails.push(address.clone());
            }
        }
    }
    let webhooks = settings.webhooks.iter().filter(|webhook| wanted(&webhook.events));
    let webhooks = webhooks.map(|webhook| (NoticeChannel::Webhook, webhook.name.clone()));
    emails.into_iter().map(|address| (NoticeChannel::Email, address)).chain(webhooks).collect()
}

fn row(app: &App, notice: &Notice, url: &str, now: UnixTime, channel: NoticeChannel, recipient: String) -> NewNotice {
    let id = NoticeId::new(app.entropy.uuid());
    let (event, occurred_at) = (notice.kind.as_str(), now.to_string());
    let (subject, text) = (&notice.subject, &notice.text);
    let body = Body { id: id.to_string(), event, occurred_at, subject, text, url, details: &notice.details };
    let payload = Payload {
        subject: format!("[Signet] {subject}"),
        text: format!("{text}\n\n{url}\n"),
        body: serde_json::to_string(&body).unwrap_or_default(),
    };
    NewNotice {
        id,
        kind: event.to_owned(),
        channel,
        payload: serde_json::to_string(&payload).unwrap_or_default(),
        once_key: notice.once.as_ref().map(|once| format!("{once} {channel} {recipient}")),
        recipient,
        created_at: now,
    }
}

/// Notices sent in one go.
const BATCH: usize = 20;

/// A try that takes longer has failed, however slowly the other side keeps answering.
const LONGEST_TRY: Duration = Duration::from_secs(60);

/// After so long a taken notice counts as left behind by a process that died. Longer than any try takes.
const LEASE: Duration = Duration::from_secs(120);

/// Pause after the first failure; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(30);

const LONGEST_PAUSE: Duration = Duration::from_secs(6 * 3600);

/// A notice is given up when it is so old.
const PATIENCE: Duration = Duration::from_secs(3 * 86_400);

/// Sends what is due.
///
/// # Errors
/// When the database fails. What does not arrive is tried again later.
pub async fn send_due(app: &App) -> Result<(), OpError> {
    for _ in 0..BATCH {
        let now = app.clock.now();
        // One at a time: the lease of a notice must not run out while others are sent.
        let due = app.store.write(move |c| notice::claim(c, now, now.plus(LEASE), 1)).await?;
        let Some(notice) = due.into_iter().next() else { return Ok(()) };
        let late = |_| Err(SendError::Transient(format!("it took longer than {} s", LONGEST_TRY.as_secs())));
        let sent = tokio::time::timeout(LONGEST_TRY, send(app, &notice)).await.unwrap_or_else(late);
        record(app, notice, sent).await?;
    }
    Ok(())
}

async fn send(app: &App, notice: &notice::Notice) -> Result<(), SendError> {
    let damaged = |error: serde_json::Error| SendError::Permanent(format!("the notice is damaged: {error}"));
    let payload: Payload = serde_json::from_str(&notice.payload).map_err(damaged)?;
    let envelope = Envelope { id: notice.id.to_string(), kind: notice.kind.clone(), at: app.clock.now() };
    match notice.channel {
        NoticeChannel::Email => {
            let gone = || SendError::Permanent("there is no [notices.smtp] any more".to_owned());
            let mailer = app.senders.mailer.as_ref().ok_or_else(gone)?;
            let email = Email { to: &notice.recipient, subject: &payload.subject, text: &payload.text };
            mailer.send(&envelope, &email).await
        }
        NoticeChannel::Webhook => {
            let gone = || SendError::Permanent("there is no webhook of that name any more".to_owned());
            let webhook = app.settings.notices.webhook(&notice.recipient).ok_or_else(gone)?;
            let post = Post { url: &webhook.url, secret: &webhook.secret, body: &payload.body };
            app.senders.webhooks.send(&envelope, &post).await
        }
    }
}

async fn record(app: &App, notice: notice::Notice, sent: Result<(), SendError>) -> Result<(), OpError> {
    let (now, kind, channel) = (app.clock.now(), notice.kind.clone(), notice.channel);
    let outcome = match sent {
        Ok(()) => Outcome::Ended(NoticeState::Sent, None),
        Err(SendError::Permanent(reason)) => Outcome::Ended(NoticeState::Failed, Some(reason)),
        Err(SendError::Transient(reason)) if now.since(notice.created_at) > PATIENCE => {
            Outcome::Ended(NoticeState::Failed, Some(reason))
        }
        Err(SendError::Transient(reason)) => Outcome::Again(now.plus(pause(notice.attempts)), reason),
    };
    if let Outcome::Ended(NoticeState::Failed, Some(reason)) | Outcome::Again(_, reason) = &outcome {
        tracing::warn!(notice = %notice.id, kind, %channel, recipient = %notice.recipient, reason, "a notice did not arrive");
    }
    let result = if matches!(outcome, Outcome::Ended(NoticeState::Sent, _)) { "sent" } else { "failed" };
    metrics::counter!("signet_notices_total", "channel" => channel.as_str(), "result" => result).increment(1);
    app.store
        .write(move |c| match &outcome {
            Outcome::Ended(state, reason) => notice::end(c, &notice, *state, reason.as_deref(), now),
            Outcome::Again(at, reason) => notice::retry(c, &notice, *at, reason),
        })
        .await?;
    Ok(())
}

enum Outcome {
    Ended(NoticeState, Option<String>),
    Again(UnixTime, String),
}

fn pause(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(16);
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_six_hours() {
        let pauses: Vec<u64> = [1, 2, 3, 4].map(|attempts| pause(attempts).as_secs()).to_vec();
        assert_eq!(pauses, [30, 60, 120, 240]);
        assert_eq!(pause(40), LONGEST_PAUSE);
    }
}
