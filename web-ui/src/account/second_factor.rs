//! The second factor: enrolling an authenticator.

use askama::Template;

use crate::RenderError;
use crate::frame::Frame;

/// Where a second factor is begun, confirmed or removed.
#[derive(Clone, Debug, Template)]
#[template(path = "account/second-factor.html")]
pub struct SecondFactorPage {
    /// What surrounds it.
    pub frame: Frame,
    /// How far it has come.
    pub state: SecondFactorState,
    /// Why the last attempt failed.
    pub problem: Option<String>,
}

/// How far an operator's second factor has come.
#[derive(Clone, Debug)]
pub enum SecondFactorState {
    /// There is none.
    Absent,
    /// An authenticator is to be told a secret, and to confirm it with a code.
    Begun {
        /// The secret as it is typed.
        spelled: String,
    },
    /// It is asked for at each sign-in.
    Enrolled {
        /// Recovery codes that were not used.
        codes_left: i64,
    },
}

/// The recovery codes just made: the only time that they are shown.
#[derive(Clone, Debug, Template)]
#[template(path = "account/recovery-codes.html")]
pub struct RecoveryCodesPage {
    /// What surrounds it.
    pub frame: Frame,
    /// One a line.
    pub codes: Vec<String>,
}

macro_rules! rendered {
    ($($page:ident),*) => {$(
        impl $page {
            /// The page as HTML.
            ///
            /// # Errors
            /// None in practice: writing to memory does not fail.
            pub fn render(&self) -> Result<String, RenderError> {
                Template::render(self)
            }
        }
    )*};
}

rendered!(SecondFactorPage, RecoveryCodesPage);
