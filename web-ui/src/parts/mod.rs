//! What pages are built from: small structs that render themselves wherever a template says `{{ part }}`.
//!
//! A page's module turns its plain fields into parts; its template places them. Everything that a part shows is escaped.
//! Each part works without a script; where the script adds something, it says so. What only wraps other content is plain
//! HTML with a class of the style sheet:
//!
//! ```html
//! <section aria-labelledby="keys"><h2 id="keys">Keys</h2>…</section>   a part of a page
//! <div class="columns"><div>…</div><div>…</div></div>                  side by side where there is room
//! <div class="panel">…</div>                                          something set apart
//! <details class="fold"><summary>As text</summary>…</details>         what few need
//! <form class="form" method="post">…<div class="form-end"><button class="primary">Save</button></div></form>
//! ```
//!
//! A list page in short:
//!
//! ```
//! use web_ui::frame::Frame;
//! use web_ui::parts::{Badge, Column, Id, Row, State, Table, Value};
//!
//! let frame = Frame::public("Example", 1_782_907_200);
//! let columns = vec![Column::text("Name"), Column::tight("State"), Column::tight("Ends"), Column::number("Uses")];
//! let row = Row::to(
//!     "/certificates/1",
//!     vec![
//!         Value::from("web-1.internal").with_under(Value::from("mail.internal")),
//!         Badge::new(State::Good, "valid").into(),
//!         frame.moment(&1_783_907_200).into(),
//!         Value::Number(3),
//!     ],
//! );
//! let html = Table::new("Certificates", columns, vec![row]).with_count("1 of 1").to_string();
//! assert!(html.contains("web-1.internal") && html.contains("in 11 days"));
//! ```

mod act;
mod badge;
mod callout;
pub mod chart;
mod danger;
mod digest_file;
mod empty;
mod facts;
mod field;
mod figures;
mod filter;
mod headline;
mod id;
mod lines;
mod link;
mod options;
mod progress;
mod qr;
mod table;
mod tabs;
mod tag;
#[cfg(test)]
mod tests;
mod text_area;
mod timeline;
mod value;

pub use act::{Act, Tone};
pub use badge::{Badge, State};
pub use callout::{Callout, CalloutKind};
pub use danger::Danger;
pub use digest_file::DigestFile;
pub use empty::Empty;
pub use facts::{Fact, Facts};
pub use field::Field;
pub use figures::{Figure, Figures};
pub use filter::{Chip, Control, Filter};
pub use headline::Headline;
pub use id::Id;
pub use lines::Lines;
pub use link::Link;
pub use options::{Choice, Choices, Select};
pub use progress::Progress;
pub use qr::Qr;
pub use table::{Column, Row, Selection, Table};
pub use tabs::{Tab, Tabs};
pub use tag::Tag;
pub use text_area::TextArea;
pub use timeline::{Event, Timeline};
pub use value::Value;
pub(crate) use value::grouped;

pub use crate::moment::{Exact, Moment};
pub use crate::recipe::{Recipe, Recipes, Step};
