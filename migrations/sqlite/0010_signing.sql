-- Requests for signatures over artifacts, their approval, the signatures that were made, grants, and signing profiles.

-- Versions of signing profiles, by the hash of their canonical text.
CREATE TABLE signing_profile_version (
    hash       BLOB    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    canonical  TEXT    NOT NULL,
    created_at BIGINT  NOT NULL
);

-- One row a request. While open_key is there, no second request is made for the same profile, format, digests and subject.
CREATE TABLE signing_request (
    id               TEXT    NOT NULL PRIMARY KEY,
    state            TEXT    NOT NULL,
    profile          TEXT    NOT NULL,
    profile_hash     BLOB    NOT NULL,
    environment      TEXT    NOT NULL,
    format           TEXT    NOT NULL,
    digest_set       BLOB    NOT NULL,
    items            BIGINT  NOT NULL,
    reason           TEXT    NOT NULL,
    subject          TEXT    NOT NULL,
    requester        TEXT    NOT NULL,
    requester_person TEXT,
    job_person       TEXT,
    claims           TEXT    NOT NULL,
    provenance       TEXT    NOT NULL,
    open_key         BLOB,
    glass_broken_by  TEXT,
    certificate_id   TEXT,
    key_id           TEXT,
    outcome          TEXT,
    retryable        BOOLEAN NOT NULL,
    attempts         BIGINT  NOT NULL,
    next_try         BIGINT  NOT NULL,
    lease_holder     TEXT,
    lease_until      BIGINT  NOT NULL,
    created_at       BIGINT  NOT NULL,
    expires_at       BIGINT  NOT NULL,
    ended_at         BIGINT
);
CREATE UNIQUE INDEX signing_request_open ON signing_request (open_key);
CREATE INDEX signing_request_state ON signing_request (state, id);
CREATE INDEX signing_request_profile ON signing_request (profile, created_at);
CREATE INDEX signing_request_requester ON signing_request (requester_person, id);
CREATE INDEX signing_request_open_expires ON signing_request (expires_at) WHERE ended_at IS NULL;
CREATE INDEX signing_request_ended ON signing_request (ended_at) WHERE ended_at IS NOT NULL;

-- What is to be signed, in the order of its submission.
CREATE TABLE signing_item (
    request_id  TEXT    NOT NULL REFERENCES signing_request (id) ON DELETE CASCADE,
    n           BIGINT  NOT NULL,
    name        TEXT    NOT NULL,
    algorithm   TEXT    NOT NULL,
    digest      BLOB    NOT NULL,
    size        BIGINT,
    file_sha256 BLOB,
    PRIMARY KEY (request_id, n)
);

-- A person's yes to the digest set; the key says that one person counts once over all stages.
CREATE TABLE signing_vote (
    request_id TEXT    NOT NULL REFERENCES signing_request (id) ON DELETE CASCADE,
    voter      TEXT    NOT NULL,
    stage      BIGINT  NOT NULL,
    digest_set BLOB    NOT NULL,
    created_at BIGINT  NOT NULL,
    PRIMARY KEY (request_id, voter)
);

-- The history of a request.
CREATE TABLE signing_event (
    request_id TEXT    NOT NULL REFERENCES signing_request (id) ON DELETE CASCADE,
    id         TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    actor      TEXT    NOT NULL,
    detail     TEXT    NOT NULL,
    policies   TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    PRIMARY KEY (request_id, id)
);

-- Tokens by which whoever asked follows one request: only their hashes.
CREATE TABLE signing_request_token (
    token_sha256 BLOB    NOT NULL PRIMARY KEY,
    request_id   TEXT    NOT NULL REFERENCES signing_request (id) ON DELETE CASCADE,
    created_at   BIGINT  NOT NULL
);
CREATE INDEX signing_request_token_request ON signing_request_token (request_id, created_at);

-- What the token of a CI was used for: with a jti it asks for one thing.
CREATE TABLE signing_token_use (
    token_sha256 BLOB    NOT NULL PRIMARY KEY,
    asked_sha256 BLOB    NOT NULL,
    expires_at   BIGINT  NOT NULL
);
CREATE INDEX signing_token_use_expires ON signing_token_use (expires_at);

-- So many signatures that somebody may have made of digests until an instant.
CREATE TABLE signing_grant (
    id             TEXT    NOT NULL PRIMARY KEY,
    profile        TEXT    NOT NULL,
    grantee        TEXT    NOT NULL,
    max_signatures BIGINT  NOT NULL,
    used           BIGINT  NOT NULL,
    created_by     TEXT    NOT NULL,
    created_at     BIGINT  NOT NULL,
    not_after      BIGINT  NOT NULL,
    revoked_by     TEXT,
    revoked_at     BIGINT
);
CREATE INDEX signing_grant_grantee ON signing_grant (grantee, profile, not_after);

-- The key of a signing profile in an HSM, with the certificate that serves all its requests, if one does.
CREATE TABLE signing_key (
    key_id         TEXT    NOT NULL PRIMARY KEY,
    profile        TEXT    NOT NULL,
    hsm            TEXT    NOT NULL,
    algorithm      TEXT    NOT NULL,
    certificate_id TEXT,
    created_at     BIGINT  NOT NULL
);
CREATE UNIQUE INDEX signing_key_profile ON signing_key (profile, hsm, algorithm);

-- Every signature that was made. The unique key says that an item of a request has one.
CREATE TABLE signature (
    id               TEXT    NOT NULL PRIMARY KEY,
    request_id       TEXT,
    n                BIGINT,
    grant_id         TEXT,
    profile          TEXT    NOT NULL,
    format           TEXT    NOT NULL,
    name             TEXT    NOT NULL,
    algorithm        TEXT    NOT NULL,
    digest           BLOB    NOT NULL,
    subject          TEXT    NOT NULL,
    certificate_id   TEXT    NOT NULL,
    octets           BLOB    NOT NULL,
    timestamp_at     BIGINT,
    timestamp_serial TEXT,
    created_at       BIGINT  NOT NULL
);
CREATE UNIQUE INDEX signature_item ON signature (request_id, n);
CREATE INDEX signature_digest ON signature (digest, id);
CREATE INDEX signature_certificate ON signature (certificate_id, id);
CREATE INDEX signature_grant ON signature (grant_id, id) WHERE grant_id IS NOT NULL;
