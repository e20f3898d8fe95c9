//! What the server knows of its own state.

/// One thing that was checked.
#[derive(Clone, Debug)]
pub struct HealthCheck {
    /// What was checked, such as "Database" or "HSM local".
    pub subject: String,
    /// How it is.
    pub state: HealthState,
    /// A few words on it: "SQLite", "signs in 2 ms", or what is wrong and what to do.
    pub detail: String,
}

/// How a thing is. The order is that of urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HealthState {
    /// As it should be.
    Good,
    /// Works, but somebody should look before it does not.
    Attention,
    /// Does not work.
    Broken,
}

impl HealthCheck {
    pub(crate) fn is_good(&self) -> bool {
        self.state == HealthState::Good
    }
}

impl HealthState {
    /// The word that stands beside the colour.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Attention => "attention",
            Self::Broken => "broken",
        }
    }
}
