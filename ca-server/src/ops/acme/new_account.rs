//! newAccount (RFC 8555 §7.3), with external account binding (§7.3.4).

use ca_core::acme::eab::{self, ExternalAccountBinding};
use ca_core::acme::{Jwk, Problem, ProblemType};
use ca_core::policy::Actor;
use ca_core::policy::action::NewAccount as NewAccountAct;

use super::Origin;
use super::account::status;
use crate::app::App;
use crate::config::AcmeSettings;
use crate::ops::{OpError, audit};
use crate::store::account::{self, Account, AccountKey, NewAccount};
use crate::store::external_account::{self, ExternalAccount};
use crate::store::fields::{AccountId, ExternalAccountId};

/// What a client asks for.
#[derive(Debug)]
pub struct AccountRequest {
    /// The key that signed the request.
    pub key: Jwk,
    /// Contact URLs.
    pub contacts: Vec<String>,
    /// Whether the client agrees to the terms of service.
    pub terms_agreed: bool,
    /// Find the account of the key and make none.
    pub only_return_existing: bool,
    /// The binding, not yet verified.
    pub binding: Option<ExternalAccountBinding>,
}

/// An account, and whether this request made it.
#[derive(Debug)]
pub struct Opened {
    /// The account.
    pub account: Account,
    /// `false` when the key had one before.
    pub created: bool,
}

/// Finds the account of a key, or opens one.
///
/// # Errors
/// `accountDoesNotExist`, `externalAccountRequired`, `userActionRequired`, `badPublicKey`, `unauthorized`.
pub async fn new_account(
    app: &App,
    endpoint: &AcmeSettings,
    origin: &Origin,
    request: AccountRequest,
) -> Result<Opened, OpError> {
    if let Some(account) = find(app, endpoint, &request.key).await? {
        return existing(account);
    }
    if request.only_return_existing {
        return Err(Problem::account_does_not_exist().into());
    }
    refuse_without_terms(endpoint, &request)?;
    if let Some(reason) = crate::ops::issue::blocked_reason(app, request.key.public_key()).await? {
        let rule = format!("the account key is on the list of blocked keys: {reason}");
        return Err(Problem::new(ProblemType::BadPublicKey, rule).into());
    }
    let binding = bind(app, endpoint, &request).await?;
    open(app, endpoint, origin, request, binding).await
}

async fn find(app: &App, endpoint: &AcmeSettings, key: &Jwk) -> Result<Option<Account>, OpError> {
    let (name, thumbprint) = (endpoint.name.clone(), key.thumbprint().to_string());
    Ok(app.store.look_up(move |c| account::by_key(c, &name, &thumbprint)).await?)
}

// RFC 8555 §7.3.1: the account is answered as it is; a closed one is told so.
fn existing(account: Account) -> Result<Opened, OpError> {
    status(&account).require_valid()?;
    Ok(Opened { account, created: false })
}

fn refuse_without_terms(endpoint: &AcmeSettings, request: &AccountRequest) -> Result<(), OpError> {
    match &endpoint.terms_of_service {
        Some(terms) if !request.terms_agreed => {
            let rule = format!("agree to the terms of service first: {terms}");
            Err(Problem::new(ProblemType::UserActionRequired, rule).into())
        }
        _ => Ok(()),
    }
}

/// Verifies the binding against its sealed key.
async fn bind(
    app: &App,
    endpoint: &AcmeSettings,
    request: &AccountRequest,
) -> Result<Option<ExternalAccountId>, OpError> {
    let Some(binding) = &request.binding else {
        return if endpoint.external_account_required { Err(eab::required().into()) } else { Ok(None) };
    };
    let id: ExternalAccountId = binding.kid().parse().map_err(|_| eab::unknown_key())?;
    let name = endpoint.name.clone();
    let stored = app.store.read(move |c| external_account::by_id(c, &name, id)).await?;
    let stored = stored.filter(|stored| usable(app, stored)).ok_or_else(eab::unknown_key)?;
    let (row, sealed) = (stored.id.to_string(), &stored.hmac_key);
    let key = app.secrets.open(&app.store, &app.hsms, external_account::key_place(&row), sealed).await?;
    binding.verify(&key, &request.key)?;
    Ok(Some(id))
}

fn usable(app: &App, stored: &ExternalAccount) -> bool {
    let expired = stored.expires_at.is_some_and(|end| end <= app.clock.now());
    stored.revoked_at.is_none() && stored.account_id.is_none() && !expired
}

async fn open(
    app: &App,
    endpoint: &AcmeSettings,
    origin: &Origin,
    request: AccountRequest,
    binding: Option<ExternalAccountId>,
) -> Result<Opened, OpError> {
    let id = AccountId::new(app.entropy.uuid());
    let actor = Actor::AcmeAccount { endpoint: endpoint.name.clone(), account: id.to_string() };
    let act = NewAccountAct {
        endpoint: endpoint.name.clone(),
        externally_bound: binding.is_some(),
        contacts: request.contacts.clone(),
    };
    let permitted = app.policies.load().engine().decide(&actor, act)?;
    let new = row(app, endpoint, origin, &request, id, binding);
    let event = audit::event(app, &permitted, origin, format!("account {id}"))
        .detail("contacts", audit::list(&new.contacts))
        .detail("key_thumbprint", &new.key.jwk_thumbprint)
        .detail_if_any("external_account", binding);
    let thumbprint = new.key.jwk_thumbprint.clone();
    let (created, account) = app
        .store
        .write(move |c| {
            let created = account::insert(c, &new)?;
            if created {
                if let Some(binding) = binding {
                    // Two accounts that present one binding at once: the second loses, and its row is undone with the write.
                    external_account::bind(c, binding, id, new.created_at)?;
                }
                crate::store::audit_event::insert(c, &event)?;
            }
            Ok((created, account::by_key(c, &new.endpoint, &thumbprint)?))
        })
        .await?;
    let account =
        account.ok_or_else(|| OpError::Integrity(format!("acme_account {id}: not there after its insert")))?;
    if created { Ok(Opened { account, created }) } else { existing(account) }
}

fn row(
    app: &App,
    endpoint: &AcmeSettings,
    origin: &Origin,
    request: &AccountRequest,
    id: AccountId,
    binding: Option<ExternalAccountId>,
) -> NewAccount {
    let now = app.clock.now();
    NewAccount {
        id,
        endpoint: endpoint.name.clone(),
        key: account_key(&request.key),
        contacts: request.contacts.clone(),
        terms_agreed_at: (request.terms_agreed && endpoint.terms_of_service.is_some()).then_some(now),
        external_account_id: binding,
        created_from: origin.address.clone(),
        created_at: now,
    }
}

/// A key in the forms that are stored.
pub fn account_key(key: &Jwk) -> AccountKey {
    AccountKey {
        jwk_thumbprint: key.thumbprint().to_string(),
        jwk: key.to_json(),
        spki_sha256: key.public_key().sha256(),
    }
}
