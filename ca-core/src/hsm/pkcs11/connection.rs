//! A login to a token and what was learned since. When the token is lost all of it is thrown away at once.

use std::sync::{Arc, Mutex, PoisonError};

use cryptoki::context::Pkcs11;
use cryptoki::session::Session;
use cryptoki::slot::{Limit, Slot, TokenInfo};

use super::super::Failure;
use super::super::deadline::Deadline;
use super::super::uri::TokenSelector;
use super::key_cache::KeyCache;
use super::mechanisms::Mechanisms;
use super::module::{Entered, Module};
use super::pin::Pin;
use super::pool::Pool;
use super::trouble::{Trouble, trouble};

/// A logged-in token.
pub(super) struct Connection {
    pub(super) slot: Slot,
    pub(super) info: TokenInfo,
    /// Token, slot and module, for messages.
    pub(super) place: String,
    pub(super) mechanisms: Mechanisms,
    pub(super) keys: KeyCache,
    module: Arc<Module>,
    generation: u64,
    pool: Pool,
    /// Held so that the application stays logged in while no other session is open: closing the last one is a logout.
    login: Mutex<Option<Session>>,
}

/// One call on the token: a session for this call alone.
pub(super) struct Use<'a> {
    pub(super) session: &'a Session,
    pub(super) connection: &'a Connection,
}

impl Use<'_> {
    /// Token, slot and module, for messages.
    pub(super) fn place(&self) -> &str {
        &self.connection.place
    }
}

/// AWS CloudHSM allows an application so many sessions; no other token is known to allow fewer without saying so.
const MOST_SESSIONS: u64 = 1024;

impl Connection {
    /// Finds the token, logs in, and asks what it can do.
    pub(super) fn open(
        module: &Arc<Module>,
        entered: &Entered<'_>,
        selector: &TokenSelector,
        pin: &Pin,
        sessions: usize,
    ) -> Result<Self, Trouble> {
        let context = &entered.live.context;
        let (slot, info) = find(context, selector, module)?;
        let place = format!("token {:?} in slot {slot} of {}", info.label(), module.path().display());
        let login = context.open_rw_session_no_drop(slot).map_err(trouble(&place))?;
        // From here on a failure closes the session, by way of Drop.
        let mut connection = Self {
            slot,
            mechanisms: Mechanisms::default(),
            keys: KeyCache::default(),
            module: Arc::clone(module),
            generation: entered.live.generation,
            pool: Pool::new(sessions.min(most_sessions(&info))),
            login: Mutex::default(),
            info,
            place,
        };
        // A refused login needs no keeping, but its session must be closed all the same.
        let logged_in = pin.log_in(context, slot, &login, &connection.place);
        connection.login = Mutex::new(Some(login));
        logged_in?;
        connection.mechanisms = Mechanisms::probe(context, slot).map_err(trouble(&connection.place))?;
        Ok(connection)
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Does `work` with a session of its own.
    pub(super) fn with_session<T>(
        &self,
        entered: &Entered<'_>,
        deadline: Deadline,
        work: impl Fn(&Use<'_>) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let context = &entered.live.context;
        self.pool.with(context, self.slot, deadline, &self.place, |session| work(&Use { session, connection: self }))
    }
}

/// Closes what is open, unless the library was initialised anew: then the sessions are gone, and their numbers may
/// belong to others.
impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(_entered) = self.module.enter_again(self.generation) {
            self.pool.close_idle();
            let login = self.login.get_mut().unwrap_or_else(PoisonError::into_inner).take();
            login.into_iter().for_each(|login| drop(login.close()));
        }
    }
}

/// The bound on sessions beside the one that holds the login.
fn most_sessions(info: &TokenInfo) -> usize {
    let most = match (info.max_session_count(), info.max_rw_session_count()) {
        (Limit::Max(all), Limit::Max(read_write)) => all.min(read_write),
        (Limit::Max(most), _) | (_, Limit::Max(most)) => most,
        _ => MOST_SESSIONS,
    };
    usize::try_from(most.min(MOST_SESSIONS).saturating_sub(1)).unwrap_or(1)
}

fn find(context: &Pkcs11, selector: &TokenSelector, module: &Module) -> Result<(Slot, TokenInfo), Trouble> {
    let place = format!("{selector} of {}", module.path().display());
    let slots = context.get_slots_with_token().map_err(trouble(&place))?;
    // A slot that cannot be asked belongs to somebody else's broken token: ours is not found then, which is said.
    let mut found = slots
        .into_iter()
        .filter_map(|slot| Some((slot, context.get_token_info(slot).ok()?)))
        .filter(|(slot, info)| info.token_initialized() && matches(selector, *slot, info));
    let away = |what, advice| Failure::Away { what, advice };
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Trouble::lost(away(
            format!("there is no {place}"),
            "Check its name, power and network, and that this user may use it; it is looked for again by itself",
        ))),
        (Some(_), Some(_)) => {
            Err(away(format!("there is more than one {place}"), "Name the token by its serial number").into())
        }
    }
}

fn matches(selector: &TokenSelector, slot: Slot, info: &TokenInfo) -> bool {
    match selector {
        TokenSelector::Label(label) => info.label() == label,
        TokenSelector::Serial(serial) => info.serial_number() == serial,
        TokenSelector::Slot(id) => slot.id() == *id,
    }
}
