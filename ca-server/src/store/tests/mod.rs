//! Tests of the store on both engines.

mod acme;
mod commit;
mod outage;
mod schema;
