//! `signet certificate issue|list|show|revoke|export`.

mod revoke;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use ca_core::duration;
use ca_core::time::UnixTime;
use ca_core::x509::name::SubjectAttribute;
use ca_core::x509::{Certificate, CertificationRequest, GeneralName};
use serde_json::{Value, json};

use super::arguments::ShowArguments;
use super::arguments::{CertificateArgument, CertificateCommand, ExportArguments, IssueArguments, ListArguments};
use super::failure::Failure;
use super::installation::{self, local_administrator, origin};
use super::output::{fingerprint, hexadecimal, say};
use crate::app::App;
use crate::authorities::Authority;
use crate::ops::certificate::find::{self, CertificateRecord};
use crate::ops::certificate::issue::{Asked, issue as issue_certificate};
use crate::ops::certificate::search::{self, CertificateFilter, CertificateStatus, NameFilter, Page, Sort, Span};
use crate::ops::instant;

pub(super) async fn run(command: CertificateCommand) -> Result<(), Failure> {
    match command {
        CertificateCommand::Issue(arguments) => issue(arguments).await,
        CertificateCommand::List(arguments) => list(arguments).await,
        CertificateCommand::Show(arguments) => show(arguments).await,
        CertificateCommand::Revoke(arguments) => revoke::revoke(arguments).await,
        CertificateCommand::Export(arguments) => export(arguments).await,
    }
}

async fn issue(arguments: IssueArguments) -> Result<(), Failure> {
    let csr = read_csr(&arguments.csr)?;
    let validity = arguments.validity.as_deref().map(duration::parse).transpose().map_err(Failure::usage)?;
    let named = arguments.san.iter().map(|text| name(text)).collect::<Result<Vec<_>, _>>()?;
    let app = installation::open(&arguments.config).await?;
    let names = match (named.is_empty(), app.policies.load().profile(&arguments.profile)) {
        (true, Some(profile)) => profile.names_of(&csr),
        _ => named,
    };
    let authority = authority(&app, arguments.authority.as_deref())?;
    let asked = Asked {
        authority,
        profile: &arguments.profile,
        public_key: csr.public_key(),
        subject: common_name(&csr),
        names,
        validity,
        project_purpose: None,
        owner: arguments.owner.clone(),
    };
    let (certificate, _) = issue_certificate(&app, &local_administrator(), &origin(&app), asked).await?;
    let chain = format!("{}{}", certificate.to_pem(), authority.issuer.chain().to_pem());
    app.store.close().await;
    deliver(arguments.out.as_deref(), chain.as_bytes())?;
    if arguments.json {
        say(json!({
            "serial": certificate.serial().to_string(), "fingerprint_sha256": hexadecimal(&certificate.fingerprint()),
            "not_after": certificate.validity().not_after.to_string(), "chain": chain,
        }));
    } else if arguments.out.is_none() {
        say(chain.trim_end());
    }
    Ok(())
}

fn read_csr(file: &Path) -> Result<CertificationRequest, Failure> {
    let fault = |error: std::io::Error| Failure::usage(anyhow::anyhow!("cannot read {}: {error}", file.display()));
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes).map_err(fault)?;
    } else {
        bytes = std::fs::read(file).map_err(fault)?;
    }
    let parsed = match std::str::from_utf8(&bytes) {
        Ok(text) if text.contains("-----BEGIN") => CertificationRequest::from_pem(text),
        _ => CertificationRequest::from_der(&bytes),
    };
    parsed.map_err(|fault| Failure::usage(anyhow::anyhow!("{}: {fault}", file.display())))
}

/// The profile decides whether it is taken over.
fn common_name(csr: &CertificationRequest) -> Vec<(SubjectAttribute, String)> {
    csr.common_names().iter().take(1).map(|name| (SubjectAttribute::CommonName, name.clone())).collect()
}

/// `dns:www.example.org`, or a bare DNS name or address.
fn name(text: &str) -> Result<GeneralName, Failure> {
    text.parse().map_err(|fault| Failure::usage(anyhow::anyhow!("--san {text}: {fault}")))
}

fn authority<'a>(app: &'a App, name: Option<&str>) -> Result<&'a Authority, Failure> {
    match name {
        Some(name) => Ok(app.authorities.by_name(name)?),
        None => Ok(app.authorities.default_issuing()?),
    }
}

async fn list(arguments: ListArguments) -> Result<(), Failure> {
    let app = installation::open(&arguments.config).await?;
    let now = app.clock.now();
    let filter = filter(&arguments, now)?;
    let sort = if arguments.expires_before.is_some() { Sort::FirstToEnd } else { Sort::Oldest };
    let mut page = Page::first(sort, i64::from(arguments.limit.clamp(1, 1000)));
    if let Some(cursor) = &arguments.after {
        let unreadable = |_| Failure::usage(anyhow::anyhow!("--after: this is not the cursor of a certificate"));
        page.from = search::place(&app, cursor.parse().map_err(unreadable)?).await?;
    }
    let found = match (&arguments.after, page.from) {
        (Some(_), None) => Vec::new(),
        _ => search::full_page(&app, &local_administrator(), &filter, page).await?,
    };
    app.store.close().await;
    print_list(&found, page, arguments.json, now);
    Ok(())
}

