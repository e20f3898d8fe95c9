//! How many requests of one client are answered at the same time: with an HSM that is slow, one client could have all places.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Requests of one client that are answered at the same time.
const MOST_OF_ONE: usize = 8;

/// Requests that are being answered, by client.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<IpAddr, usize>>);

/// Given back when it is dropped.
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    client: IpAddr,
}

impl Turns {
    /// A turn for a client that has less than its most.
    pub(super) fn take(&self, client: IpAddr) -> Option<Turn<'_>> {
        let mut taken = self.lock();
        let count = taken.entry(client).or_default();
        if *count >= MOST_OF_ONE {
            return None;
        }
        *count += 1;
        Some(Turn { turns: self, client })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut taken = self.turns.lock();
        if let Some(count) = taken.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_leaves_places_to_others() {
        let turns = Turns::default();
        let [one, other] = [IpAddr::from([192, 0, 2, 7]), IpAddr::from([192, 0, 2, 8])];
        let mut taken: Vec<_> = (0..MOST_OF_ONE).filter_map(|_| turns.take(one)).collect();
        assert_eq!(taken.len(), MOST_OF_ONE);
        assert!(turns.take(one).is_none());
        assert!(turns.take(other).is_some());
        taken.pop();
        assert!(turns.take(one).is_some());
        taken.clear();
        assert!(turns.lock().is_empty(), "who asks nothing is forgotten");
    }
}
