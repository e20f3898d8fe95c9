//! Measures a large signing request on a built `signet`: the time from the submission to the last signature, server CPU and
//! memory, beside the signatures per second that one core makes with a key of the same type and nothing around it.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
#![expect(clippy::print_stdout, reason = "its whole purpose")]

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use clap::Parser;
use hyper::Method;
use serde_json::{Value, json};
use signet_tests::ci_issuer::{CiIssuer, ISSUER};
use signet_tests::deployment::{Deployment, Kind, Prepared};
use signet_tests::https::Https;
use signet_tests::process_stat::ProcessStat;
use signet_tests::{environment, machine};

/// Measures one request for many signatures. Build it first: cargo build --release.
#[derive(Debug, Parser)]
#[command(name = "sign_load")]
struct Options {
    /// The signet to measure
    #[arg(long, value_name = "FILE", default_value = "target/release/signet")]
    binary: PathBuf,
    /// Rows in PostgreSQL and the key on a SoftHSM2 token; needs the environment of tests/run
    #[arg(long)]
    postgres: bool,
    /// How many digests in the request
    #[arg(long, value_name = "N", default_value_t = 3000)]
    items: usize,
    /// What is built around each digest: raw, cms-detached, authenticode-pe or jar-sf
    #[arg(long, default_value = "cms-detached")]
    format: String,
    /// Each signature with a timestamp of the server's own authority
    #[arg(long)]
    timestamps: bool,
    /// So many requests, one after the other
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
}

const PROFILE: &str = r#"
label = "Measured"
environment = "test"
formats = ["raw", "cms-detached", "authenticode-pe", "jar-sf"]
digests = ["sha256"]
[key]
algorithm = "ecdsa-p256"
[certificate]
mode = "static"
profile = "code-signing"
validity = "90d"
[timestamp]
required = REQUIRED
[[trust]]
name = "measurement"
issuer = "ISSUER"
jwks_file = "ci.json"
claims = { project_id = "42" }
[limits]
signatures_per_day = 10000000
requests_per_hour = 10000
"#;

/// Whoever asks: the client, the server's address, and the CI that vouches.
struct Job<'a> {
    https: Https,
    base: String,
    ci: &'a CiIssuer,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let binary = options.binary.canonicalize();
    environment::choose_signet(binary.with_context(|| format!("{}: build it first", options.binary.display()))?);
    println!("{:>9.0} signatures/s: ECDSA P-256 in aws-lc on one core, nothing around it", machine::signatures()?);
    let ci = CiIssuer::new()?;
    let deployment = serve(&options, &ci)?;
    // One thread: the generator leaves the other core to the server.
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(measure(&options, &deployment, &ci))
}

fn serve(options: &Options, ci: &CiIssuer) -> Result<Deployment> {
    let prepared = Prepared::new(if options.postgres { Kind::PostgresSofthsm2 } else { Kind::SqliteSoftware }, &[])?;
    let folder = prepared.signing_profiles()?;
    let profile = PROFILE.replace("REQUIRED", if options.timestamps { "true" } else { "false" });
    std::fs::write(folder.join("measured.toml"), profile.replace("ISSUER", ISSUER))?;
    std::fs::write(folder.join("ci.json"), ci.jwks()?.to_string())?;
    prepared.serve()
}

async fn measure(options: &Options, deployment: &Deployment, ci: &CiIssuer) -> Result<()> {
    let base = format!("https://{}", deployment.server.listen());
    let job = Job { https: deployment.https()?, base, ci };
    // The first request makes key and certificates.
    job.signed(&options.format, "warm-up", 1).await?;
    for round in 0..options.rounds {
        let (before, start) = (ProcessStat::of(deployment.server.pid())?, Instant::now());
        job.signed(&options.format, &format!("round-{round}"), options.items).await?;
        let (seconds, after) = (start.elapsed().as_secs_f64(), ProcessStat::of(deployment.server.pid())?);
        #[expect(clippy::cast_precision_loss, reason = "thousands")]
        let items = options.items as f64;
        println!(
            "{:>9.0} signatures/s: {} {} in {seconds:.2} s, {:.2} CPU s/1000, resident {} -> {} MiB, peak {} MiB",
            items / seconds,
            options.items,
            options.format,
            (after.cpu - before.cpu) * 1000.0 / items,
            before.resident / 1024,
            after.resident / 1024,
            after.peak_resident / 1024
        );
    }
    Ok(())
}

impl Job<'_> {
    /// Submits so many digests, which no other request has, and waits until all are signed.
    async fn signed(&self, format: &str, name: &str, items: usize) -> Result<()> {
        let item = |number: usize| {
            let artifact = format!("{name}-{number}");
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, artifact.as_bytes());
            json!({ "name": artifact, "alg": "sha256", "digest": hex(digest.as_ref()) })
        };
        let items: Vec<Value> = (0..items).map(item).collect();
        let body = json!({ "profile": "measured", "format": format, "items": items }).to_string();
        let token = self.ci.token(&self.base, &json!({ "sub": "project_path:acme/app", "project_id": "42" }))?;
        let token = format!("Bearer {token}");
        let fields = [("authorization", token.as_str()), ("content-type", "application/json")];
        let url = format!("{}/api/v1/signing/requests", self.base);
        let request = self.https.send_with(Method::POST, &url, &fields, body.into()).await?.success()?.json()?;
        self.wait(&url, &request).await
    }

    async fn wait(&self, requests: &str, request: &Value) -> Result<()> {
        let id = request["id"].as_str().context("an id")?;
        let token = format!("Bearer {}", request["request_token"].as_str().context("a token of the request")?);
        let url = format!("{requests}/{id}?wait=60");
        loop {
            let fields = [("authorization", token.as_str())];
            let answer = self.https.send_with(Method::GET, &url, &fields, Bytes::new()).await?.success()?.json()?;
            match answer["state"].as_str() {
                Some("signed") => return Ok(()),
                Some("received" | "approved" | "signing") => {}
                _ => ensure!(false, "{answer}"),
            }
        }
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
