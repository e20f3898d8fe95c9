-- Up to which stage people were told that a renewal did not come: `nothing`, `overdue` or `ends-soon`.

ALTER TABLE expiry_watch ADD COLUMN told TEXT NOT NULL DEFAULT 'nothing';
