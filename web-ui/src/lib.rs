//! Signet's pages: plain structs in, HTML out.
//!
//! A page is a struct with public fields and a `render`. This crate asks nobody anything: no database, no clock, no other
//! crate of the workspace; what a page shows was put into it. Every page works without JavaScript and under a
//! Content-Security-Policy that allows nothing inline and nothing from elsewhere ([`CONTENT_SECURITY_POLICY`]).

/// Gives pages that are their own template a `render`.
macro_rules! rendered {
    ($($page:ident),*) => {$(
        impl $page {
            /// The page as HTML.
            ///
            /// # Errors
            /// None in practice: writing to memory does not fail.
            pub fn render(&self) -> Result<String, $crate::RenderError> {
                askama::Template::render(self)
            }
        }
    )*};
}

pub mod account;
mod address;
pub mod api_docs;
pub mod assets;
pub mod audit;
pub mod authorities;
pub mod certificates;
pub mod clients;
pub mod dashboard;
pub mod error;
pub mod frame;
#[cfg(test)]
mod gallery;
pub mod hsm;
pub mod moment;
pub mod parts;
pub mod recipe;
pub mod requests;
pub mod settings;
pub mod sign_in;
pub mod signing;
pub mod start;
#[cfg(test)]
mod style;
mod trust;

pub use askama::Error as RenderError;

/// The strictest policy that the pages run under; the server sends it with each of them.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The media type of every rendered page.
pub const HTML: &str = "text/html; charset=utf-8";
