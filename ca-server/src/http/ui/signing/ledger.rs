//! `/signing/ledger`: what was signed, by digest.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use web_ui::frame::Section;
use web_ui::signing::{LedgerPage, LedgerRow, WithdrawalView};

use super::{environment, hexadecimal, subject};
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::page::{page as answer, page_with};
use crate::http::ui::query::Query;
use crate::http::ui::signed_in::SignedIn;
use crate::ops::OpError;
use crate::ops::signing::ledger::{self, CertificateId, CertificateRecord, FoundBy, LedgerLine};

/// Rows on a page.
const LIMIT: i64 = 50;

pub(super) async fn page(State(app): State<Arc<App>>, me: SignedIn, uri: Uri) -> Result<Response, Failure> {
    let query = Query::of(&uri);
    let digest = query.text("digest");
    let mut view = LedgerPage {
        frame: me.frame(&app, Section::Signing),
        digest: digest.clone(),
        problem: None,
        rows: Vec::new(),
        newer: None,
        older: None,
    };
    if digest.is_empty() {
        let after = query.after().and_then(|id| id.parse().ok());
        let found = ledger::newest(&app, &me.actor, after, LIMIT).await?;
        (view.newer, view.older) = (query.newest(), query.older(found.next.as_deref()));
        view.rows = rows(&app, found.items).await?;
        return answer(view.render());
    }
    match ledger::of_digest(&app, &me.actor, &digest).await {
        Ok(found) => view.rows = rows(&app, found).await?,
        Err(OpError::Problem(problem)) if problem.status() == 422 => {
            view.problem = Some(format!("{}.", problem.detail()));
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, view.render());
        }
        Err(error) => return Err(error.into()),
    }
    answer(view.render())
}

async fn rows(app: &App, lines: Vec<LedgerLine>) -> Result<Vec<LedgerRow>, Failure> {
    let certificates = ledger::certificates(app, &lines).await?;
    let environments: HashMap<String, &'static str> = app
        .policies
        .load()
        .signing_profiles()
        .map(|profile| (profile.name().to_owned(), profile.environment().as_str()))
        .collect();
    Ok(lines.into_iter().map(|line| row(line, &certificates, &environments)).collect())
}

fn row(
    line: LedgerLine,
    certificates: &HashMap<CertificateId, CertificateRecord>,
    environments: &HashMap<String, &'static str>,
) -> LedgerRow {
    let LedgerLine { record, withdrawn_at, found_by } = line;
    let certificate = certificates.get(&record.certificate_id);
    let reason = || certificate.and_then(|found| found.reason.clone()).unwrap_or_else(|| "unspecified".to_owned());
    LedgerRow {
        request: record.request_id.map(|id| id.to_string()),
        name: record.name,
        digest: hexadecimal(&record.digest),
        algorithm: record.algorithm.to_string(),
        format: record.format.to_string(),
        // A profile that is gone was one for releases, as far as anybody can rely on it.
        environment: environment(environments.get(&record.profile).copied().unwrap_or("release")),
        profile: record.profile,
        requester: subject(&record.subject),
        signed_at: record.created_at.seconds(),
        certificate: certificate.map(|found| (found.id.to_string(), found.serial.to_string())),
        timestamp: record.timestamp_serial,
        by_file: found_by == FoundBy::File,
        withdrawn: withdrawn_at.map(|at| WithdrawalView { at: at.seconds(), reason: reason() }),
    }
}
