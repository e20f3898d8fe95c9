//! Tests of the store on both engines.

mod access;
mod acme;
mod bulk;
mod commit;
mod contention;
mod inspection;
mod issuance;
mod lists;
mod notices;
mod operators;
mod outage;
mod overview;
mod plans;
mod requests;
mod schema;
mod search;
mod search_plans;
mod signing;
mod work;
