//! The way from a thing's page to what was done to it.

use crate::certificates::address;
use crate::parts::Act;

/// A button to the events of one thing, as events spell it: `order 019a…`.
pub(crate) fn audit_of(object: &str) -> Act {
    Act::open("Audit", address("/audit", [("object", object)].into_iter()))
}
