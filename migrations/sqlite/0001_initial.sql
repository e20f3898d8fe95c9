-- The schema of the first release. The same tables and columns exist on PostgreSQL (a test compares them).
--
-- Times are Unix seconds, or microseconds where the name says so. Hashes are 32 raw octets. Identifiers are UUIDv7 in
-- lower-case hyphenated text, so that a primary key is also the order of creation. Tables with small rows are WITHOUT
-- ROWID: one tree instead of two, hence one page less to write in each commit.

-- Installation and secrets -------------------------------------------------------------------------------------------

CREATE TABLE installation (
    id         TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;

-- The data-encryption key, wrapped by an HSM; a new version is a new row.
CREATE TABLE data_encryption_key (
    key_version BIGINT NOT NULL PRIMARY KEY,
    hsm         TEXT   NOT NULL,
    wrapped     BLOB   NOT NULL,
    created_at  BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE sealed_secret (
    name       TEXT   NOT NULL PRIMARY KEY,
    sealed     BLOB   NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;

-- Keys and issuers ---------------------------------------------------------------------------------------------------

CREATE TABLE hsm_key (
    id               TEXT   NOT NULL PRIMARY KEY,
    hsm              TEXT   NOT NULL,
    locator          TEXT   NOT NULL,
    algorithm        TEXT   NOT NULL,
    public_key       BLOB   NOT NULL,
    spki_sha256      BLOB   NOT NULL,
    purposes         TEXT   NOT NULL,
    state            TEXT   NOT NULL,
    provenance       TEXT   NOT NULL,
    created_at       BIGINT NOT NULL,
    state_changed_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX hsm_key_locator ON hsm_key (hsm, locator);

-- One row a CA certificate. The slug names it in URLs and is never used again.
CREATE TABLE issuer (
    slug        TEXT   NOT NULL PRIMARY KEY,
    authority   TEXT   NOT NULL,
    generation  BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    subject     TEXT   NOT NULL,
    serial      TEXT   NOT NULL,
    der         BLOB   NOT NULL,
    key_id      TEXT   NOT NULL REFERENCES hsm_key (id),
    parent      TEXT   REFERENCES issuer (slug),
    not_before  BIGINT NOT NULL,
    not_after   BIGINT NOT NULL,
    crl_shards  BIGINT NOT NULL,
    created_at  BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX issuer_generation ON issuer (authority, generation);
CREATE INDEX issuer_key ON issuer (key_id);
CREATE INDEX issuer_parent ON issuer (parent);

-- Rules in force at an issuance --------------------------------------------------------------------------------------

CREATE TABLE profile_version (
    hash         BLOB   NOT NULL PRIMARY KEY,
    name         TEXT   NOT NULL,
    canonical    TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    withdrawn_at BIGINT
) WITHOUT ROWID;
CREATE INDEX profile_version_name ON profile_version (name, created_at);

CREATE TABLE policy_set (
    hash       BLOB   NOT NULL PRIMARY KEY,
    canonical  TEXT   NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE blocked_key (
    spki_sha256 BLOB   NOT NULL PRIMARY KEY,
    reason      TEXT   NOT NULL,
    source      TEXT   NOT NULL,
    created_at  BIGINT NOT NULL
) WITHOUT ROWID;

-- Certificates -------------------------------------------------------------------------------------------------------

-- Exact bytes to be signed, committed before the signature is asked for.
CREATE TABLE issuance_intent (
    id              TEXT   NOT NULL PRIMARY KEY,
    state           TEXT   NOT NULL,
    issuer          TEXT   NOT NULL,
    serial          TEXT   NOT NULL,
    tbs_certificate BLOB   NOT NULL,
    certificate_id  TEXT   NOT NULL,
    order_id        TEXT,
    submission      TEXT,
    endpoint        TEXT,
    account_id      TEXT,
    requester       TEXT   NOT NULL,
    profile         TEXT   NOT NULL,
    profile_hash    BLOB   NOT NULL,
    policy_set_hash BLOB   NOT NULL,
    decision        TEXT   NOT NULL,
    spki_sha256     BLOB   NOT NULL,
    not_before      BIGINT NOT NULL,
    not_after       BIGINT NOT NULL,
    subject         TEXT   NOT NULL,
    names           TEXT   NOT NULL,
    names_hash      BLOB   NOT NULL,
    crl_shard       BIGINT NOT NULL,
    status_url      TEXT   NOT NULL,
    replaces        TEXT,
    owner           TEXT,
    request_id      TEXT   NOT NULL,
    lease_holder    TEXT   NOT NULL,
    lease_until     BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    finished_at     BIGINT
);
CREATE UNIQUE INDEX issuance_intent_serial ON issuance_intent (issuer, serial);
CREATE UNIQUE INDEX issuance_intent_open_order ON issuance_intent (order_id) WHERE state = 'open';
CREATE UNIQUE INDEX issuance_intent_open_submission ON issuance_intent (submission) WHERE state = 'open';
CREATE INDEX issuance_intent_open_lease ON issuance_intent (lease_until) WHERE state = 'open';

CREATE TABLE certificate (
    id              TEXT   NOT NULL PRIMARY KEY,
    issuer          TEXT   NOT NULL,
    serial          TEXT   NOT NULL,
    der             BLOB   NOT NULL,
    fingerprint     BLOB   NOT NULL,
    order_id        TEXT,
    endpoint        TEXT,
    account_id      TEXT,
    requester       TEXT   NOT NULL,
    profile         TEXT   NOT NULL,
    profile_hash    BLOB   NOT NULL,
    policy_set_hash BLOB   NOT NULL,
    spki_sha256     BLOB   NOT NULL,
    not_before      BIGINT NOT NULL,
    not_after       BIGINT NOT NULL,
    subject         TEXT   NOT NULL,
    names           TEXT   NOT NULL,
    names_hash      BLOB   NOT NULL,
    crl_shard       BIGINT NOT NULL,
    status_url      TEXT   NOT NULL,
    replaces        TEXT,
    owner           TEXT,
    issued_at       BIGINT NOT NULL,
    revoked_at      BIGINT,
    reason          TEXT,
    invalidity_date BIGINT
);
CREATE UNIQUE INDEX certificate_serial ON certificate (issuer, serial);
CREATE UNIQUE INDEX certificate_order ON certificate (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX certificate_fingerprint ON certificate (fingerprint);
CREATE INDEX certificate_not_after ON certificate (not_after, id);
CREATE INDEX certificate_revoked ON certificate (id) WHERE revoked_at IS NOT NULL;

-- One row a SAN; `reversed` has the labels of a DNS name in reverse, so that a suffix is a range of an index too.
CREATE TABLE certificate_name (
    name           TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    kind           TEXT NOT NULL,
    reversed       TEXT NOT NULL,
    PRIMARY KEY (name, certificate_id, kind)
) WITHOUT ROWID;
CREATE INDEX certificate_name_reversed ON certificate_name (reversed, certificate_id);

-- What the CRLs of an issuer list: serials of revoked certificates and of abandoned intents, until they expire.
CREATE TABLE revoked_serial (
    issuer          TEXT   NOT NULL,
    shard           BIGINT NOT NULL,
    serial          TEXT   NOT NULL,
    revoked_at      BIGINT NOT NULL,
    reason          TEXT   NOT NULL,
    invalidity_date BIGINT,
    not_after       BIGINT NOT NULL,
    PRIMARY KEY (issuer, shard, serial)
) WITHOUT ROWID;
CREATE INDEX revoked_serial_not_after ON revoked_serial (not_after);

CREATE TABLE crl (
    issuer      TEXT    NOT NULL,
    shard       BIGINT  NOT NULL,
    number      BIGINT  NOT NULL,
    this_update BIGINT  NOT NULL,
    next_update BIGINT  NOT NULL,
    entries     BIGINT  NOT NULL,
    size        BIGINT  NOT NULL,
    sha256      BLOB    NOT NULL,
    fencing     BIGINT  NOT NULL,
    is_current  BOOLEAN NOT NULL,
    created_at  BIGINT  NOT NULL,
    PRIMARY KEY (issuer, shard, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX crl_current ON crl (issuer, shard) WHERE is_current;

-- At most 1 MiB a row.
CREATE TABLE crl_chunk (
    issuer   TEXT   NOT NULL,
    shard    BIGINT NOT NULL,
    number   BIGINT NOT NULL,
    position BIGINT NOT NULL,
    bytes    BLOB   NOT NULL,
    PRIMARY KEY (issuer, shard, number, position),
    FOREIGN KEY (issuer, shard, number) REFERENCES crl (issuer, shard, number) ON DELETE CASCADE
);

-- ACME ---------------------------------------------------------------------------------------------------------------

CREATE TABLE acme_account (
    id                  TEXT   NOT NULL PRIMARY KEY,
    endpoint            TEXT   NOT NULL,
    jwk_thumbprint      TEXT   NOT NULL,
    jwk                 TEXT   NOT NULL,
    spki_sha256         BLOB   NOT NULL,
    contacts            TEXT   NOT NULL,
    state               TEXT   NOT NULL,
    terms_agreed_at     BIGINT,
    external_account_id TEXT,
    created_from        TEXT   NOT NULL,
    created_at          BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX acme_account_key ON acme_account (endpoint, jwk_thumbprint);

-- External account bindings (RFC 8555 §7.3.4); the id is the "kid", the MAC key is sealed.
CREATE TABLE external_account (
    id         TEXT   NOT NULL PRIMARY KEY,
    endpoint   TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    hmac_key   BLOB   NOT NULL,
    created_by TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    account_id TEXT,
    bound_at   BIGINT
) WITHOUT ROWID;

-- Rows of orders point at accounts without a foreign key: accounts are never deleted, and on PostgreSQL the check would
-- lock the account's row for every order.
CREATE TABLE acme_order (
    id             TEXT   NOT NULL PRIMARY KEY,
    endpoint       TEXT   NOT NULL,
    account_id     TEXT   NOT NULL,
    profile        TEXT   NOT NULL,
    profile_hash   BLOB   NOT NULL,
    identifiers    TEXT   NOT NULL,
    not_before     BIGINT,
    not_after      BIGINT,
    replaces       TEXT,
    finalization   TEXT   NOT NULL,
    problem        TEXT,
    certificate_id TEXT,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX acme_order_account ON acme_order (account_id, id);
CREATE INDEX acme_order_expires ON acme_order (expires_at);
CREATE INDEX acme_order_replaces ON acme_order (replaces) WHERE replaces IS NOT NULL;

CREATE TABLE acme_authorization (
    id              TEXT    NOT NULL PRIMARY KEY,
    endpoint        TEXT    NOT NULL,
    account_id      TEXT    NOT NULL,
    identifier_kind TEXT    NOT NULL,
    identifier      TEXT    NOT NULL,
    wildcard        BOOLEAN NOT NULL,
    state           TEXT    NOT NULL,
    validated_at    BIGINT,
    created_at      BIGINT  NOT NULL,
    expires_at      BIGINT  NOT NULL
) WITHOUT ROWID;
CREATE INDEX acme_authorization_identifier ON acme_authorization (account_id, identifier);
CREATE INDEX acme_authorization_expires ON acme_authorization (expires_at);

-- An order never outlives its authorizations, so retention needs no look from an authorization to its orders.
CREATE TABLE acme_order_authorization (
    order_id         TEXT   NOT NULL REFERENCES acme_order (id) ON DELETE CASCADE,
    position         BIGINT NOT NULL,
    authorization_id TEXT   NOT NULL,
    PRIMARY KEY (order_id, position)
) WITHOUT ROWID;

CREATE TABLE acme_challenge (
    authorization_id TEXT   NOT NULL REFERENCES acme_authorization (id) ON DELETE CASCADE,
    kind             TEXT   NOT NULL,
    id               TEXT   NOT NULL,
    token            TEXT   NOT NULL,
    state            TEXT   NOT NULL,
    validated_at     BIGINT,
    problem          TEXT,
    PRIMARY KEY (authorization_id, kind)
) WITHOUT ROWID;
CREATE UNIQUE INDEX acme_challenge_id ON acme_challenge (id);

CREATE TABLE validation_attempt (
    authorization_id   TEXT    NOT NULL REFERENCES acme_authorization (id) ON DELETE CASCADE,
    id                 TEXT    NOT NULL,
    challenge_id       TEXT    NOT NULL,
    started_at_micros  BIGINT  NOT NULL,
    finished_at_micros BIGINT  NOT NULL,
    passed             BOOLEAN NOT NULL,
    evidence           TEXT    NOT NULL,
    PRIMARY KEY (authorization_id, id)
) WITHOUT ROWID;

-- Used nonces of replicas that share a database; a server on SQLite keeps them in memory.
CREATE TABLE nonce_epoch (
    id         BIGINT NOT NULL PRIMARY KEY,
    epoch      BLOB   NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE nonce_used (
    nonce      BLOB   NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX nonce_used_expires ON nonce_used (expires_at);

-- Work and elections -------------------------------------------------------------------------------------------------

CREATE TABLE job (
    id           TEXT   NOT NULL PRIMARY KEY,
    kind         TEXT   NOT NULL,
    key          TEXT   NOT NULL,
    payload      TEXT   NOT NULL,
    run_at       BIGINT NOT NULL,
    requested    BIGINT NOT NULL,
    attempts     BIGINT NOT NULL,
    lease_holder TEXT,
    last_error   TEXT,
    created_at   BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX job_key ON job (kind, key);
CREATE INDEX job_due ON job (run_at, id);

CREATE TABLE lease (
    name              TEXT   NOT NULL PRIMARY KEY,
    holder            TEXT   NOT NULL,
    fencing           BIGINT NOT NULL,
    expires_at_micros BIGINT NOT NULL
) WITHOUT ROWID;

-- Audit --------------------------------------------------------------------------------------------------------------

CREATE TABLE audit_event (
    id         TEXT   NOT NULL PRIMARY KEY,
    at_micros  BIGINT NOT NULL,
    actor      TEXT   NOT NULL,
    action     TEXT   NOT NULL,
    object     TEXT   NOT NULL,
    decision   TEXT   NOT NULL,
    origin     TEXT   NOT NULL,
    request_id TEXT   NOT NULL,
    body       BLOB   NOT NULL,
    leaf_hash  BLOB   NOT NULL
) WITHOUT ROWID;

CREATE TRIGGER audit_event_is_never_updated BEFORE UPDATE ON audit_event
BEGIN
    SELECT RAISE(ABORT, 'audit_event is append-only');
END;

CREATE TRIGGER audit_event_is_never_deleted BEFORE DELETE ON audit_event
BEGIN
    SELECT RAISE(ABORT, 'audit_event is append-only');
END;
