//! A PKCS#11 module, which is one per process whoever uses it: loaded, initialised, and taken down and up after a loss.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};

use super::super::Failure;
use super::super::deadline::Deadline;
use super::back_off::BackOff;
use super::fence::{Fence, Inside, NotInTime};
use super::trouble::{call_of, code_of};

/// A shared library and its state.
pub(super) struct Module {
    path: PathBuf,
    fence: Fence<Option<Live>>,
    /// Of loading and initialising; a token that is lost has one of its own.
    back_off: BackOff,
}

/// An initialised library. Sessions and handles of another generation mean nothing to it.
#[derive(Clone)]
pub(super) struct Live {
    pub(super) context: Pkcs11,
    pub(super) generation: u64,
}

/// A call inside an initialised module.
pub(super) struct Entered<'a> {
    _inside: Inside<'a, Option<Live>>,
    pub(super) live: Live,
}

/// How long taking the library down waits until the calls inside have come back.
const QUIET: Duration = Duration::from_secs(5);

/// How many calls a module takes at one time.
///
/// p11-kit's client (seen with 0.24.1) leaves threads that wait for an answer asleep for ever when its
/// connection breaks under several calls at once. It loses nothing by taking one: its server answers one by one.
fn calls_at_one_time(path: &Path) -> usize {
    let is_p11_kit = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("p11-kit-client"));
    if is_p11_kit { 1 } else { usize::MAX }
}

impl Module {
    /// The module at `path`. C modules are global to the process: every HSM over one path shares it, and it is never
    /// unloaded, because vendors' libraries rarely survive that.
    pub(super) fn at(path: &Path) -> Arc<Self> {
        static MODULES: OnceLock<Mutex<HashMap<PathBuf, Arc<Module>>>> = OnceLock::new();
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut modules = MODULES.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        let most = calls_at_one_time(&path);
        let module = || Self { path: path.clone(), fence: Fence::new(None, most), back_off: BackOff::default() };
        Arc::clone(modules.entry(path.clone()).or_insert_with(|| Arc::new(module())))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Goes in beside other calls, loading and initialising the library first if need be.
    pub(super) fn enter(&self, deadline: Deadline) -> Result<Entered<'_>, Failure> {
        loop {
            let inside = self.fence.enter(deadline).map_err(|NotInTime| deadline.failure())?;
            if let Some(live) = inside.value.clone() {
                return Ok(Entered { _inside: inside, live });
            }
            drop(inside);
            self.initialise(deadline)?;
        }
    }

    /// Goes in if that needs no waiting and the library is still of this generation.
    pub(super) fn enter_again(&self, generation: u64) -> Option<Entered<'_>> {
        let inside = self.fence.try_enter()?;
        let live = inside.value.clone().filter(|live| live.generation == generation)?;
        Some(Entered { _inside: inside, live })
    }

    fn initialise(&self, deadline: Deadline) -> Result<(), Failure> {
        self.back_off.check()?;
        let initialised = self.fence.alone(deadline, |live| match live {
            Some(_) => Ok(()),
            None => self.load().map(|context| *live = Some(Live { context, generation: 1 })),
        });
        self.judge(initialised.map_err(|NotInTime| deadline.failure())?)
    }

    /// Finalises the library and initialises it again, unless that has happened since `generation`.
    pub(super) fn reinitialise(&self, generation: u64) -> Result<(), Failure> {
        self.back_off.check()?;
        let renewed = self.fence.alone(Deadline::after(QUIET), |live| match live {
            Some(known) if known.generation == generation => self.renew(known),
            _ => Ok(()),
        });
        self.judge(renewed.map_err(|NotInTime| self.hangs())?)
    }

    /// Takes the library down and up as after a loss.
    #[cfg(test)]
    pub(super) fn reinitialise_for_test(&self) {
        let generation = self.enter(Deadline::after(QUIET)).map_or(0, |entered| entered.live.generation);
        assert!(self.reinitialise(generation).is_ok());
    }

    fn judge(&self, result: Result<(), Failure>) -> Result<(), Failure> {
        match &result {
            Ok(()) => self.back_off.recovered(),
            Err(failure) => self.back_off.failed(failure),
        }
        result
    }

    fn load(&self) -> Result<Pkcs11, Failure> {
        let context = Pkcs11::new(&self.path).map_err(|error| self.cannot("be loaded", &error))?;
        self.start(&context)?;
        Ok(context)
    }

    fn renew(&self, live: &mut Live) -> Result<(), Failure> {
        // The generation counts even if what follows fails: the sessions are gone in any case.
        live.generation += 1;
        match live.context.clone().finalize() {
            Err(error) if code_of(&error) != Some(RvError::CryptokiNotInitialized) => {
                return Err(self.cannot("be finalised", &error));
            }
            _ => {}
        }
        self.start(&live.context)
    }

    fn start(&self, context: &Pkcs11) -> Result<(), Failure> {
        match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Err(error) if code_of(&error) == Some(RvError::CryptokiAlreadyInitialized) => Ok(()),
            started => started.map_err(|error| self.cannot("be initialised", &error)),
        }
    }

    fn cannot(&self, what: &str, error: &Error) -> Failure {
        let reason = match error {
            Error::LibraryLoading(error) => error.to_string(),
            other => call_of(other).to_string(),
        };
        let what = format!("the PKCS#11 module {} cannot {what}: {reason}", self.path.display());
        Failure::Away {
            what,
            advice: "Check the path, and that the module's own configuration and daemon are in place",
        }
    }

    fn hangs(&self) -> Failure {
        let what = format!("a call into the PKCS#11 module {} does not come back", self.path.display());
        Failure::Away {
            what,
            advice: "The module cannot be restarted while it hangs: if it goes on, restart this process",
        }
    }
}
