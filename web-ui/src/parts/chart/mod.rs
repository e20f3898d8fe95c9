//! Small charts, drawn here as SVG: real axes, a title that states the finding, and the same numbers as a table below.
//!
//! Lengths along the time axis are percentages and all others pixels, so that a chart is as wide as its place while its
//! letters keep their size. Colours are classes of the style sheet; a series of one meaning has the accent.
//!
//! ```
//! use web_ui::parts::State;
//! use web_ui::parts::chart::{Bars, Fill, Series};
//!
//! let days = vec!["1 July".to_owned(), "2 July".to_owned()];
//! let issued = Series::new("issued", Fill::State(State::Good), vec![12, 9]);
//! let failed = Series::new("failed", Fill::State(State::Broken), vec![0, 1]);
//! let html = Bars::new("21 certificates issued in 2 days, 1 order failed", "Day", days, vec![issued, failed]).to_string();
//! assert!(html.contains("<table>"));
//! ```

mod bars;
mod calendar;
mod ranking;
mod scale;
mod sparkline;

use super::State;

pub use bars::{Bars, Series};
pub use calendar::Calendar;
pub use ranking::{Rank, Ranking};
pub use sparkline::Sparkline;

/// The colour of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// It means nothing beyond itself.
    Accent,
    /// It means a state.
    State(State),
}

impl Fill {
    /// The class in the style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Accent => "fill-accent",
            Self::State(State::Good) => "fill-good",
            Self::State(State::Soon) => "fill-soon",
            Self::State(State::Broken) => "fill-broken",
            Self::State(State::Revoked) => "fill-revoked",
            Self::State(State::Pending) => "fill-pending",
            Self::State(State::Neutral) => "fill-neutral",
        }
    }
}
