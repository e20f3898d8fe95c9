-- What the dashboard shows, counted ahead of time, and the watch over certificates whose renewal does not come.

CREATE INDEX certificate_issued ON certificate (issued_at, id);

-- Certificates by day (days since 1970 in UTC): when they were issued, by the algorithm of their key, and when they end.
CREATE TABLE certificate_count (
    kind  TEXT   COLLATE "C" NOT NULL,
    day   BIGINT NOT NULL,
    value TEXT   COLLATE "C" NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (kind, day, value)
);

-- The last certificate that is in those counts.
CREATE TABLE count_progress (
    name           TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    at             BIGINT NOT NULL,
    certificate_id TEXT   COLLATE "C" NOT NULL
);

-- One row for the newest certificate of each set of names, until it is replaced, revoked, or long over.
CREATE TABLE expiry_watch (
    certificate_id TEXT    COLLATE "C" NOT NULL PRIMARY KEY,
    names_hash     BYTEA   NOT NULL,
    not_after      BIGINT  NOT NULL,
    watch_at       BIGINT  NOT NULL,
    is_usual       BOOLEAN NOT NULL
);
CREATE INDEX expiry_watch_due ON expiry_watch (watch_at, certificate_id);
CREATE INDEX expiry_watch_names ON expiry_watch (names_hash);

-- What failed lately.
CREATE INDEX acme_order_failed ON acme_order (id) WHERE finalization = 'failed';
CREATE INDEX acme_authorization_invalid ON acme_authorization (id) WHERE state = 'invalid';
