//! Tests of the store on both engines.

mod access;
mod acme;
mod bulk;
mod commit;
mod contention;
mod issuance;
mod lists;
mod outage;
mod plans;
mod schema;
mod search;
mod search_plans;
mod work;
