//! Slowing down whoever guesses: per name and per address, with pauses that grow, shared by all servers of one database.

use std::net::IpAddr;
use std::time::Duration;

use aws_lc_rs::digest;
use ca_core::time::UnixTime;

use crate::app::App;
use crate::ops::OpError;
use crate::store::fields::Sha256;
use crate::store::sign_in_failure::{self, Pace};
use crate::store::{Connection, StoreError};

const MINUTE: Duration = Duration::from_secs(60);

/// One name: five tries, then half a minute, doubling to a quarter of an hour. Longer would let a stranger keep somebody
/// out for long.
const NAME: Pace = Pace {
    free: 4,
    first_pause: Duration::from_secs(30),
    longest_pause: MINUTE.saturating_mul(15),
    memory: MINUTE.saturating_mul(60),
};

/// One address: it may stand for an office, and it may try many names.
const ADDRESS: Pace = Pace { free: 29, ..NAME };

/// An attempt that was counted.
#[derive(Debug)]
pub(super) struct Attempt {
    name: Sha256,
    address: Sha256,
}

/// Counts an attempt with a name from an address. The names that nobody has are counted like all others.
///
/// # Errors
/// `Ok(Err(until))` when none is looked at before then.
pub(super) async fn begin(app: &App, name: &str, address: &str) -> Result<Result<Attempt, UnixTime>, OpError> {
    let (name, address) = (key("name", &name.trim().to_ascii_lowercase()), key("address", &neighbourhood(address)));
    let now = app.clock.now();
    let locked = app
        .store
        // From an address that is kept out, nobody keeps a name out any longer.
        .write(move |c| match sign_in_failure::charge(c, address, &ADDRESS, now)? {
            Some(until) => Ok(Some(until)),
            None => {
                let until = sign_in_failure::charge(c, name, &NAME, now)?;
                // It is not looked at, so it is no guess from there.
                if until.is_some() {
                    sign_in_failure::take_back(c, address, now)?;
                }
                Ok(until)
            }
        })
        .await?;
    match locked {
        Some(until) => {
            metrics::counter!("signet_sign_ins_total", "outcome" => "locked").increment(1);
            Ok(Err(until))
        }
        None => Ok(Ok(Attempt { name, address })),
    }
}

/// Lets a name start anew, for somebody who was given a new password.
///
/// # Errors
/// When the database fails.
pub(super) fn forget(connection: &mut Connection, name: &str) -> Result<(), StoreError> {
    sign_in_failure::forget(connection, key("name", name))
}

impl Attempt {
    /// Its first half succeeded. The address gets it back; the tries of the name start anew only when the code was right
    /// too: whoever knows the password could guess codes without end.
    pub(super) async fn half_succeeded(self, app: &App) -> Result<(), OpError> {
        let now = app.clock.now();
        Ok(app.store.write(move |c| sign_in_failure::take_back(c, self.address, now)).await?)
    }

    /// It succeeded: the name starts anew. The address only gets this one back, so that a guesser's own account does not
    /// free the way to others.
    pub(super) async fn succeeded(self, app: &App) -> Result<(), OpError> {
        let now = app.clock.now();
        app.store
            .write(move |c| {
                sign_in_failure::forget(c, self.name)?;
                sign_in_failure::take_back(c, self.address, now)
            })
            .await?;
        Ok(())
    }
}

/// What is mistyped into the field for the name is often a password: only a hash of it is kept.
fn key(kind: &str, value: &str) -> Sha256 {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(kind.as_bytes());
    context.update(&[0]);
    context.update(value.as_bytes());
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// Whoever has one IPv6 address has its whole /64.
fn neighbourhood(address: &str) -> String {
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V6(v6)) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_a_count() {
        assert_eq!(neighbourhood("2001:db8::1"), neighbourhood("2001:db8::ffff:1"));
        assert_ne!(neighbourhood("2001:db8::1"), neighbourhood("2001:db8:0:1::1"));
        assert_eq!(neighbourhood("192.0.2.1"), "192.0.2.1");
        assert_ne!(key("name", "a"), key("address", "a"));
    }
}
