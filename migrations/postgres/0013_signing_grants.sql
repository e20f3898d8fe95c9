-- Signatures made under grants, by profile and minute: what they take of the signatures that a profile makes in a day.
CREATE TABLE signing_grant_use (
    profile    TEXT COLLATE "C" NOT NULL,
    minute     BIGINT NOT NULL,
    signatures BIGINT NOT NULL,
    PRIMARY KEY (profile, minute)
);
CREATE INDEX signing_grant_use_minute ON signing_grant_use (minute);

INSERT INTO signing_grant_use (profile, minute, signatures)
SELECT profile, created_at / 60, COUNT(*) FROM signature WHERE grant_id IS NOT NULL GROUP BY profile, created_at / 60;
