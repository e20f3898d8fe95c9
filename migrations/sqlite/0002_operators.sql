-- People who sign in, their sessions, and the tokens of machines that act for them.

-- One row a person. The password is an Argon2id hash with its parameters; the TOTP secret is sealed.
CREATE TABLE operator (
    id                   TEXT NOT NULL PRIMARY KEY,
    name                 TEXT NOT NULL,
    provider             TEXT NOT NULL,
    subject              TEXT NOT NULL,
    roles                TEXT NOT NULL,
    state                TEXT NOT NULL,
    password             TEXT,
    password_is_one_time BOOLEAN NOT NULL,
    password_expires_at  BIGINT,
    password_changed_at  BIGINT,
    totp_secret          BLOB,
    totp_enrolled_at     BIGINT,
    totp_last_step       BIGINT NOT NULL,
    created_by           TEXT NOT NULL,
    created_at           BIGINT NOT NULL,
    signed_in_at         BIGINT
) WITHOUT ROWID;
CREATE UNIQUE INDEX operator_name ON operator (name);
CREATE UNIQUE INDEX operator_subject ON operator (provider, subject);

CREATE TABLE operator_recovery_code (
    operator_id TEXT NOT NULL REFERENCES operator (id) ON DELETE CASCADE,
    code_sha256 BLOB   NOT NULL,
    used_at     BIGINT,
    PRIMARY KEY (operator_id, code_sha256)
) WITHOUT ROWID;

-- Only the SHA-256 of a session's token is stored: who reads the database cannot become anybody.
CREATE TABLE operator_session (
    id           TEXT NOT NULL PRIMARY KEY,
    token_sha256 BLOB   NOT NULL,
    operator_id  TEXT NOT NULL REFERENCES operator (id) ON DELETE CASCADE,
    stage        TEXT NOT NULL,
    method       TEXT NOT NULL,
    address      TEXT NOT NULL,
    user_agent   TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL,
    proved_at    BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    revoked_at   BIGINT,
    certificate  BLOB
) WITHOUT ROWID;
CREATE UNIQUE INDEX operator_session_token ON operator_session (token_sha256);
CREATE INDEX operator_session_operator ON operator_session (operator_id, id);
CREATE INDEX operator_session_expires ON operator_session (expires_at);

CREATE TABLE api_token (
    id           TEXT NOT NULL PRIMARY KEY,
    token_sha256 BLOB   NOT NULL,
    operator_id  TEXT NOT NULL REFERENCES operator (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    roles        TEXT NOT NULL,
    scopes       TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at   BIGINT
) WITHOUT ROWID;
CREATE UNIQUE INDEX api_token_token ON api_token (token_sha256);
CREATE INDEX api_token_operator ON api_token (operator_id, id);
CREATE INDEX api_token_expires ON api_token (expires_at);

-- Failed sign-ins by name and by address, of known and unknown names alike. The key is a hash: a name that was mistyped
-- may be a password.
CREATE TABLE sign_in_failure (
    key_sha256   BLOB   NOT NULL PRIMARY KEY,
    failures     BIGINT NOT NULL,
    failed_at    BIGINT NOT NULL,
    locked_until BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX sign_in_failure_failed ON sign_in_failure (failed_at);