fn filter(arguments: &ListArguments, now: UnixTime) -> Result<CertificateFilter, Failure> {
    let unreadable = |fault| Failure::usage(anyhow::anyhow!("--expires-before: {fault}"));
    let before = arguments.expires_before.as_deref().map(|text| instant::parse(text, now)).transpose();
    let before = before.map_err(unreadable)?;
    Ok(CertificateFilter {
        name: arguments.name.as_deref().map(NameFilter::parse),
        profile: arguments.profile.clone(),
        status: arguments.status.as_deref().map(status_named).transpose()?,
        expires: Span { from: None, before },
        ..CertificateFilter::default()
    })
}

fn print_list(found: &[CertificateRecord], page: Page, as_json: bool, now: UnixTime) {
    if as_json {
        say(Value::Array(found.iter().map(|row| json_of(row, now)).collect()));
        return;
    }
    for row in found {
        let names: Vec<&str> = row.names.iter().map(|name| name.value.as_str()).collect();
        let status = status_name(row, now);
        say(format_args!("{}  {status}  until {}  {}  {}", row.serial, row.not_after, row.profile, names.join(",")));
    }
    if let Some(last) = found.last().filter(|_| found.len() >= usize::try_from(page.limit).unwrap_or(usize::MAX)) {
        say(format_args!("More: --after {}", last.id));
    }
}

fn status_named(text: &str) -> Result<CertificateStatus, Failure> {
    match text {
        "valid" => Ok(CertificateStatus::Valid),
        "expired" => Ok(CertificateStatus::Expired),
        "revoked" => Ok(CertificateStatus::Revoked),
        other => Err(Failure::usage(anyhow::anyhow!("--status {other}: use valid, expired or revoked"))),
    }
}

fn status_name(row: &CertificateRecord, now: UnixTime) -> &'static str {
    match CertificateStatus::of(row, now) {
        CertificateStatus::Valid | CertificateStatus::Soon => "valid",
        CertificateStatus::Expired => "expired",
        CertificateStatus::Revoked => "revoked",
    }
}

fn json_of(row: &CertificateRecord, now: UnixTime) -> Value {
    let names: Vec<String> = row.names.iter().map(|name| format!("{}:{}", name.kind, name.value)).collect();
    json!({
        "id": row.id.to_string(), "serial": row.serial.to_string(), "issuer": row.issuer, "subject": row.subject,
        "names": names, "profile": row.profile, "status": status_name(row, now),
        "not_before": row.not_before.to_string(), "not_after": row.not_after.to_string(),
        "fingerprint_sha256": hexadecimal(&row.fingerprint), "revoked_at": row.revoked_at.map(|at| at.to_string()),
        "reason": row.reason, "account": row.account_id.map(|account| account.to_string()),
        "requester": row.requester, "owner": row.owner, "issued_at": row.issued_at.to_string(),
    })
}

async fn find_one(app: &App, argument: &CertificateArgument) -> Result<(CertificateRecord, Certificate), Failure> {
    Ok(find::one(app, &local_administrator(), &argument.serial, argument.authority.as_deref()).await?)
}

async fn show(arguments: ShowArguments) -> Result<(), Failure> {
    let app = installation::open(&arguments.certificate.config).await?;
    let (row, certificate) = find_one(&app, &arguments.certificate).await?;
    let now = app.clock.now();
    app.store.close().await;
    if arguments.json {
        let mut object = json_of(&row, now);
        object["pem"] = json!(certificate.to_pem());
        say(object);
        return Ok(());
    }
    let names: Vec<String> = certificate.names().iter().map(ToString::to_string).collect();
    say(format_args!("Serial       {}", row.serial));
    say(format_args!("Status       {}", status_name(&row, now)));
    say(format_args!("Subject      {}", certificate.subject()));
    say(format_args!("Names        {}", names.join(", ")));
    say(format_args!("Issuer       {}", certificate.issuer()));
    say(format_args!("Valid        {} to {}", row.not_before, row.not_after));
    say(format_args!("Key          {}", certificate.public_key().algorithm()));
    say(format_args!("Profile      {}", row.profile));
    say(format_args!("Requested by {}", row.requester));
    say(format_args!("SHA-256      {}", fingerprint(&row.fingerprint)));
    if let Some(revoked_at) = row.revoked_at {
        say(format_args!("Revoked      {revoked_at}, {}", row.reason.as_deref().unwrap_or("unspecified")));
    }
    Ok(())
}

async fn export(arguments: ExportArguments) -> Result<(), Failure> {
    let app = installation::open(&arguments.certificate.config).await?;
    let (row, certificate) = find_one(&app, &arguments.certificate).await?;
    let chain = app.authorities.by_slug(&row.issuer)?.chain_below_anchor();
    app.store.close().await;
    let bytes = match arguments.format.as_str() {
        "pem" => certificate.to_pem().into_bytes(),
        "chain" => format!("{}{chain}", certificate.to_pem()).into_bytes(),
        "der" => certificate.as_der().to_vec(),
        other => return Err(Failure::usage(anyhow::anyhow!("--format {other}: use pem, chain or der"))),
    };
    match &arguments.out {
        Some(file) => deliver(Some(file), &bytes),
        None => {
            use std::io::Write as _;
            Ok(std::io::stdout().write_all(&bytes)?)
        }
    }
}

fn deliver(out: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    let Some(file) = out.map(PathBuf::from) else { return Ok(()) };
    std::fs::write(&file, bytes)
        .map_err(|error| Failure::failed(anyhow::anyhow!("cannot write {}: {error}", file.display())))
}
