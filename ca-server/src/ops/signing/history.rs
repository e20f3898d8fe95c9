//! What is kept of an act on a request: a line of its history, an event of the audit trail, and notices, in its own write.

use ca_core::policy::Permitted;
use ca_core::policy::action::Action;

use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::audit;
use crate::store::audit_event::{self, NewAuditEvent};
use crate::store::fields::{SigningEventId, SigningEventKind, SigningRequestId};
use crate::store::notice::{self, NewNotice};
use crate::store::signing_event::{self, SigningEvent};
use crate::store::{Connection, StoreError, signing_request};

/// Everything that is written beside a changed request.
#[derive(Clone, Debug)]
pub(super) struct Record {
    event: SigningEvent,
    audit: NewAuditEvent,
    notices: Vec<NewNotice>,
}

impl Record {
    /// What a permitted act leaves behind.
    pub(super) fn of<A: Action>(
        app: &App,
        permitted: &Permitted<A>,
        origin: &Origin,
        request: SigningRequestId,
        kind: SigningEventKind,
        detail: impl Into<String>,
    ) -> Self {
        let policies: Vec<&str> = permitted.policies().map(|policy| policy.id.as_str()).collect();
        Self {
            event: SigningEvent {
                request_id: request,
                id: SigningEventId::new(app.entropy.uuid()),
                kind,
                actor: permitted.actor().to_string(),
                detail: detail.into(),
                policies: policies.join(", "),
                created_at: app.clock.now(),
            },
            audit: audit::event(app, permitted, origin, signing_request::object(request)),
            notices: Vec::new(),
        }
    }

    /// One more detail for the audit.
    pub(super) fn detail(mut self, name: &'static str, value: impl ToString) -> Self {
        self.audit = self.audit.detail(name, value);
        self
    }

    /// Others are told in the same write.
    pub(super) fn telling(mut self, notices: Vec<NewNotice>) -> Self {
        self.notices = notices;
        self
    }

    /// Writes it.
    pub(super) fn write(&self, connection: &mut Connection) -> Result<(), StoreError> {
        signing_event::insert(connection, &self.event)?;
        audit_event::insert(connection, &self.audit)?;
        notice::insert(connection, &self.notices)
    }
}

/// Where the server's own work comes from.
pub(in crate::ops) fn job_origin(app: &App) -> Origin {
    Origin { address: "job".to_owned(), request_id: app.entropy.uuid().to_string() }
}
