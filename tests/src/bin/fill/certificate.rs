//! Certificates with their names, their watch, their counts and their events.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use rcgen::{BasicConstraints, IsCa};
use rcgen::{CertificateParams, DistinguishedName, DnType, Issuer, KeyPair, PublicKeyData as _, SerialNumber};
use serde_json::json;

use crate::audit::{self, Event};
use crate::database::Dialect;
use crate::order::{ORDER, Orders, octets};
use crate::plan::{DAY, LIFE, Plan, Planned};
use crate::rows::{Rows, maybe, text};
use crate::template::Template;
use crate::{account, hexadecimal, sha256};

/// A certificate, in ids.
pub(crate) const KIND: u16 = 0x0ce;

/// Makes the rows, batch after batch.
pub(crate) struct Maker {
    plan: Plan,
    template: Template,
    dialect: Dialect,
    issuer: Issuer<'static, KeyPair>,
    tables: Tables,
    counts: BTreeMap<(&'static str, i64, &'static str), u64>,
    last: Option<(i64, String)>,
}

struct Tables {
    certificates: Rows,
    names: Rows,
    revoked: Rows,
    watch: Rows,
    audit: Rows,
    orders: Orders,
}

impl Tables {
    fn new() -> Self {
        Self {
            certificates: Rows::of(
                "certificate (id, issuer, serial, der, fingerprint, order_id, endpoint, account_id, requester, profile, \
                 profile_hash, policy_set_hash, spki_sha256, not_before, not_after, subject, names, names_hash, crl_shard, \
                 status_url, owner, issued_at, revoked_at, reason)",
            ),
            names: Rows::of("certificate_name (name, certificate_id, kind, reversed)"),
            revoked: Rows::of("revoked_serial (issuer, shard, serial, revoked_at, reason, not_after)"),
            watch: Rows::of("expiry_watch (certificate_id, names_hash, not_after, watch_at, is_usual)"),
            audit: audit::rows(),
            orders: Orders::new(),
        }
    }

    fn take(&mut self) -> Vec<String> {
        let tables = [&mut self.certificates, &mut self.names, &mut self.revoked, &mut self.watch, &mut self.audit];
        let mut statements: Vec<String> = tables.into_iter().flat_map(Rows::take).collect();
        statements.extend(self.orders.take());
        statements
    }
}

/// A certificate that was signed.
struct Signed {
    id: String,
    serial: String,
    der: Vec<u8>,
    fingerprint: [u8; 32],
    spki_sha256: [u8; 32],
    names: Vec<String>,
    names_hash: [u8; 32],
    account: Option<String>,
    requester: String,
}

