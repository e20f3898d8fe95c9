//! Where clients come in.

use crate::parts::{Column, Row, Table, Value};

/// One ACME endpoint.
#[derive(Clone, Debug)]
pub struct EndpointView {
    /// Its name.
    pub name: String,
    /// Where clients begin.
    pub directory: String,
    /// The authority that signs.
    pub issuer: String,
    /// Profiles that clients may ask for; the first is the default.
    pub profiles: Vec<String>,
    /// Whether a new account needs a binding.
    pub needs_binding: bool,
}

pub(super) fn table(endpoints: &[EndpointView]) -> Table {
    let columns = vec![
        Column::text("Endpoint"),
        Column::text("Directory"),
        Column::text("Profiles"),
        Column::text("New accounts"),
    ];
    let row = |endpoint: &EndpointView| {
        Row::plain(vec![
            Value::from(endpoint.name.as_str()).with_under(Value::Quiet(format!("signed by {}", endpoint.issuer))),
            Value::Code(endpoint.directory.clone()),
            endpoint.profiles.join(", ").into(),
            if endpoint.needs_binding { "with a binding" } else { "anybody who reaches it" }.into(),
        ])
    };
    Table::new("ACME endpoints", columns, endpoints.iter().map(row).collect()).with_id("endpoints")
}
