-- Requests for certificates that people approve.

-- One row a request; what it asks for stands in its revisions, the columns here are what lists and filters need.
CREATE TABLE issuance_request (
    id                 TEXT   NOT NULL PRIMARY KEY,
    state              TEXT   NOT NULL,
    revision           BIGINT NOT NULL,
    digest             BLOB   NOT NULL,
    profile            TEXT   NOT NULL,
    issuer             TEXT   NOT NULL,
    subject            TEXT   NOT NULL,
    names              TEXT   NOT NULL,
    key_algorithm      TEXT   NOT NULL,
    spki_sha256        BLOB   NOT NULL,
    approvals_required BIGINT NOT NULL,
    requester          TEXT   NOT NULL,
    requester_person   TEXT,
    owner              TEXT,
    notify             TEXT,
    submission         TEXT,
    submission_digest  BLOB,
    outcome            TEXT,
    certificate_id     TEXT,
    private_key        BLOB,
    key_delivered_at   BIGINT,
    created_at         BIGINT NOT NULL,
    expires_at         BIGINT NOT NULL,
    ended_at           BIGINT
);
CREATE UNIQUE INDEX issuance_request_submission ON issuance_request (submission);
CREATE INDEX issuance_request_state ON issuance_request (state, id);
CREATE INDEX issuance_request_requester ON issuance_request (requester_person, id);
CREATE INDEX issuance_request_certificate ON issuance_request (certificate_id) WHERE certificate_id IS NOT NULL;
CREATE INDEX issuance_request_open_expires ON issuance_request (expires_at) WHERE ended_at IS NULL;
CREATE INDEX issuance_request_ended ON issuance_request (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX issuance_request_key ON issuance_request (id) WHERE private_key IS NOT NULL;

-- Each thing that was ever asked for in a request, in the canonical encoding that the digest is over.
CREATE TABLE issuance_request_revision (
    request_id TEXT   NOT NULL REFERENCES issuance_request (id) ON DELETE CASCADE,
    revision   BIGINT NOT NULL,
    digest     BLOB   NOT NULL,
    content    BLOB   NOT NULL,
    created_by TEXT   NOT NULL,
    author     TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (request_id, revision)
);

-- A person's yes to one revision; the key says that one person counts once.
CREATE TABLE issuance_request_vote (
    request_id TEXT   NOT NULL REFERENCES issuance_request (id) ON DELETE CASCADE,
    revision   BIGINT NOT NULL,
    digest     BLOB   NOT NULL,
    voter      TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (request_id, revision, voter)
) WITHOUT ROWID;

-- The history of a request, comments among it.
CREATE TABLE issuance_request_event (
    request_id TEXT   NOT NULL REFERENCES issuance_request (id) ON DELETE CASCADE,
    id         TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    actor      TEXT   NOT NULL,
    detail     TEXT   NOT NULL,
    policies   TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (request_id, id)
) WITHOUT ROWID;

-- Codes by which somebody without an account fetches a certificate: only their hashes.
CREATE TABLE issuance_request_fetch_code (
    id         TEXT   NOT NULL PRIMARY KEY,
    request_id TEXT   NOT NULL REFERENCES issuance_request (id) ON DELETE CASCADE,
    code_hash  BLOB   NOT NULL,
    created_by TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX issuance_request_fetch_code_request ON issuance_request_fetch_code (request_id);
CREATE INDEX issuance_request_fetch_code_expires ON issuance_request_fetch_code (expires_at);
