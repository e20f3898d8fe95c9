//! The PIN: where it comes from, and that a wrong one is tried once.

use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use cryptoki::context::Pkcs11;
use cryptoki::error::RvError;
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use zeroize::Zeroizing;

use super::super::Failure;
use super::trouble::{Trouble, call_of, code_of, trouble};

/// Where the user PIN comes from.
#[derive(Clone)]
pub enum PinSource {
    /// A file, read at every login; line ends at its end do not count.
    File(PathBuf),
    /// Text that the caller has, for instance from the environment.
    Value {
        /// What to call it in messages, for instance the name of the variable.
        name: String,
        /// The PIN.
        pin: Zeroizing<String>,
    },
}

impl std::fmt::Debug for PinSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.describe())
    }
}

impl PinSource {
    fn describe(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Value { name, .. } => name.clone(),
        }
    }

    fn read(&self) -> Result<Zeroizing<String>, Failure> {
        match self {
            Self::Value { pin, .. } => Ok(pin.clone()),
            Self::File(path) => {
                let text = fs::read_to_string(path).map_err(Failure::storage("read the PIN from", path))?;
                let text = Zeroizing::new(text);
                Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
        }
    }
}

/// Logs in, and remembers the PIN that was refused, so that the token is not locked by trying it again.
pub(super) struct Pin {
    source: PinSource,
    refused: Mutex<Option<(Zeroizing<String>, Failure)>>,
}

impl Pin {
    pub(super) fn new(source: PinSource) -> Self {
        Self { source, refused: Mutex::default() }
    }

    /// Forgets a refusal, so that the same PIN is tried once more.
    pub(super) fn forget_refusal(&self) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Logs the application in through `session`; being logged in already is a success.
    pub(super) fn log_in(&self, context: &Pkcs11, slot: Slot, session: &Session, place: &str) -> Result<(), Trouble> {
        let token = context.get_token_info(slot).map_err(trouble(place))?;
        if !token.login_required() {
            return Ok(());
        }
        let pin = self.source.read()?;
        // Held during the login: of two threads with a wrong PIN only one may try it.
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, failure)) = refused.as_ref().filter(|(known, _)| *known == pin) {
            return Err(failure.clone().into());
        }
        if token.user_pin_locked() || token.user_pin_final_try() {
            let flag = if token.user_pin_locked() { "is locked" } else { "has one attempt left before it locks" };
            return Err(Failure::PinLocked { what: format!("the user PIN of {place} {flag}") }.into());
        }
        let answer = session.login(UserType::User, Some(&AuthPin::new(pin.as_str().into())));
        let Err(error) = answer else {
            *refused = None;
            return Ok(());
        };
        match code_of(&error) {
            Some(RvError::UserAlreadyLoggedIn) => Ok(()),
            Some(code) if is_refusal(code) => {
                let failure = Failure::PinRefused { pin: self.source.describe(), call: call_of(&error) };
                *refused = Some((pin, failure.clone()));
                Err(failure.into())
            }
            _ => Err(trouble(place)(error)),
        }
    }
}

fn is_refusal(code: RvError) -> bool {
    use RvError as R;
    matches!(
        code,
        R::PinIncorrect | R::PinInvalid | R::PinLenRange | R::PinExpired | R::PinLocked | R::UserPinNotInitialized
    )
}
