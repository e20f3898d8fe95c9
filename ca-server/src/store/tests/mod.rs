//! Tests of the store on both engines.

mod acme;
mod bulk;
mod commit;
mod issuance;
mod lists;
mod outage;
mod plans;
mod schema;
mod search;
mod work;
