//! `signet audit list|export`.

mod arguments;

use std::fs::File;
use std::io::Write;
use std::path::Path;

use ca_core::time::UnixTime;
use serde_json::json;

pub(super) use arguments::AuditCommand;
use arguments::{ExportArguments, FilterArguments, ListArguments};

use super::failure::Failure;
use super::installation::{self, local_administrator};
use super::output::say;
use crate::ops::audit::written::{Format, Written};
use crate::ops::audit::{Event, Filter, export as export_op, search};
use crate::ops::instant;

pub(super) async fn run(command: AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::List(arguments) => list(arguments).await,
        AuditCommand::Export(arguments) => export(arguments).await,
    }
}

async fn list(arguments: ListArguments) -> Result<(), Failure> {
    let app = installation::open(&arguments.config).await?;
    let filter = filter(&arguments.filter, app.clock.now())?;
    let (after, limit) = (arguments.after.as_deref(), i64::from(arguments.limit));
    let found = search::search(&app, &local_administrator(), &filter, after, limit).await?;
    app.store.close().await;
    if arguments.json {
        let items: Vec<Written> = found.items.into_iter().map(Written::from).collect();
        say(json!({ "items": items, "next": found.next }));
        return Ok(());
    }
    found.items.iter().for_each(|event| say(line(event)));
    if let Some(next) = found.next {
        say(format_args!("More: --after {next}"));
    }
    Ok(())
}

fn line(event: &Event) -> String {
    let at = event.at.to_unix_time();
    format!("{at}  {}  {}  {}  from {}", event.actor, event.action, event.object, event.origin)
}

fn filter(arguments: &FilterArguments, now: UnixTime) -> Result<Filter, Failure> {
    let moment = |name: &str, text: &Option<String>| {
        let named = |fault| Failure::usage(anyhow::anyhow!("--{name}: {fault}"));
        text.as_deref().map(|text| instant::parse_past(text, now)).transpose().map_err(named)
    };
    Ok(Filter {
        actor: arguments.actor.clone(),
        action: arguments.action.clone(),
        object: arguments.object.clone(),
        request_id: arguments.request.clone(),
        since: moment("since", &arguments.since)?,
        until: moment("until", &arguments.until)?,
    })
}

async fn export(arguments: ExportArguments) -> Result<(), Failure> {
    let format = if arguments.format == "csv" { Format::Csv } else { Format::JsonLines };
    let app = installation::open(&arguments.config).await?;
    let filter = filter(&arguments.filter, app.clock.now())?;
    let mut export = export_op::begin(&app, &local_administrator(), &filter)?;
    let mut out = output(arguments.out.as_deref())?;
    out.write_all(&format.head().map_err(Failure::failed)?)?;
    loop {
        let events = export.next().await?;
        if events.is_empty() {
            break;
        }
        out.write_all(&format.lines(events).map_err(Failure::failed)?)?;
    }
    out.flush()?;
    app.store.close().await;
    Ok(())
}

fn output(file: Option<&Path>) -> Result<Box<dyn Write + Send>, Failure> {
    let Some(file) = file else { return Ok(Box::new(std::io::stdout())) };
    let named = |fault| Failure::failed(anyhow::Error::new(fault).context(format!("cannot write {}", file.display())));
    Ok(Box::new(File::create_new(file).map_err(named)?))
}
