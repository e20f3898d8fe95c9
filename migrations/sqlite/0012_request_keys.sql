-- Keys that serve one request and are destroyed when it has ended, keys that took the place of a blocked one, and how
-- profiles are looked after.

-- The request whose key it is; "profile" is then PROFILE:REQUEST. A row whose id is not in hsm_key is a key that is being made.
ALTER TABLE signing_key ADD COLUMN request_id TEXT;
-- The first, the second, ... key of its profile, HSM and type. Of those that are out of use, "profile" is PROFILE:GENERATION.
ALTER TABLE signing_key ADD COLUMN generation BIGINT NOT NULL DEFAULT 1;
ALTER TABLE signing_key ADD COLUMN destroyed_at BIGINT;
CREATE INDEX signing_key_request ON signing_key (key_id) WHERE request_id IS NOT NULL AND destroyed_at IS NULL;

-- How what the server does for signing profiles by itself went last; a fault that is there stands until it went well.
CREATE TABLE signing_check (
    profile    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    checked_at BIGINT NOT NULL,
    fault      TEXT,
    PRIMARY KEY (profile, kind)
);
