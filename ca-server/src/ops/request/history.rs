//! What is kept of an act on a request: a line of its history and an event of the audit trail, both in the act's own write.

use std::time::Duration;

use ca_core::issuance_request::Version;
use ca_core::policy::Permitted;
use ca_core::policy::action::Action;

use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::audit;
use crate::store::audit_event::{self, NewAuditEvent};
use crate::store::fields::{IssuanceRequestId, RequestEventId, RequestEventKind};
use crate::store::issuance_request_event::{self, RequestEvent};
use crate::store::notice::{self, NewNotice};
use crate::store::{Connection, StoreError, issuance_request};

/// Within so long a second comment with the same words was a second click.
const MOMENT: Duration = Duration::from_secs(60);

/// Everything that is written beside a changed request.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(super) event: RequestEvent,
    audit: Option<NewAuditEvent>,
    notices: Vec<NewNotice>,
}

impl Record {
    /// What a permitted act leaves behind.
    pub(super) fn of<A: Action>(
        app: &App,
        permitted: &Permitted<A>,
        origin: &Origin,
        request: IssuanceRequestId,
        kind: RequestEventKind,
        detail: impl Into<String>,
    ) -> Self {
        let policies: Vec<&str> = permitted.policies().map(|policy| policy.id.as_str()).collect();
        Self {
            event: RequestEvent {
                request_id: request,
                id: RequestEventId::new(app.entropy.uuid()),
                kind,
                actor: permitted.actor().to_string(),
                detail: detail.into(),
                policies: policies.join(", "),
                created_at: app.clock.now(),
            },
            audit: Some(audit::event(app, permitted, origin, issuance_request::object(request))),
            notices: Vec::new(),
        }
    }

    /// A line whose audit event is written by somebody else.
    pub(super) fn unaudited(event: RequestEvent) -> Self {
        Self { event, audit: None, notices: Vec::new() }
    }

    /// One more detail for the audit.
    pub(super) fn detail(mut self, name: &'static str, value: impl ToString) -> Self {
        self.audit = self.audit.map(|audit| audit.detail(name, value));
        self
    }

    /// Tells the audit which version of the request it is about.
    pub(super) fn about(self, version: Version) -> Self {
        self.detail("revision", version.revision).detail("digest", version.digest)
    }

    /// Others are told in the same write.
    pub(super) fn telling(mut self, notices: Vec<NewNotice>) -> Self {
        self.notices = notices;
        self
    }

    /// Whether it says what the same person just said.
    pub(super) fn repeats(&self, last: &RequestEvent) -> bool {
        let event = &self.event;
        let same = (&event.actor, &event.detail, event.kind) == (&last.actor, &last.detail, last.kind);
        same && event.created_at.since(last.created_at) < MOMENT
    }

    /// Writes it.
    pub(crate) fn write(&self, connection: &mut Connection) -> Result<(), StoreError> {
        issuance_request_event::insert(connection, &self.event)?;
        if let Some(audit) = &self.audit {
            audit_event::insert(connection, audit)?;
        }
        notice::insert(connection, &self.notices)
    }
}

/// Where the server's own work comes from.
pub(super) fn job_origin(app: &App) -> Origin {
    Origin { address: "job".to_owned(), request_id: app.entropy.uuid().to_string() }
}
