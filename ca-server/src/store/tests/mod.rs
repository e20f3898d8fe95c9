//! Tests of the store on both engines.

mod acme;
mod commit;
mod issuance;
mod lists;
mod outage;
mod schema;
mod work;
