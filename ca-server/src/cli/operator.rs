//! `signet operator add|list|disable|enable|roles|reset-password`: who may sign in. Also the way in when nobody can: whoever may run
//! commands beside the configuration file may give anybody a new password, and the audit says so.

use serde_json::json;

use super::arguments::{OperatorAddArguments, OperatorArguments, OperatorCommand, OperatorListArguments};
use super::failure::Failure;
use super::installation::{self, local_administrator, origin};
use super::output::say;
use crate::ops::operator::{self, Listed};

pub(super) async fn run(command: OperatorCommand) -> Result<(), Failure> {
    match command {
        OperatorCommand::Add(arguments) => add(arguments).await,
        OperatorCommand::List(arguments) => list(arguments).await,
        OperatorCommand::Disable(arguments) => disable(arguments).await,
        OperatorCommand::Enable(arguments) => enable(arguments).await,
        OperatorCommand::Roles(arguments) => roles(arguments).await,
        OperatorCommand::ResetPassword(arguments) => reset_password(arguments).await,
    }
}

async fn add(arguments: OperatorAddArguments) -> Result<(), Failure> {
    let OperatorAddArguments { operator, role } = arguments;
    let app = installation::open(&operator.config).await?;
    let password = operator::add(&app, &local_administrator(), &origin(&app), &operator.name, role).await?;
    show_password(&operator, &password);
    app.store.close().await;
    Ok(())
}

async fn reset_password(arguments: OperatorArguments) -> Result<(), Failure> {
    let app = installation::open(&arguments.config).await?;
    let password = operator::reset_password(&app, &local_administrator(), &origin(&app), &arguments.name).await?;
    show_password(&arguments, &password);
    app.store.close().await;
    Ok(())
}

fn show_password(operator: &OperatorArguments, password: &str) {
    if operator.json {
        say(json!({ "name": operator.name, "one_time_password": password }));
    } else {
        say(format_args!("name               {}", operator.name));
        say(format_args!("one-time password  {password}"));
        say("It is shown only now, works for seven days, and must be changed at the first sign-in.");
    }
}

/// Rows read at once.
const PAGE: i64 = 500;

async fn list(arguments: OperatorListArguments) -> Result<(), Failure> {
    let app = installation::open(&arguments.config).await?;
    let mut found: Vec<Listed> = Vec::new();
    loop {
        let after = found.last().map_or(String::new(), |row| row.name.clone());
        let page = operator::list(&app, &local_administrator(), &after, PAGE).await?;
        let last = i64::try_from(page.len()).unwrap_or_default() < PAGE;
        found.extend(page);
        if last {
            break;
        }
    }
    if arguments.json {
        say(json!(found.iter().map(described).collect::<Vec<_>>()));
    } else {
        found.iter().for_each(|row| say(format_args!("{}  {}  {}", row.name, state(row), row.roles.join(","))));
    }
    app.store.close().await;
    Ok(())
}

fn described(row: &Listed) -> serde_json::Value {
    json!({
        "name": row.name, "provider": row.provider, "roles": row.roles, "status": state(row),
        "must_change_password": row.must_change_password, "second_factor": row.has_second_factor,
        "created_at": row.created_at.to_string(), "signed_in_at": row.signed_in_at.map(|at| at.to_string()),
    })
}

fn state(row: &Listed) -> &'static str {
    if row.is_active { "active" } else { "disabled" }
}

async fn enable(arguments: OperatorArguments) -> Result<(), Failure> {
    let app = installation::open(&arguments.config).await?;
    operator::enable(&app, &local_administrator(), &origin(&app), &arguments.name).await?;
    if arguments.json {
        say(json!({ "name": arguments.name, "status": "active" }));
    } else {
        say(format_args!("{} may sign in again. Their API tokens stay ended.", arguments.name));
    }
    app.store.close().await;
    Ok(())
}

async fn roles(arguments: OperatorAddArguments) -> Result<(), Failure> {
    let OperatorAddArguments { operator, role } = arguments;
    let app = installation::open(&operator.config).await?;
    operator::roles::change(&app, &local_administrator(), &origin(&app), &operator.name, role.clone()).await?;
    if operator.json {
        say(json!({ "name": operator.name, "roles": role }));
    } else {
        say(format_args!("{} has the roles {} now; their sessions have ended.", operator.name, role.join(", ")));
    }
    app.store.close().await;
    Ok(())
}

async fn disable(arguments: OperatorArguments) -> Result<(), Failure> {
    let app = installation::open(&arguments.config).await?;
    operator::disable(&app, &local_administrator(), &origin(&app), &arguments.name).await?;
    if arguments.json {
        say(json!({ "name": arguments.name, "status": "disabled" }));
    } else {
        say(format_args!("{} is kept out: sessions have ended and tokens no longer work.", arguments.name));
    }
    app.store.close().await;
    Ok(())
}
