-- The schema of the first release. The same tables and columns exist on SQLite (a test compares them).
--
-- Times are Unix seconds, or microseconds where the name says so. Hashes are 32 raw octets. Identifiers are UUIDv7 in
-- lower-case hyphenated text, so that a primary key is also the order of creation. Every text column is COLLATE "C":
-- compared by its bytes, as on SQLite, so that keyset pages and prefix ranges mean the same on both.

-- Installation and secrets -------------------------------------------------------------------------------------------

CREATE TABLE installation (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);

-- The data-encryption key, wrapped by an HSM; a new version is a new row.
CREATE TABLE data_encryption_key (
    key_version BIGINT NOT NULL PRIMARY KEY,
    hsm         TEXT COLLATE "C" NOT NULL,
    wrapped     BYTEA   NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE TABLE sealed_secret (
    name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    sealed     BYTEA   NOT NULL,
    created_at BIGINT NOT NULL
);

-- Keys and issuers ---------------------------------------------------------------------------------------------------

CREATE TABLE hsm_key (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    hsm              TEXT COLLATE "C" NOT NULL,
    locator          TEXT COLLATE "C" NOT NULL,
    algorithm        TEXT COLLATE "C" NOT NULL,
    public_key       BYTEA   NOT NULL,
    spki_sha256      BYTEA   NOT NULL,
    purposes         TEXT COLLATE "C" NOT NULL,
    state            TEXT COLLATE "C" NOT NULL,
    provenance       TEXT COLLATE "C" NOT NULL,
    created_at       BIGINT NOT NULL,
    state_changed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX hsm_key_locator ON hsm_key (hsm, locator);

-- One row a CA certificate. The slug names it in URLs and is never used again.
CREATE TABLE issuer (
    slug        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    authority   TEXT COLLATE "C" NOT NULL,
    generation  BIGINT NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    subject     TEXT COLLATE "C" NOT NULL,
    serial      TEXT COLLATE "C" NOT NULL,
    der         BYTEA   NOT NULL,
    key_id      TEXT COLLATE "C" NOT NULL REFERENCES hsm_key (id),
    parent      TEXT COLLATE "C" REFERENCES issuer (slug),
    not_before  BIGINT NOT NULL,
    not_after   BIGINT NOT NULL,
    crl_shards  BIGINT NOT NULL,
    created_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX issuer_generation ON issuer (authority, generation);
CREATE INDEX issuer_key ON issuer (key_id);
CREATE INDEX issuer_parent ON issuer (parent);

-- Rules in force at an issuance --------------------------------------------------------------------------------------

CREATE TABLE profile_version (
    hash         BYTEA   NOT NULL PRIMARY KEY,
    name         TEXT COLLATE "C" NOT NULL,
    canonical    TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    withdrawn_at BIGINT
);
CREATE INDEX profile_version_name ON profile_version (name, created_at);

CREATE TABLE policy_set (
    hash       BYTEA   NOT NULL PRIMARY KEY,
    canonical  TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE blocked_key (
    spki_sha256 BYTEA   NOT NULL PRIMARY KEY,
    reason      TEXT COLLATE "C" NOT NULL,
    source      TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL
);

-- Certificates -------------------------------------------------------------------------------------------------------

-- Exact bytes to be signed, committed before the signature is asked for.
CREATE TABLE issuance_intent (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    state           TEXT COLLATE "C" NOT NULL,
    issuer          TEXT COLLATE "C" NOT NULL,
    serial          TEXT COLLATE "C" NOT NULL,
    tbs_certificate BYTEA   NOT NULL,
    certificate_id  TEXT COLLATE "C" NOT NULL,
    order_id        TEXT COLLATE "C",
    submission      TEXT COLLATE "C",
    endpoint        TEXT COLLATE "C",
    account_id      TEXT COLLATE "C",
    requester       TEXT COLLATE "C" NOT NULL,
    profile         TEXT COLLATE "C" NOT NULL,
    profile_hash    BYTEA   NOT NULL,
    policy_set_hash BYTEA   NOT NULL,
    decision        TEXT COLLATE "C" NOT NULL,
    spki_sha256     BYTEA   NOT NULL,
    not_before      BIGINT NOT NULL,
    not_after       BIGINT NOT NULL,
    subject         TEXT COLLATE "C" NOT NULL,
    names           TEXT COLLATE "C" NOT NULL,
    names_hash      BYTEA   NOT NULL,
    crl_shard       BIGINT NOT NULL,
    status_url      TEXT COLLATE "C" NOT NULL,
    replaces        TEXT COLLATE "C",
    owner           TEXT COLLATE "C",
    request_id      TEXT COLLATE "C" NOT NULL,
    lease_holder    TEXT COLLATE "C" NOT NULL,
    lease_until     BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    finished_at     BIGINT
);
CREATE UNIQUE INDEX issuance_intent_serial ON issuance_intent (issuer, serial);
CREATE UNIQUE INDEX issuance_intent_open_order ON issuance_intent (order_id) WHERE state = 'open';
CREATE UNIQUE INDEX issuance_intent_open_submission ON issuance_intent (submission) WHERE state = 'open';
CREATE INDEX issuance_intent_open_lease ON issuance_intent (lease_until) WHERE state = 'open';

CREATE TABLE certificate (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    issuer          TEXT COLLATE "C" NOT NULL,
    serial          TEXT COLLATE "C" NOT NULL,
    der             BYTEA   NOT NULL,
    fingerprint     BYTEA   NOT NULL,
    order_id        TEXT COLLATE "C",
    endpoint        TEXT COLLATE "C",
    account_id      TEXT COLLATE "C",
    requester       TEXT COLLATE "C" NOT NULL,
    profile         TEXT COLLATE "C" NOT NULL,
    profile_hash    BYTEA   NOT NULL,
    policy_set_hash BYTEA   NOT NULL,
    spki_sha256     BYTEA   NOT NULL,
    not_before      BIGINT NOT NULL,
    not_after       BIGINT NOT NULL,
    subject         TEXT COLLATE "C" NOT NULL,
    names           TEXT COLLATE "C" NOT NULL,
    names_hash      BYTEA   NOT NULL,
    crl_shard       BIGINT NOT NULL,
    status_url      TEXT COLLATE "C" NOT NULL,
    replaces        TEXT COLLATE "C",
    owner           TEXT COLLATE "C",
    issued_at       BIGINT NOT NULL,
    revoked_at      BIGINT,
    reason          TEXT COLLATE "C",
    invalidity_date BIGINT
);
CREATE UNIQUE INDEX certificate_serial ON certificate (issuer, serial);
CREATE UNIQUE INDEX certificate_order ON certificate (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX certificate_fingerprint ON certificate (fingerprint);
CREATE INDEX certificate_not_after ON certificate (not_after, id);
CREATE INDEX certificate_revoked ON certificate (id) WHERE revoked_at IS NOT NULL;

-- One row a SAN; `reversed` has the labels of a DNS name in reverse, so that a suffix is a range of an index too.
CREATE TABLE certificate_name (
    name           TEXT COLLATE "C" NOT NULL,
    certificate_id TEXT COLLATE "C" NOT NULL,
    kind           TEXT COLLATE "C" NOT NULL,
    reversed       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (name, certificate_id, kind)
);
CREATE INDEX certificate_name_reversed ON certificate_name (reversed, certificate_id);

-- What the CRLs of an issuer list: serials of revoked certificates and of abandoned intents, until they expire.
CREATE TABLE revoked_serial (
    issuer          TEXT COLLATE "C" NOT NULL,
    shard           BIGINT NOT NULL,
    serial          TEXT COLLATE "C" NOT NULL,
    revoked_at      BIGINT NOT NULL,
    reason          TEXT COLLATE "C" NOT NULL,
    invalidity_date BIGINT,
    not_after       BIGINT NOT NULL,
    PRIMARY KEY (issuer, shard, serial)
);
CREATE INDEX revoked_serial_not_after ON revoked_serial (not_after);

CREATE TABLE crl (
    issuer      TEXT COLLATE "C" NOT NULL,
    shard       BIGINT  NOT NULL,
    number      BIGINT  NOT NULL,
    this_update BIGINT  NOT NULL,
    next_update BIGINT  NOT NULL,
    entries     BIGINT  NOT NULL,
    size        BIGINT  NOT NULL,
    sha256      BYTEA    NOT NULL,
    fencing     BIGINT  NOT NULL,
    is_current  BOOLEAN NOT NULL,
    created_at  BIGINT  NOT NULL,
    PRIMARY KEY (issuer, shard, number)
);
CREATE UNIQUE INDEX crl_current ON crl (issuer, shard) WHERE is_current;

-- At most 1 MiB a row.
CREATE TABLE crl_chunk (
    issuer   TEXT COLLATE "C" NOT NULL,
    shard    BIGINT NOT NULL,
    number   BIGINT NOT NULL,
    position BIGINT NOT NULL,
    bytes    BYTEA   NOT NULL,
    PRIMARY KEY (issuer, shard, number, position),
    FOREIGN KEY (issuer, shard, number) REFERENCES crl (issuer, shard, number) ON DELETE CASCADE
);

-- ACME ---------------------------------------------------------------------------------------------------------------

CREATE TABLE acme_account (
    id                  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    endpoint            TEXT COLLATE "C" NOT NULL,
    jwk_thumbprint      TEXT COLLATE "C" NOT NULL,
    jwk                 TEXT COLLATE "C" NOT NULL,
    spki_sha256         BYTEA   NOT NULL,
    contacts            TEXT COLLATE "C" NOT NULL,
    state               TEXT COLLATE "C" NOT NULL,
    terms_agreed_at     BIGINT,
    external_account_id TEXT COLLATE "C",
    created_from        TEXT COLLATE "C" NOT NULL,
    created_at          BIGINT NOT NULL
);
CREATE UNIQUE INDEX acme_account_key ON acme_account (endpoint, jwk_thumbprint);

-- External account bindings (RFC 8555 §7.3.4); the id is the "kid", the MAC key is sealed.
CREATE TABLE external_account (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    endpoint   TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    hmac_key   BYTEA   NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    account_id TEXT COLLATE "C",
    bound_at   BIGINT
);

-- Rows of orders point at accounts without a foreign key: accounts are never deleted, and on PostgreSQL the check would
-- lock the account's row for every order.
CREATE TABLE acme_order (
    id             TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    endpoint       TEXT COLLATE "C" NOT NULL,
    account_id     TEXT COLLATE "C" NOT NULL,
    profile        TEXT COLLATE "C" NOT NULL,
    profile_hash   BYTEA   NOT NULL,
    identifiers    TEXT COLLATE "C" NOT NULL,
    not_before     BIGINT,
    not_after      BIGINT,
    replaces       TEXT COLLATE "C",
    finalization   TEXT COLLATE "C" NOT NULL,
    problem        TEXT COLLATE "C",
    certificate_id TEXT COLLATE "C",
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL
);
CREATE INDEX acme_order_account ON acme_order (account_id, id);
CREATE INDEX acme_order_expires ON acme_order (expires_at);
CREATE INDEX acme_order_replaces ON acme_order (replaces) WHERE replaces IS NOT NULL;

CREATE TABLE acme_authorization (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    endpoint        TEXT COLLATE "C" NOT NULL,
    account_id      TEXT COLLATE "C" NOT NULL,
    identifier_kind TEXT COLLATE "C" NOT NULL,
    identifier      TEXT COLLATE "C" NOT NULL,
    wildcard        BOOLEAN NOT NULL,
    state           TEXT COLLATE "C" NOT NULL,
    validated_at    BIGINT,
    created_at      BIGINT  NOT NULL,
    expires_at      BIGINT  NOT NULL
);
CREATE INDEX acme_authorization_identifier ON acme_authorization (account_id, identifier);
CREATE INDEX acme_authorization_expires ON acme_authorization (expires_at);

-- An order never outlives its authorizations, so retention needs no look from an authorization to its orders.
CREATE TABLE acme_order_authorization (
    order_id         TEXT COLLATE "C" NOT NULL REFERENCES acme_order (id) ON DELETE CASCADE,
    position         BIGINT NOT NULL,
    authorization_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (order_id, position)
);

CREATE TABLE acme_challenge (
    authorization_id TEXT COLLATE "C" NOT NULL REFERENCES acme_authorization (id) ON DELETE CASCADE,
    kind             TEXT COLLATE "C" NOT NULL,
    id               TEXT COLLATE "C" NOT NULL,
    token            TEXT COLLATE "C" NOT NULL,
    state            TEXT COLLATE "C" NOT NULL,
    validated_at     BIGINT,
    problem          TEXT COLLATE "C",
    PRIMARY KEY (authorization_id, kind)
);
CREATE UNIQUE INDEX acme_challenge_id ON acme_challenge (id);

CREATE TABLE validation_attempt (
    authorization_id   TEXT COLLATE "C" NOT NULL REFERENCES acme_authorization (id) ON DELETE CASCADE,
    id                 TEXT COLLATE "C" NOT NULL,
    challenge_id       TEXT COLLATE "C" NOT NULL,
    started_at_micros  BIGINT  NOT NULL,
    finished_at_micros BIGINT  NOT NULL,
    passed             BOOLEAN NOT NULL,
    evidence           TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (authorization_id, id)
);

-- Used nonces of replicas that share this database. Both tables are unlogged: after a crash or on a promoted standby both
-- are empty, the missing epoch is noticed, and every nonce made before it is refused.
CREATE UNLOGGED TABLE nonce_epoch (
    id         BIGINT NOT NULL PRIMARY KEY,
    epoch      BYTEA   NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE UNLOGGED TABLE nonce_used (
    nonce      BYTEA   NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX nonce_used_expires ON nonce_used (expires_at);

-- Work and elections -------------------------------------------------------------------------------------------------

CREATE TABLE job (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind         TEXT COLLATE "C" NOT NULL,
    key          TEXT COLLATE "C" NOT NULL,
    payload      TEXT COLLATE "C" NOT NULL,
    run_at       BIGINT NOT NULL,
    requested    BIGINT NOT NULL,
    attempts     BIGINT NOT NULL,
    lease_holder TEXT COLLATE "C",
    last_error   TEXT COLLATE "C",
    created_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX job_key ON job (kind, key);
CREATE INDEX job_due ON job (run_at, id);

CREATE TABLE lease (
    name              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    holder            TEXT COLLATE "C" NOT NULL,
    fencing           BIGINT NOT NULL,
    expires_at_micros BIGINT NOT NULL
);

-- Audit --------------------------------------------------------------------------------------------------------------

CREATE TABLE audit_event (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at_micros  BIGINT NOT NULL,
    actor      TEXT COLLATE "C" NOT NULL,
    action     TEXT COLLATE "C" NOT NULL,
    object     TEXT COLLATE "C" NOT NULL,
    decision   TEXT COLLATE "C" NOT NULL,
    origin     TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    body       BYTEA   NOT NULL,
    leaf_hash  BYTEA   NOT NULL
);

CREATE FUNCTION audit_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_event is append-only';
END
$$;

CREATE TRIGGER audit_event_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_event_is_append_only();
