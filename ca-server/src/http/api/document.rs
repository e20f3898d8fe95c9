//! The OpenAPI document: what the handlers say of themselves, completed with what is the same for all of them.
//!
//! A handler declares what it takes and what it answers when all is well. Errors, `ETag`, `Idempotency-Key` and the two
//! ways to sign in follow from its method and its path, so they are added here and can be forgotten nowhere.

use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;
use utoipa::{PartialSchema as _, ToSchema as _};

use super::kind::Kind;
use super::problem::{self, Problem, UnmetRule};
use crate::config::BaseUrl;
use crate::http::cookie;

/// Name of the scheme for API tokens.
pub(super) const TOKEN: &str = "token";

/// Name of the scheme for the session of a browser.
pub(super) const SESSION: &str = "session";

/// The whole document as it is served.
pub(super) fn text(openapi: OpenApi, base: &BaseUrl) -> String {
    let document = complete(openapi, base);
    format!("{document:#}\n")
}

/// The whole document.
pub(super) fn complete(openapi: OpenApi, base: &BaseUrl) -> Value {
    let mut document = serde_json::to_value(openapi).unwrap_or_default();
    document["info"] = information();
    document["servers"] = json!([{ "url": base.as_str() }]);
    document["security"] = json!([{ TOKEN: [] }, { SESSION: [] }]);
    document["tags"] = tags();
    document["components"]["securitySchemes"] = security_schemes();
    document["components"]["responses"] = responses();
    document["components"]["parameters"] = parameters();
    document["components"]["headers"] = headers();
    document["components"]["schemas"][Problem::name().as_ref()] =
        serde_json::to_value(Problem::schema()).unwrap_or_default();
    document["components"]["schemas"][UnmetRule::name().as_ref()] =
        serde_json::to_value(UnmetRule::schema()).unwrap_or_default();
    for (path, methods) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in methods.as_object_mut().into_iter().flatten() {
            complete_operation(path, method, operation);
        }
    }
    document
}

fn information() -> Value {
    json!({
        "title": "Signet",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "The REST API of a Signet certificate authority. Everything here passes the same policies as the pages and \
                        the command line. Errors are application/problem+json (RFC 9457); lists are pages with a cursor; \
                        a POST with an Idempotency-Key is done once; GET answers carry an ETag.",
        "license": { "name": "Apache-2.0 OR MIT" },
    })
}

/// What the operations are grouped by, in the order of the documentation.
const TAGS: [(&str, &str); 14] = [
    ("certificates", "Certificates that were issued: search, decode, download, revoke"),
    ("requests", "Requests for certificates, and their approval by other people"),
    ("signing", "Signatures over artifacts: requests, approvals, grants, verification"),
    ("authorities", "CA certificates and their revocation lists"),
    ("profiles", "What a certificate may be"),
    ("acme", "ACME endpoints, accounts, orders and external account bindings"),
    ("hsm", "HSMs and the keys in them"),
    ("audit", "Who did what, when, and which policy permitted it"),
    ("policy", "Who may do what, and why; what another policy would change"),
    ("operators", "People who sign in"),
    ("tokens", "API tokens of programs"),
    ("notices", "E-mail and webhooks"),
    ("me", "Whoever asks"),
    ("overview", "The installation at a glance"),
];

fn tags() -> Value {
    TAGS.iter().map(|(name, description)| json!({ "name": name, "description": description })).collect()
}

fn security_schemes() -> Value {
    json!({
        TOKEN: {
            "type": "http", "scheme": "bearer", "bearerFormat": "sgt_…",
            "description": "An API token: `Authorization: Bearer sgt_…`. It has at most the roles of who made it, limited by its scopes. \
                            For signatures also the OIDC token of a CI's job, or the token of one request.",
        },
        SESSION: {
            "type": "apiKey", "in": "cookie", "name": cookie::NAME,
            "description": "The session of a signed-in browser. What changes something also needs the header X-CSRF-Token.",
        },
    })
}

/// Components names are CamelCase: `not-found` is `NotFound`.
fn component(kind: Kind) -> String {
    let capital =
        |word: &str| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect::<String>();
    kind.slug().split('-').map(capital).collect()
}

