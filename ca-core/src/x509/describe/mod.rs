//! Certificates and requests in words: every fact that is in them, read leniently, for people.
//!
//! What stands here decides nothing. A certificate that this CA would refuse is described all the same, with what is wrong
//! about it; text that others chose is shown with its control characters made visible.

mod certificate;
mod extension;
mod identifier;
mod key;
mod name;
mod pasted;
mod request;
mod signature;
mod text;
mod visible;

pub use certificate::{CertificateDescription, certificate};
pub use extension::ExtensionDescription;
pub use key::KeyDescription;
pub use name::Attribute;
pub use pasted::{Item, LARGEST_TEXT, MOST_ITEMS, Unreadable, pasted};
pub use request::{RequestDescription, request};
pub use signature::SignatureDescription;
