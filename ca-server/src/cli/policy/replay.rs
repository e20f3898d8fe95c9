//! `signet policy replay`.

use std::path::Path;

use ca_core::policy::PolicySource;
use serde_json::{Value, json};

use super::arguments::ReplayArguments;
use crate::cli::failure::Failure;
use crate::cli::installation::{self, local_administrator};
use crate::cli::output::{note, say};
use crate::ops::policy::replay::{self, Proposal, Replayed};

pub(super) async fn run(arguments: ReplayArguments) -> Result<(), Failure> {
    let source = |path: &std::path::PathBuf| {
        Ok::<_, Failure>(PolicySource { file: path.display().to_string(), text: read(path)? })
    };
    let profile = |path: &std::path::PathBuf| {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        Ok::<_, Failure>((name, read(path)?))
    };
    let proposal = Proposal {
        policies: arguments.policies.iter().map(source).collect::<Result<_, _>>()?,
        on_top: arguments.on_top,
        profiles: arguments.profiles.iter().map(profile).collect::<Result<_, _>>()?,
        days: arguments.days,
    };
    let app = installation::open(&arguments.config).await?;
    let found = replay::replay(&app, &local_administrator(), &proposal).await?;
    if arguments.json {
        say(json(&found))
    } else {
        tell(&found)
    }
    app.store.close().await;
    Ok(())
}

fn read(path: &Path) -> Result<String, Failure> {
    let named = |fault| Failure::usage(anyhow::Error::new(fault).context(format!("cannot read {}", path.display())));
    std::fs::read_to_string(path).map_err(named)
}

fn tell(found: &Replayed) {
    found.warnings.iter().for_each(|warning| note(format_args!("warning: {warning}")));
    say(format_args!("{} of {} decisions since {} would change", found.changed, found.asked, found.since));
    if found.unreadable > 0 {
        say(format_args!("{} were recorded in another form and could not be asked again", found.unreadable));
    }
    if found.is_cut {
        say("Older decisions of these days were left out: there are too many");
    }
    for (action, reason, count) in &found.summary {
        say(format_args!("  {count} x {action}: {reason}"));
    }
    for changed in &found.examples {
        let at = changed.at.to_unix_time();
        say(format_args!("{at}  {}  {}  {}: {}", changed.actor, changed.action, changed.object, changed.reason));
    }
}

fn json(found: &Replayed) -> Value {
    let summary: Vec<Value> = found
        .summary
        .iter()
        .map(|(action, reason, count)| json!({ "action": action, "reason": reason, "count": count }))
        .collect();
    let examples: Vec<Value> = found
        .examples
        .iter()
        .map(|changed| {
            json!({
                "event": changed.event, "at": changed.at.to_unix_time().to_string(), "actor": changed.actor,
                "action": changed.action, "object": changed.object, "reason": changed.reason,
            })
        })
        .collect();
    json!({
        "since": found.since.to_string(), "asked": found.asked, "unreadable": found.unreadable, "cut": found.is_cut,
        "changed": found.changed, "summary": summary, "examples": examples, "warnings": found.warnings,
    })
}
