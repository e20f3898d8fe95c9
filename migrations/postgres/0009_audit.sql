-- What one actor did of one kind: either alone may be half of all events.

CREATE INDEX audit_event_actor_action ON audit_event (actor, action, id);
