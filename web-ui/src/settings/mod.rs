//! Settings: what security officers look after.

mod operators;

pub use operators::{OneTimePasswordPage, OperatorPage, OperatorRow, OperatorsPage};
