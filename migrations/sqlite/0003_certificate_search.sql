-- Finding one certificate among a million, and changing many at once.

-- Until when the holder is asked to renew; null unless somebody asked.
ALTER TABLE certificate ADD COLUMN renew_by BIGINT;

-- Each filter of the list enters by one of these; the id behind the value is the order "newest first".
CREATE INDEX certificate_profile ON certificate (profile, id);
CREATE INDEX certificate_endpoint ON certificate (endpoint, id) WHERE endpoint IS NOT NULL;
CREATE INDEX certificate_account ON certificate (account_id, id) WHERE account_id IS NOT NULL;
CREATE INDEX certificate_owner ON certificate (lower(owner), id) WHERE owner IS NOT NULL;
CREATE INDEX certificate_key ON certificate (spki_sha256, id);
CREATE INDEX certificate_lineage ON certificate (names_hash, id);
CREATE INDEX certificate_revoked_end ON certificate (not_after, id) WHERE revoked_at IS NOT NULL;
CREATE INDEX certificate_renew_by ON certificate (id) WHERE renew_by IS NOT NULL;

-- The history of one thing.
CREATE INDEX audit_event_object ON audit_event (object, id);

-- One change to many certificates: what was confirmed, by whom, and how far it has come.
CREATE TABLE bulk_change (
    id           TEXT   NOT NULL PRIMARY KEY,
    kind         TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    parameters   TEXT   NOT NULL,
    selection    TEXT   NOT NULL,
    actor        TEXT   NOT NULL,
    acting_as    TEXT   NOT NULL,
    origin       TEXT   NOT NULL,
    request_id   TEXT   NOT NULL,
    total        BIGINT NOT NULL,
    changed      BIGINT NOT NULL,
    unchanged    BIGINT NOT NULL,
    refused      BIGINT NOT NULL,
    last_error   TEXT,
    created_at   BIGINT NOT NULL,
    finished_at  BIGINT
) WITHOUT ROWID;

CREATE TABLE bulk_item (
    change_id      TEXT   NOT NULL REFERENCES bulk_change (id) ON DELETE CASCADE,
    position       BIGINT NOT NULL,
    certificate_id TEXT   NOT NULL,
    outcome        TEXT,
    detail         TEXT,
    PRIMARY KEY (change_id, position)
) WITHOUT ROWID;
CREATE INDEX bulk_item_waiting ON bulk_item (change_id, position) WHERE outcome IS NULL;
