//! What holds for every route of the HTTPS listener.

mod json_example;
mod permissions;
mod routes;
