//! ACME as operators see it: orders and why they fail, accounts, bindings.

mod account;
mod accounts;
mod binding;
mod endpoint;
mod order;
mod orders;
mod state;
#[cfg(test)]
mod tests;

pub use account::{AccountPage, CloseAccountPage};
pub use accounts::{AccountRow, AccountsPage};
pub use binding::{BindingMadePage, BindingRow, BindingsPage};
pub use endpoint::EndpointView;
pub use order::{AttemptView, ChallengeView, OrderPage, ProofView, ReasonView};
pub use orders::{OrderRow, OrdersFilter, OrdersPage};
pub use state::{AccountState, BindingState, OrderState, ProofState};

use crate::parts::{Choice, Select, Tab, Tabs};

/// The pages of this section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Orders,
    Accounts,
    Bindings,
}

fn tabs(here: Place) -> Tabs {
    let tab = |label: &str, href: &str, place| Tab::new(label, href).here_if(place == here);
    Tabs::new(
        "Clients",
        vec![
            tab("Orders", "/clients", Place::Orders),
            tab("Accounts", "/clients/accounts", Place::Accounts),
            tab("Bindings", "/clients/bindings", Place::Bindings),
        ],
    )
}

/// One of several values or any; a value that is none of them stays visible.
fn choose(name: &str, label: &str, any: &str, known: &[&str], chosen: &str) -> Select {
    let mut choices = vec![Choice::new("", any).chosen_if(chosen.is_empty())];
    let unknown = Some(chosen).filter(|chosen| !chosen.is_empty() && !known.contains(chosen));
    let values = known.iter().copied().chain(unknown);
    choices.extend(values.map(|value| Choice::new(value, value).chosen_if(value == chosen)));
    Select::new(name, label, choices)
}

/// A name without its kind where everybody sees what it is.
fn plain_name(name: &str) -> &str {
    name.strip_prefix("dns:").or_else(|| name.strip_prefix("ip:")).unwrap_or(name)
}

/// The first names of several, and how many more there are.
fn some_names(names: &[String]) -> (String, Option<String>) {
    let first = names.first().map(|name| plain_name(name)).unwrap_or_default().to_owned();
    let more = match names.len() {
        0 | 1 => None,
        2 => Some(format!("and {}", plain_name(&names[1]))),
        many => Some(format!("and {} more names", many - 1)),
    };
    (first, more)
}
