-- Messages on their way out: one row a message and recipient, kept until it arrived or was given up, and a while after.
CREATE TABLE notice (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind       TEXT COLLATE "C" NOT NULL,
    channel    TEXT COLLATE "C" NOT NULL,
    recipient  TEXT COLLATE "C" NOT NULL,
    payload    TEXT COLLATE "C" NOT NULL,
    once_key   TEXT COLLATE "C",
    state      TEXT COLLATE "C" NOT NULL,
    attempts   BIGINT NOT NULL,
    next_try   BIGINT NOT NULL,
    last_error TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    ended_at   BIGINT
);
CREATE UNIQUE INDEX notice_once ON notice (once_key);
CREATE INDEX notice_due ON notice (next_try, id) WHERE state = 'waiting';
CREATE INDEX notice_ended ON notice (ended_at) WHERE ended_at IS NOT NULL;
