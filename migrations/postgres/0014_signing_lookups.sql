-- Tokens of requests by age, for deleting the old ones.
CREATE INDEX signing_request_token_created ON signing_request_token (created_at);

-- What was asked for by the hash of the whole file, which whoever asked has named.
CREATE INDEX signing_item_file ON signing_item (file_sha256) WHERE file_sha256 IS NOT NULL;
