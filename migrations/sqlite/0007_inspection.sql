-- What operators look at, newest first: ACME by endpoint, the accounts behind a binding, the audit trail by request.

CREATE INDEX acme_account_endpoint ON acme_account (endpoint, id);
CREATE INDEX acme_account_binding ON acme_account (external_account_id, id) WHERE external_account_id IS NOT NULL;
CREATE INDEX acme_order_endpoint ON acme_order (endpoint, id);
CREATE INDEX external_account_endpoint ON external_account (endpoint, id);
CREATE INDEX audit_event_request ON audit_event (request_id, id);
