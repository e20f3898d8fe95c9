//! The server's REST interface for signing, with patience: lost connections and busy servers are asked again.

mod body;
mod bundle;
mod connection;
mod credentials;
mod failure;
mod message;
mod roots;

pub(crate) use bundle::Bundle;
pub(crate) use connection::{Api, Connection, LONGEST_POLL};
pub(crate) use credentials::Identity;
pub use failure::ApiError;
pub(crate) use message::{Item, NewItem, NewRequest, Request, State};
pub(crate) use roots::{InvalidRoots, roots};
