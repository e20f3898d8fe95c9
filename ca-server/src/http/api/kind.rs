//! The kinds of problem that this API knows: each with its name in URLs, its title and its status.

use axum::http::StatusCode;

/// Why a request was not done, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Kind {
    /// A parameter, a header or a body that cannot be read.
    Malformed,
    /// Nobody signed in, or the token is not in force.
    Unauthenticated,
    /// The policies do not permit it.
    Denied,
    /// There is no such thing.
    NotFound,
    /// The address exists, and not for this method.
    MethodNotAllowed,
    /// It contradicts the state of things.
    Conflict,
    /// The body is larger than this operation takes.
    TooLarge,
    /// The body is in a format that this operation does not take.
    UnsupportedMediaType,
    /// A rule stands against what is asked for.
    Refused,
    /// Too many requests.
    TooMany,
    /// A defect or damage of the server.
    Internal,
    /// A part of the server is away.
    Unavailable,
}

impl Kind {
    /// Every kind, in the order of its status.
    pub(super) const ALL: [Self; 12] = [
        Self::Malformed,
        Self::Unauthenticated,
        Self::Denied,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::Refused,
        Self::TooMany,
        Self::Internal,
        Self::Unavailable,
    ];

    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Denied => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Refused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The kind that a bare status most likely means.
    pub(super) fn of_status(status: StatusCode) -> Self {
        let same = Self::ALL.into_iter().find(|kind| kind.status() == status);
        same.unwrap_or(if status.is_server_error() { Self::Internal } else { Self::Malformed })
    }

    /// Its name in `type` URLs.
    pub(super) fn slug(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unauthenticated => "unauthenticated",
            Self::Denied => "denied",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::Conflict => "conflict",
            Self::TooLarge => "too-large",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::Refused => "refused",
            Self::TooMany => "too-many-requests",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
        }
    }

    /// The same for every problem of the kind (RFC 9457 §3.1.3).
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Malformed => "The request cannot be read",
            Self::Unauthenticated => "Send a token, or sign in",
            Self::Denied => "The policies do not permit it",
            Self::NotFound => "There is no such thing",
            Self::MethodNotAllowed => "The address does not take this method",
            Self::Conflict => "It contradicts the state of things",
            Self::TooLarge => "The body is too large",
            Self::UnsupportedMediaType => "The body is in another format than this operation takes",
            Self::Refused => "A rule stands against it",
            Self::TooMany => "Too many requests",
            Self::Internal => "The server failed",
            Self::Unavailable => "A part of the server is away",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_belongs_to_one_kind() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of_status(kind.status()), kind);
        }
        assert_eq!(Kind::of_status(StatusCode::IM_A_TEAPOT), Kind::Malformed);
        assert_eq!(Kind::of_status(StatusCode::BAD_GATEWAY), Kind::Internal);
    }
}
