//! Tests of the store on both engines.

mod acme;
mod commit;
mod issuance;
mod outage;
mod schema;
