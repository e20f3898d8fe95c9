//! Sessions of one login. A call checks one out, waiting at most until its deadline.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use cryptoki::context::Pkcs11;
use cryptoki::error::RvError;
use cryptoki::session::Session;
use cryptoki::slot::Slot;

use super::super::deadline::Deadline;
use super::trouble::{Trouble, code_of, trouble};

/// Sessions that are open, and how many may be.
///
/// They are opened without `cryptoki`'s close on drop: after the library was initialised anew their numbers may belong
/// to other sessions, so only somebody who knows that it was not may close them.
pub(super) struct Pool {
    state: Mutex<State>,
    returned: Condvar,
}

struct State {
    idle: Vec<Session>,
    open: usize,
    most: usize,
}

/// A place in the count of open sessions, given back when dropped.
struct Place<'a>(&'a Pool);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.lock().open -= 1;
        self.0.returned.notify_one();
    }
}

impl Pool {
    pub(super) fn new(most: usize) -> Self {
        let state = State { idle: Vec::new(), open: 0, most: most.max(1) };
        Self { state: Mutex::new(state), returned: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does `work` with a session that no other thread uses meanwhile. The caller is inside the module.
    pub(super) fn with<T>(
        &self,
        context: &Pkcs11,
        slot: Slot,
        deadline: Deadline,
        place: &str,
        work: impl FnOnce(&Session) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let (session, counted) = self.check_out(context, slot, deadline, place)?;
        let answer = work(&session);
        if answer.as_ref().is_err_and(Trouble::spoils_session) {
            // An operation may be left open in it. That closing fails as well is to be expected.
            let _ = session.close();
        } else {
            self.lock().idle.push(session);
            std::mem::forget(counted);
            self.returned.notify_one();
        }
        answer
    }

    fn check_out(
        &self,
        context: &Pkcs11,
        slot: Slot,
        deadline: Deadline,
        place: &str,
    ) -> Result<(Session, Place<'_>), Trouble> {
        let mut state = self.lock();
        loop {
            if let Some(session) = state.idle.pop() {
                return Ok((session, Place(self)));
            }
            if state.open < state.most {
                state.open += 1;
                drop(state);
                match self.open(context, slot, place) {
                    Ok(opened) => return Ok(opened),
                    Err(Refused::Full) => {}
                    Err(Refused::Trouble(trouble)) => return Err(trouble),
                }
                state = self.lock();
                continue;
            }
            let (again, waited) =
                self.returned.wait_timeout(state, deadline.remaining()).unwrap_or_else(PoisonError::into_inner);
            if waited.timed_out() {
                return Err(deadline.failure().into());
            }
            state = again;
        }
    }

    fn open(&self, context: &Pkcs11, slot: Slot, place: &str) -> Result<(Session, Place<'_>), Refused> {
        let counted = Place(self);
        // Read-write always: AWS CloudHSM has no other sessions.
        match context.open_rw_session_no_drop(slot) {
            Ok(session) => Ok((session, counted)),
            Err(error) => {
                let mut state = self.lock();
                let others = state.open - 1;
                // The token takes fewer sessions than it said: make do with those that are open.
                let full = code_of(&error) == Some(RvError::SessionCount) && others > 0;
                if full {
                    state.most = others;
                }
                drop(state);
                drop(counted);
                Err(if full { Refused::Full } else { Refused::Trouble(trouble(place)(error)) })
            }
        }
    }

    /// Closes what is idle. The caller is inside the module, in the generation that opened the sessions.
    pub(super) fn close_idle(&self) {
        let idle = std::mem::take(&mut self.lock().idle);
        for session in idle {
            let _ = session.close();
            self.lock().open -= 1;
        }
    }
}

enum Refused {
    Full,
    Trouble(Trouble),
}
