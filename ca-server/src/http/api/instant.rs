//! Times on the wire: RFC 3339 in UTC, to the second.

use ca_core::time::UnixTime;
use serde::{Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{KnownFormat, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// A moment, such as `2026-03-01T12:00:00Z`.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct Instant(pub(in crate::http) UnixTime);

impl From<UnixTime> for Instant {
    fn from(time: UnixTime) -> Self {
        Self(time)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl PartialSchema for Instant {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
        text.examples([serde_json::json!("2026-03-01T12:00:00Z")]).into()
    }
}

impl ToSchema for Instant {}
