-- Requests for certificates that people approve.

-- One row a request; what it asks for stands in its revisions, the columns here are what lists and filters need.
CREATE TABLE issuance_request (
    id                 TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    state              TEXT COLLATE "C" NOT NULL,
    revision           BIGINT NOT NULL,
    digest             BYTEA   NOT NULL,
    profile            TEXT COLLATE "C" NOT NULL,
    issuer             TEXT COLLATE "C" NOT NULL,
    subject            TEXT COLLATE "C" NOT NULL,
    names              TEXT COLLATE "C" NOT NULL,
    key_algorithm      TEXT COLLATE "C" NOT NULL,
    spki_sha256        BYTEA   NOT NULL,
    approvals_required BIGINT NOT NULL,
    requester          TEXT COLLATE "C" NOT NULL,
    requester_person   TEXT COLLATE "C",
    owner              TEXT COLLATE "C",
    notify             TEXT COLLATE "C",
    submission         TEXT COLLATE "C",
    submission_digest  BYTEA,
    outcome            TEXT COLLATE "C",
    certificate_id     TEXT COLLATE "C",
    private_key        BYTEA,
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
    request_id TEXT COLLATE "C" NOT NULL REFERENCES issuance_request (id) ON DELETE CASCADE,
    revision   BIGINT NOT NULL,
    digest     BYTEA   NOT NULL,
    content    BYTEA   NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    author     TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    PRIMARY KEY (request_id, revision)
);

-- A person's yes to one revision; the key says that one person counts once.
CREATE TABLE issuance_request_vote (
    request_id TEXT COLLATE "C" NOT NULL REFERENCES issuance_request (id) ON DELETE CASCADE,
    revision   BIGINT NOT NULL,
    digest     BYTEA   NOT NULL,
    voter      TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (request_id, revision, voter)
);

-- The history of a request, comments among it.
CREATE TABLE issuance_request_event (
    request_id TEXT COLLATE "C" NOT NULL REFERENCES issuance_request (id) ON DELETE CASCADE,
    id         TEXT COLLATE "C" NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    actor      TEXT COLLATE "C" NOT NULL,
    detail     TEXT COLLATE "C" NOT NULL,
    policies   TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (request_id, id)
);

-- Codes by which somebody without an account fetches a certificate: only their hashes.
CREATE TABLE issuance_request_fetch_code (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    request_id TEXT COLLATE "C" NOT NULL REFERENCES issuance_request (id) ON DELETE CASCADE,
    code_hash  BYTEA   NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX issuance_request_fetch_code_request ON issuance_request_fetch_code (request_id);
CREATE INDEX issuance_request_fetch_code_expires ON issuance_request_fetch_code (expires_at);
