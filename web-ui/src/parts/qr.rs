//! A QR code, for what a telephone reads.

use askama::Template;
use askama::filters::HtmlSafe;

/// Free modules on each side (ISO/IEC 18004 §6.3.8).
const QUIET_ZONE: usize = 4;

/// A QR code, drawn here from modules that somebody else computed. Dark on light in both schemes: many readers insist.
#[derive(Clone, Debug, Template)]
#[template(
    ext = "html",
    source = r##"<svg class="qr" role="img" aria-label="{{ what }}" viewBox="0 0 {{ self.side() }} {{ self.side() }}" shape-rendering="crispEdges"><path fill="#000" d="{{ self.path() }}"/></svg>"##
)]
pub struct Qr {
    what: String,
    width: usize,
    dark: Vec<bool>,
}

// Its template escapes what it writes.
impl HtmlSafe for Qr {}

impl Qr {
    /// `dark` holds the modules row by row, `width` in each; `what` says what the code is for.
    pub fn new(what: impl Into<String>, width: usize, dark: Vec<bool>) -> Self {
        Self { what: what.into(), width: width.max(1), dark }
    }

    fn side(&self) -> usize {
        self.width + 2 * QUIET_ZONE
    }

    fn path(&self) -> String {
        let dark = self.dark.iter().enumerate().filter(|(_, dark)| **dark);
        let square = |(at, _): (usize, &bool)| {
            format!("M{} {}h1v1h-1z", at % self.width + QUIET_ZONE, at / self.width + QUIET_ZONE)
        };
        dark.map(square).collect()
    }
}
