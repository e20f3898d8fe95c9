//! The pieces for CIs that the manual hands out: what they do when nobody has approved.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use signet_tests::environment::signet_sign;
use signet_tests::local_signer::LocalSigner;
use signet_tests::process::{Finished, run};
use signet_tests::workplace::Workplace;

fn template() -> Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/gitlab/signet-sign.yml");
    std::fs::read_to_string(&path).with_context(|| path.display().to_string())
}

/// The lines of a job of the template.
fn job<'a>(template: &'a str, name: &str) -> Result<Vec<&'a str>> {
    let heading = format!("{name}:");
    let after = template.lines().skip_while(|line| *line != heading).skip(1);
    let lines: Vec<&str> = after.take_while(|line| line.starts_with(' ')).collect();
    ensure!(!lines.is_empty(), "the template has no job {name}");
    Ok(lines)
}

/// The commands of one of its scripts, as a runner starts them.
fn script(place: &Workplace, job: &[&str], key: &str) -> Result<Finished> {
    let heading = format!("  {key}:");
    let after = job.iter().skip_while(|line| **line != heading).skip(1);
    let commands: Vec<&str> = after.map_while(|line| line.strip_prefix("    - ")).collect();
    ensure!(!commands.is_empty(), "no {key} in {job:?}");
    let folder = signet_sign()?.parent().context("a folder")?.display().to_string();
    let path = format!("{folder}:{}", std::env::var("PATH")?);
    let mut command = place.with_variables(Command::new("bash"));
    run(command.env("PATH", path).args(["-euc", &commands.join("\n")]))
}

fn place() -> Result<Workplace> {
    let signer = LocalSigner::create("ec -pkeyopt ec_paramgen_curve:P-256")?;
    let mut place = Workplace::of(&signer.file("root.pem"), "https://127.0.0.1:9")?;
    place.set("SIGNET_FILES", "a.txt");
    std::fs::write(place.file("a.txt"), "a")?;
    Ok(place)
}

#[test]
fn a_job_of_gitlab_that_is_pending_stops_the_pipeline() -> Result<()> {
    let template = template()?;
    let lines = job(&template, ".signet-sign")?;
    ensure!(!lines.iter().any(|line| line.contains("allow_failure")), "{lines:?}");
    ensure!(lines.iter().any(|line| line.contains("signet-sign sign")), "{lines:?}");
    Ok(())
}

#[test]
fn a_job_of_gitlab_that_publishes_stops_at_unsigned_files() -> Result<()> {
    let (template, place) = (template()?, place()?);
    let said = script(&place, &job(&template, ".signet-verified")?, "before_script")?;
    ensure!(said.status.code() == Some(1), "{}", said.words());
    ensure!(said.stderr.contains("a.txt: NOT verified"), "{}", said.words());
    Ok(())
}
