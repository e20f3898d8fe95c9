//! What surrounds every page: title, navigation, footer.

use crate::assets::{ICON, SCRIPT, STYLE};
use crate::moment::Moment;

/// Navigation lists what exists; a page adds itself here when it comes.
const NAVIGATION: [Place; 1] = [Place { section: Section::Overview, label: "Overview", path: "/" }];

/// Where in the navigation a page stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// The start page.
    Overview,
}

/// One entry of the navigation.
pub(crate) struct Place {
    section: Section,
    pub(crate) label: &'static str,
    pub(crate) path: &'static str,
}

/// The frame of one page.
pub(crate) struct Frame<'a> {
    pub(crate) installation_name: &'a str,
    pub(crate) now: i64,
    /// None for a page that stands nowhere in the navigation.
    pub(crate) section: Option<Section>,
}

impl Frame<'_> {
    pub(crate) const STYLE: &'static str = STYLE.path;
    pub(crate) const SCRIPT: &'static str = SCRIPT.path;
    pub(crate) const ICON: &'static str = ICON.path;
    pub(crate) const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    pub(crate) fn navigation(&self) -> &'static [Place] {
        &NAVIGATION
    }

    pub(crate) fn is_here(&self, place: &Place) -> bool {
        self.section == Some(place.section)
    }

    pub(crate) fn rendered_at(&self) -> Moment {
        Moment { at: self.now, now: self.now }
    }
}