impl Maker {
    pub(crate) fn new(plan: Plan, template: Template, dialect: Dialect) -> Result<Self> {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, template.authority.clone());
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let issuer = Issuer::new(parameters, KeyPair::generate()?);
        Ok(Self { plan, template, dialect, issuer, tables: Tables::new(), counts: BTreeMap::new(), last: None })
    }

    /// The statements, so many certificates a transaction.
    pub(crate) fn batches(&mut self, size: u64) -> impl Iterator<Item = Result<Vec<String>>> + '_ {
        let mut all = self.plan.all();
        let mut head = Some(account::all(&self.plan, self.dialect));
        let mut over = false;
        std::iter::from_fn(move || {
            if let Some(head) = head.take() {
                return Some(Ok(head));
            }
            let mut made = 0;
            for planned in all.by_ref() {
                if let Err(error) = self.push(&planned) {
                    return Some(Err(error));
                }
                made += 1;
                if made == size {
                    return Some(Ok(self.tables.take()));
                }
            }
            if over {
                return None;
            }
            over = true;
            let mut statements = self.tables.take();
            statements.extend(self.counts());
            Some(Ok(statements))
        })
    }

    fn push(&mut self, planned: &Planned) -> Result<()> {
        let signed = self.sign(planned)?;
        self.certificate(planned, &signed);
        for name in &signed.names {
            let reversed = name.rsplit('.').collect::<Vec<_>>().join(".");
            self.tables.names.push(&[&text(name), &text(&signed.id), "'dns'", &text(&reversed)]);
        }
        if planned.is_last && planned.revoked_at.is_none() {
            self.watch(planned, &signed);
        }
        if let Some(account) = &signed.account {
            self.tables.orders.push(&self.plan, planned, account, &self.template, self.dialect);
        }
        if let Some(at) = planned.revoked_at.filter(|_| planned.not_after() > self.plan.now()) {
            let row = [&text(&self.template.issuer), &self.template.crl_shard, &text(&signed.serial)];
            let end = planned.not_after().to_string();
            self.tables.revoked.push(&[row[0], row[1], row[2], &at.to_string(), "'superseded'", &end]);
        }
        self.events(planned, &signed)?;
        *self.counts.entry(("issued", planned.issued_at().div_euclid(DAY), "ecdsa-p256")).or_default() += 1;
        *self.counts.entry(("ends", planned.not_after().div_euclid(DAY), "")).or_default() += 1;
        self.last = Some((planned.issued_at(), signed.id));
        Ok(())
    }

    fn sign(&self, planned: &Planned) -> Result<Signed> {
        let (names, key) = (Plan::names(planned.lineage), KeyPair::generate()?);
        let mut serial = sha256(&planned.number.to_be_bytes())[..18].to_vec();
        serial[0] = serial[0] & 0x7f | 0x40;
        let mut parameters = CertificateParams::new(names.clone())?;
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        parameters.not_before = epoch + Duration::from_secs(planned.issued_at().unsigned_abs());
        parameters.not_after = epoch + Duration::from_secs(planned.not_after().unsigned_abs());
        parameters.serial_number = Some(SerialNumber::from_slice(&serial));
        parameters.distinguished_name = DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, names[0].clone());
        parameters.use_authority_key_identifier_extension = true;
        let der = parameters.signed_by(&key, &self.issuer)?.der().to_vec();
        let mut lines: Vec<String> = names.iter().map(|name| format!("dns:{name}\n")).collect();
        lines.sort();
        let account = Plan::account(planned.lineage).map(|number| self.plan.account_id(number));
        let requester = account.as_ref().map(|account| format!("AcmeAccount:acme/{account}"));
        Ok(Signed {
            id: planned.id(KIND),
            serial: hexadecimal(&serial),
            fingerprint: sha256(&der),
            der,
            spki_sha256: sha256(&key.subject_public_key_info()),
            names,
            names_hash: sha256(lines.concat().as_bytes()),
            account,
            requester: requester.unwrap_or_else(|| format!("Operator:op-{}", planned.lineage % 7)),
        })
    }

    fn certificate(&mut self, planned: &Planned, signed: &Signed) {
        let (to, dialect) = (&self.template, self.dialect);
        let order = signed.account.as_ref().map(|_| planned.id(ORDER));
        let pairs: Vec<[&str; 2]> = signed.names.iter().map(|name| ["dns", name.as_str()]).collect();
        self.tables.certificates.push(&[
            &text(&signed.id),
            &text(&to.issuer),
            &text(&signed.serial),
            &dialect.octets(&signed.der),
            &dialect.octets(&signed.fingerprint),
            &maybe(order.as_deref()),
            &maybe(signed.account.as_ref().map(|_| "acme")),
            &maybe(signed.account.as_deref()),
            &text(&signed.requester),
            &text(&to.profile),
            &dialect.octets(&octets(&to.profile_hash)),
            &dialect.octets(&octets(&to.policy_set_hash)),
            &dialect.octets(&signed.spki_sha256),
            &planned.issued_at().to_string(),
            &planned.not_after().to_string(),
            &text(&format!("CN={}", signed.names[0])),
            &text(&json!(pairs).to_string()),
            &dialect.octets(&signed.names_hash),
            &to.crl_shard,
            &text(&to.status_url),
            &maybe(Plan::owner(planned.lineage).as_deref()),
            &planned.issued_at().to_string(),
            &planned.revoked_at.map_or_else(|| "NULL".to_owned(), |at| at.to_string()),
            &maybe(planned.revoked_at.map(|_| "superseded")),
        ]);
    }

    /// Renewed with 30 days left, so wanted when three quarters of them are left.
    fn watch(&mut self, planned: &Planned, signed: &Signed) {
        let end = planned.not_after();
        let at = if planned.renews { end - 30 * DAY * 3 / 4 } else { end - (14 * DAY).min(LIFE / 3) };
        let usual = if planned.renews { "TRUE" } else { "FALSE" };
        let hash = self.dialect.octets(&signed.names_hash);
        self.tables.watch.push(&[&text(&signed.id), &hash, &end.to_string(), &at.to_string(), usual]);
    }

    fn events(&mut self, planned: &Planned, signed: &Signed) -> Result<()> {
        let (to, fingerprint) = (&self.template, hexadecimal(&signed.fingerprint));
        let object = format!("certificate {}/{}", to.issuer, signed.serial);
        let names: Vec<String> = signed.names.iter().map(|name| format!("dns:{name}")).collect();
        let action = if signed.account.is_some() { "Finalize" } else { "IssueCertificate" };
        let issued = Event {
            id: planned.id(0xa0d),
            at_micros: planned.issued_ms * 1000,
            actor: &signed.requester,
            action,
            object: &object,
            decision: audit::decision(&to.decision, &signed.names),
            certificate_sha256: Some(fingerprint),
            details: json!({ "names": names.join(" "), "profile": to.profile }),
        };
        audit::push(&mut self.tables.audit, &issued, self.dialect)?;
        let Some(at) = planned.revoked_at else { return Ok(()) };
        let revoked = Event {
            id: crate::plan::id(at * 1000, 0xa0e, planned.number),
            at_micros: at * 1_000_000,
            actor: "Operator:ann",
            action: "RevokeCertificate",
            certificate_sha256: None,
            details: json!({ "reason": "superseded" }),
            ..issued
        };
        audit::push(&mut self.tables.audit, &revoked, self.dialect)
    }

    fn counts(&self) -> Vec<String> {
        let sums = self.counts.iter().map(|((kind, day, value), count)| {
            format!(
                "INSERT INTO certificate_count (kind, day, value, count) VALUES ('{kind}', {day}, '{value}', {count}) \
                 ON CONFLICT (kind, day, value) DO UPDATE SET count = certificate_count.count + excluded.count"
            )
        });
        let progress = self.last.iter().map(|(at, id)| {
            format!(
                "INSERT INTO count_progress (name, at, certificate_id) VALUES ('certificates', {at}, '{id}') \
                 ON CONFLICT (name) DO UPDATE SET at = excluded.at, certificate_id = excluded.certificate_id"
            )
        });
        sums.chain(progress).collect()
    }
}
