//! The second factor: enrolling an authenticator.

use askama::Template;

use crate::frame::Frame;
use crate::parts::{Act, Field, Headline, Id, Lines, Link, Qr};

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
        /// The secret as it is scanned.
        code: Qr,
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

rendered!(SecondFactorPage, RecoveryCodesPage);

impl SecondFactorPage {
    fn headline(&self) -> Headline {
        let sentence = match &self.state {
            SecondFactorState::Absent => {
                "An authenticator on your phone shows a new code every half minute. With it, a stolen password is not \
                 enough."
                    .to_owned()
            }
            SecondFactorState::Begun { .. } => {
                "Scan this with your authenticator, then type the code that it shows.".to_owned()
            }
            SecondFactorState::Enrolled { codes_left: 1 } => {
                "A code is asked for at each sign-in. You have one recovery code left.".to_owned()
            }
            SecondFactorState::Enrolled { codes_left } => {
                format!("A code is asked for at each sign-in. You have {codes_left} recovery codes left.")
            }
        };
        Headline::new("Second factor").within(Link::new("/account", "Your account")).saying(sentence)
    }

    fn begin(&self) -> Act {
        Act::post(&self.frame, "Begin", "/account/second-factor/begin").primary()
    }

    fn begin_again(&self) -> Act {
        Act::post(&self.frame, "Start over with another secret", "/account/second-factor/begin")
    }

    fn remove(&self) -> Act {
        Act::post(&self.frame, "Remove it", "/account/second-factor/remove").danger()
    }

    fn code_field(&self) -> Field {
        Field::one_time_code("code", "Code").focused()
    }

    fn secret(&self, spelled: &str) -> Id {
        Id::new("secret", spelled).whole()
    }
}

impl RecoveryCodesPage {
    fn code_lines(&self) -> Lines {
        Lines::new("the recovery codes", self.codes.join("\n"))
    }
}
