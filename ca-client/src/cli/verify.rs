//! `signet-sign verify`: judges signed files, with the roots of `--ca-file` (and `--tsa-ca-file`) and nothing from the network.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use ca_core::hsm::DigestAlgorithm;
use ca_core::signing::{DigestItem, Format};
use ca_core::x509::Certificate;
use serde_json::json;

use super::arguments::{SharedArguments, VerifyArguments};
use super::connect;
use super::failure::Failure;
use super::output::{note, say};
use crate::artifact::{self, Destination, guess};
use crate::clock;
use crate::verification::{self, Evidence, Trusted, Verified};

pub(super) fn run(arguments: &VerifyArguments, shared: &SharedArguments) -> Result<(), Failure> {
    if arguments.signature.is_some() && arguments.files.len() != 1 {
        return Err(Failure::usage("--signature belongs to exactly one FILE"));
    }
    let trusted = connect::judged_by(shared)?;
    let mut refused = 0;
    for file in &arguments.files {
        let verdict = judge(file, arguments, &trusted);
        refused += usize::from(verdict.is_err());
        print(file, &verdict, shared);
    }
    match refused {
        0 => Ok(()),
        some => Err(Failure::Failed(anyhow::anyhow!("{some} of {} files are not verified", arguments.files.len()))),
    }
}

fn judge(path: &Path, arguments: &VerifyArguments, trusted: &Trusted) -> Result<Verified, anyhow::Error> {
    let format = match arguments.format {
        Some(format) => format,
        None => guess_signed(path, arguments.signature.as_deref())?,
    };
    let signature = match format {
        Format::AuthenticodePe | Format::JarSf => artifact::signature_within(path, format)?,
        Format::Raw | Format::CmsDetached => read(&beside(path, format, arguments.signature.as_deref()))?,
    };
    let chain = match &arguments.chain {
        Some(file) => verification::certificates(&read(file)?)?,
        None => Vec::new(),
    };
    let item = item(path, format, &signature, &chain)?;
    let evidence = Evidence { format, item: &item, signature: &signature, chain: &chain, trusted };
    Ok(verification::check(&evidence, clock::now())?.behind(artifact::unsigned_prefix(path, format)?))
}

/// The file's digest under the hash function that the signature is over; under SHA-256 if it is over none.
fn item(path: &Path, format: Format, signature: &[u8], chain: &[Certificate]) -> anyhow::Result<DigestItem> {
    let mut first = None;
    for algorithm in DigestAlgorithm::ALL {
        let digest = artifact::signed_digest(path, format, algorithm)?;
        let item = DigestItem { name: path.display().to_string(), algorithm, digest };
        let evidence = Evidence { format, item: &item, signature, chain, trusted: &Trusted::default() };
        if verification::is_about(&evidence, clock::now()) {
            return Ok(item);
        }
        first.get_or_insert(item);
    }
    first.context("there is a hash function")
}

/// A file with a bare signature beside it is what that is for.
fn guess_signed(path: &Path, signature: Option<&Path>) -> anyhow::Result<Format> {
    if signature.is_none() {
        let guessed = guess(path).with_context(|| path.display().to_string())?;
        if guessed != Format::CmsDetached {
            return Ok(guessed);
        }
    }
    let raw = beside(path, Format::Raw, signature);
    let is_raw = raw.extension().is_some_and(|extension| extension == "sig");
    let has_cms = beside(path, Format::CmsDetached, signature).exists();
    Ok(if is_raw && (signature.is_some() || !has_cms && raw.exists()) { Format::Raw } else { Format::CmsDetached })
}

fn beside(path: &Path, format: Format, signature: Option<&Path>) -> PathBuf {
    signature.map_or_else(|| Destination::InPlace.of(path, format), Path::to_owned)
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}

fn print(path: &Path, verdict: &Result<Verified, anyhow::Error>, shared: &SharedArguments) {
    match verdict {
        Ok(verified) if shared.json => {
            let prefix = verified.unsigned_prefix();
            say(json!({
                "file": path, "verified": true, "detail": verified.to_string(), "unsigned_prefix": prefix,
            }));
        }
        Err(error) if shared.json => say(json!({ "file": path, "verified": false, "detail": format!("{error:#}") })),
        Ok(verified) => say(format_args!("{}: verified, {verified}", path.display())),
        Err(error) => note(format_args!("{}: NOT verified: {error:#}", path.display())),
    }
}
