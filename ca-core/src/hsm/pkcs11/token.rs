//! One token of a module: found, logged in to, and connected anew when it was lost.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::Failure;
use super::super::deadline::Deadline;
use super::super::uri::TokenSelector;
use super::back_off::BackOff;
use super::connection::{Connection, Use};
use super::module::{Entered, Module};
use super::pin::Pin;
use super::trouble::{Remedy, Trouble};

/// The token that an HSM of the configuration names.
pub(super) struct Token {
    module: Arc<Module>,
    selector: TokenSelector,
    pin: Pin,
    sessions: usize,
    connection: Mutex<Option<Arc<Connection>>>,
    back_off: BackOff,
}

/// What went wrong in one attempt, and in which generation of the module.
struct Failed {
    trouble: Trouble,
    generation: u64,
}

impl Token {
    pub(super) fn new(module: &Path, selector: TokenSelector, pin: Pin, sessions: usize) -> Self {
        let (connection, back_off) = (Mutex::default(), BackOff::default());
        Self { module: Module::at(module), selector, pin, sessions, connection, back_off }
    }

    /// Forgets that a PIN was refused and that the token was away: the next call tries both again.
    pub(super) fn reset(&self) {
        self.pin.forget_refusal();
        self.back_off.recovered();
    }

    /// Does `work` with a session, and once more after a remedy if the token was lost under it.
    ///
    /// `work` may run twice: where that matters it must find out what its first run has done.
    pub(super) fn call<T>(
        &self,
        deadline: Deadline,
        work: impl Fn(&Use<'_>) -> Result<T, Trouble>,
    ) -> Result<T, Failure> {
        self.back_off.check()?;
        let answer = match self.attempt(deadline, &work) {
            Err(failed) if failed.trouble.asks_for_another_try() && !deadline.has_passed() => {
                self.mend(&failed).and_then(|()| self.attempt(deadline, &work).map_err(|again| again.trouble))
            }
            answer => answer.map_err(|failed| failed.trouble),
        };
        match &answer {
            Ok(_) => self.back_off.recovered(),
            Err(trouble) if trouble.remedy == Remedy::Reinitialise => self.back_off.failed(&trouble.failure),
            Err(_) => {}
        }
        answer.map_err(|trouble| *trouble.failure)
    }

    fn attempt<T>(&self, deadline: Deadline, work: impl Fn(&Use<'_>) -> Result<T, Trouble>) -> Result<T, Failed> {
        let entered =
            self.module.enter(deadline).map_err(|failure| Failed { trouble: failure.into(), generation: 0 })?;
        let generation = entered.live.generation;
        let failed = |trouble| Failed { trouble, generation };
        let connection = self.connect(&entered).map_err(failed)?;
        let answer = connection.with_session(&entered, deadline, work);
        if answer.as_ref().is_err_and(Trouble::asks_for_another_try) {
            self.forget(&connection);
        }
        answer.map_err(failed)
    }

    /// Nobody is inside the module on this call's behalf any more.
    fn mend(&self, failed: &Failed) -> Result<(), Trouble> {
        match failed.trouble.remedy {
            Remedy::Reinitialise => self.module.reinitialise(failed.generation).map_err(Trouble::lost),
            Remedy::None | Remedy::DropSession | Remedy::Reconnect => Ok(()),
        }
    }

    /// The connection of this generation; one thread makes it while the others wait.
    fn connect(&self, entered: &Entered<'_>) -> Result<Arc<Connection>, Trouble> {
        let mut connection = self.lock();
        if let Some(known) = connection.as_ref().filter(|known| known.generation() == entered.live.generation) {
            return Ok(Arc::clone(known));
        }
        *connection = None;
        let fresh = Arc::new(Connection::open(&self.module, entered, &self.selector, &self.pin, self.sessions)?);
        *connection = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    fn forget(&self, lost: &Arc<Connection>) {
        let mut connection = self.lock();
        if connection.as_ref().is_some_and(|known| Arc::ptr_eq(known, lost)) {
            *connection = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Connection>>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