fn responses() -> Value {
    let body = |kind: Kind| {
        json!({
            "description": kind.title(),
            "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
            "content": { problem::CONTENT_TYPE: { "schema": { "$ref": "#/components/schemas/Problem" }, "example": example(kind) } },
        })
    };
    let mut all: Map<String, Value> = Kind::ALL.into_iter().map(|kind| (component(kind), body(kind))).collect();
    all.insert(
        "NotModified".to_owned(),
        json!({
            "description": "The thing is what If-None-Match names",
            "headers": { "ETag": { "$ref": "#/components/headers/ETag" } },
        }),
    );
    all.insert("HeadTooLarge".to_owned(), json!({ "description": "The address is longer than any request's may be" }));
    all.into()
}

fn example(kind: Kind) -> Value {
    json!({
        "type": format!("https://ca.example.org:8443/api/docs#problem-{}", kind.slug()),
        "title": kind.title(),
        "status": kind.status().as_u16(),
        "detail": "what happened this time, and what to do",
        "request_id": "019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10",
    })
}

fn parameters() -> Value {
    json!({
        "IfNoneMatch": {
            "name": "If-None-Match", "in": "header", "required": false,
            "description": "The ETag of what you have: if it is the same still, the answer is 304 without a body",
            "schema": { "type": "string" },
        },
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "Any text of yours, such as a UUID. Sent again with the same key within 24 hours, the request is not done \
                            again: the first answer is repeated",
            "schema": { "type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$" },
        },
    })
}

fn headers() -> Value {
    json!({
        "RequestId": {
            "description": "Under this name the request is in the server's log and in the audit trail",
            "schema": { "type": "string", "format": "uuid" },
        },
        "ETag": { "description": "Names this state of the thing, for If-None-Match", "schema": { "type": "string" } },
    })
}

fn complete_operation(path: &str, method: &str, operation: &mut Value) {
    name(operation);
    let mut kinds = vec![Kind::Malformed, Kind::TooMany, Kind::Internal, Kind::Unavailable];
    if operation["security"] != json!([{}]) {
        kinds.extend([Kind::Unauthenticated, Kind::Denied]);
    }
    if path.contains('{') {
        kinds.push(Kind::NotFound);
    }
    if method != "get" {
        kinds.extend([Kind::Conflict, Kind::Refused]);
    }
    if !operation["requestBody"].is_null() {
        kinds.extend([Kind::TooLarge, Kind::UnsupportedMediaType]);
    }
    match method {
        "get" => with_tag(operation),
        "post" => push(operation, "IdempotencyKey"),
        _ => {}
    }
    for kind in kinds {
        operation["responses"][kind.status().as_str()] = reference(kind);
    }
    // RFC 6585 §5: answered before anything of ours sees the request, so there is no problem document.
    operation["responses"]["431"] = json!({ "$ref": "#/components/responses/HeadTooLarge" });
    for kind in Kind::ALL {
        // A handler that declares an error of its own names its status only.
        if let Some(answer) = operation["responses"].get_mut(kind.status().as_str()) {
            *answer = reference(kind);
        }
    }
}

fn reference(kind: Kind) -> Value {
    json!({ "$ref": format!("#/components/responses/{}", component(kind)) })
}

/// Handlers are called for what they do, and several files have a `list`: the id is made unique by the tag.
fn name(operation: &mut Value) {
    let tag = operation["tags"][0].as_str().unwrap_or_default().to_owned();
    let function = operation["operationId"].as_str().unwrap_or_default().to_owned();
    operation["operationId"] = json!(format!("{tag}_{function}"));
}

/// A JSON answer to a GET has a tag and can be left out.
fn with_tag(operation: &mut Value) {
    let found = &mut operation["responses"]["200"];
    if found["content"]["application/json"].is_null() {
        return;
    }
    found["headers"]["ETag"] = json!({ "$ref": "#/components/headers/ETag" });
    operation["responses"]["304"] = json!({ "$ref": "#/components/responses/NotModified" });
    push(operation, "IfNoneMatch");
}

fn push(operation: &mut Value, parameter: &str) {
    let reference = json!({ "$ref": format!("#/components/parameters/{parameter}") });
    match operation["parameters"].as_array_mut() {
        Some(parameters) => parameters.push(reference),
        None => operation["parameters"] = json!([reference]),
    }
}
