-- Requests that must be done once: what was answered to the first of those with the same key. The body is sealed, because
-- some answers hold a secret that is shown only once.

CREATE TABLE idempotency_key (
    actor          TEXT COLLATE "C" NOT NULL,
    key            TEXT COLLATE "C" NOT NULL,
    request_digest BYTEA   NOT NULL,
    status         BIGINT,
    content_type   TEXT COLLATE "C",
    location       TEXT COLLATE "C",
    body           BYTEA,
    started_at     BIGINT NOT NULL,
    finished_at    BIGINT,
    PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_key_started ON idempotency_key (started_at);

-- The audit trail is searched by time, which its ids hold (UUIDv7), and by actor or action with the newest first.

CREATE INDEX audit_event_actor ON audit_event (actor, id);
CREATE INDEX audit_event_action ON audit_event (action, id);
