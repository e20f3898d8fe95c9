//! `signet-sign embed`: what was fetched is verified and put where it belongs.

use std::path::{Path, PathBuf};

use ca_core::hsm::DigestAlgorithm;
use ca_core::signing::{DigestItem, Format};
use ca_core::x509::Certificate;
use serde_json::{Value, json};

use super::arguments::{EmbedArguments, OutputArguments, SharedArguments};
use super::connect;
use super::failure::Failure;
use super::fetch::{CHAIN, kept_as};
use super::output::{hexadecimal, say};
use super::progress::Progress;
use crate::artifact::{self, Artifact, Destination, Existing, is_among, name_of};
use crate::clock;
use crate::state::{Folder, Remembered, RememberedFile};
use crate::verification::{self, Evidence, Trusted};

pub(super) fn run(arguments: &EmbedArguments, shared: &SharedArguments) -> Result<(), Failure> {
    let folder = connect::folder(shared);
    let known = folder.require(arguments.chosen.request.as_deref())?;
    let chosen = chosen(&known, &arguments.files)?;
    let existing = if arguments.replace { Existing::Replace } else { Existing::Refuse };
    let paths: Vec<&Path> = chosen.iter().map(|(_, path)| path.as_path()).collect();
    let destinations = destinations(&paths, format(&known)?, &arguments.output)?;
    let chosen: Vec<Chosen> = chosen
        .into_iter()
        .zip(destinations)
        .map(|((place, path), destination)| Chosen { place, path, destination })
        .collect();
    let results = embed_all(&known, &chosen, existing, &arguments.output, shared, &folder)?;
    print(&known, &results, shared);
    Ok(())
}

/// A file of the request and where its result goes.
#[derive(Debug)]
pub(super) struct Chosen {
    /// Which of the request's files it is.
    pub(super) place: usize,
    pub(super) path: PathBuf,
    pub(super) destination: PathBuf,
}

/// Where the results go; refused before anything is asked or written if something would be lost.
pub(super) fn destinations(paths: &[&Path], format: Format, output: &OutputArguments) -> Result<Vec<PathBuf>, Failure> {
    let destination = Destination::new(output.out.as_deref(), paths.len());
    let all = destination.of_all(paths, format).map_err(|collision| Failure::Usage(collision.into()))?;
    let Some(chain) = &output.chain_out else { return Ok(all) };
    let files: Vec<PathBuf> = paths.iter().map(|path| path.to_path_buf()).chain(all.iter().cloned()).collect();
    if is_among(chain, &files) {
        return Err(Failure::usage(format!("--chain-out {} is a file or a result of this command", chain.display())));
    }
    Ok(all)
}

fn format(known: &Remembered) -> Result<Format, Failure> {
    known.format.parse().map_err(|error: ca_core::signing::UnknownFormat| damaged(error))
}

/// The request's files, or those of them that were named; each with its place in the request.
fn chosen(known: &Remembered, files: &[PathBuf]) -> Result<Vec<(usize, PathBuf)>, Failure> {
    if files.is_empty() {
        return Ok(known.files.iter().map(|file| file.path.clone()).enumerate().collect());
    }
    let place = |path: &PathBuf| {
        let name = name_of(path).map_err(|error| Failure::Usage(error.into()))?;
        let place = known.files.iter().position(|file| file.name == name);
        let place = place.ok_or_else(|| Failure::usage(format!("request {} does not cover {name}", known.id)))?;
        Ok((place, path.clone()))
    };
    files.iter().map(place).collect()
}

/// One signed file.
#[derive(Debug)]
pub(super) struct Embedded {
    file: PathBuf,
    result: PathBuf,
    digest: String,
    words: String,
}

/// Verifies and writes one file after the other; what was written before a failure is whole.
pub(super) fn embed_all(
    known: &Remembered,
    chosen: &[Chosen],
    existing: Existing,
    output: &OutputArguments,
    shared: &SharedArguments,
    folder: &Folder,
) -> Result<Vec<Embedded>, Failure> {
    let trusted = connect::judged_by(shared)?;
    let format = format(known)?;
    let chain = folder.kept(known, CHAIN)?;
    let mut progress = Progress::new(Some(chosen.len() as u64));
    let mut results = Vec::with_capacity(chosen.len());
    for Chosen { place, path, destination } in chosen {
        progress.say("verifying and writing signatures".to_owned());
        let file = known.files.get(*place).ok_or_else(|| Failure::usage("the request has no such file"))?;
        let task = Task {
            path,
            file,
            format,
            existing,
            signature: &folder.kept(known, &kept_as(*place))?,
            chain: &verification::certificates(&chain)?,
            trusted: &trusted,
            destination,
            output,
        };
        results.push(task.embed()?);
        progress.step();
    }
    if let Some(path) = &output.chain_out {
        std::fs::write(path, &chain)?;
    }
    Ok(results)
}

/// What belongs to one file.
struct Task<'a> {
    path: &'a Path,
    file: &'a RememberedFile,
    format: Format,
    existing: Existing,
    signature: &'a [u8],
    chain: &'a [Certificate],
    trusted: &'a Trusted,
    destination: &'a Path,
    output: &'a OutputArguments,
}

impl Task<'_> {
    fn embed(&self) -> Result<Embedded, Failure> {
        let known = DigestAlgorithm::ALL.into_iter().find(|known| known.as_str() == self.file.algorithm);
        let algorithm = known.ok_or_else(|| damaged(format!("{:?} is no hash function", self.file.algorithm)))?;
        self.compare(algorithm)?;
        let mut words = String::new();
        artifact::embed(
            self.path,
            self.format,
            algorithm,
            self.signature,
            &self.output.signer_name,
            self.destination,
            |written| -> Result<(), Failure> {
                words = self.judge(written, algorithm)?;
                Ok(())
            },
        )?;
        Ok(Embedded {
            file: self.path.to_owned(),
            result: self.destination.to_owned(),
            digest: self.file.digest.clone(),
            words,
        })
    }

    /// The file is still the one that people approved, or that one with this signature.
    fn compare(&self, algorithm: DigestAlgorithm) -> Result<(), Failure> {
        let found = match artifact::prepare(self.path, self.format, algorithm, self.existing) {
            // An earlier run put the signature in; its digest tells.
            Err(error) if error.is_already_signed() => {
                let again = artifact::prepare(self.path, self.format, algorithm, Existing::Replace)?;
                if hexadecimal(&again.item.digest) != self.file.digest {
                    return Err(error.into());
                }
                again
            }
            other => other?,
        };
        let path = self.path.display();
        if hexadecimal(&found.item.digest) != self.file.digest {
            let words = format!("{path}: the file is not the one whose digest was submitted");
            return Err(Failure::Failed(anyhow::Error::msg(words)));
        }
        if !self.is_the_same(&found)? && !self.is_ours() {
            let words =
                format!("{path}: the file was changed since it was submitted, in parts that no signature covers");
            return Err(Failure::Failed(anyhow::Error::msg(words)));
        }
        Ok(())
    }

    /// Digests of images and JARs leave parts of the file out. Of those, a script in front of a JAR is what people saw who
    /// approved; the rest is what was submitted from here, since a build that runs again may pack the same otherwise.
    fn is_the_same(&self, found: &Artifact) -> Result<bool, Failure> {
        let sha256 = hexadecimal(&found.file_sha256);
        let differs = |known: &Option<String>| known.as_ref().is_some_and(|known| *known != sha256);
        if differs(&self.file.file_sha256) || self.file.size.is_some_and(|size| size != found.size) {
            return Ok(false);
        }
        Ok(!differs(&self.file.approved_sha256) || artifact::unsigned_prefix(self.path, self.format)? == 0)
    }

    /// Whether an earlier run of this request has put its signature in already.
    fn is_ours(&self) -> bool {
        let inside = matches!(self.format, Format::AuthenticodePe | Format::JarSf);
        inside && artifact::signature_within(self.path, self.format).is_ok_and(|found| found == self.signature)
    }

    /// Judges what was written as anybody else would: signature and digest are read from it.
    fn judge(&self, written: &Path, algorithm: DigestAlgorithm) -> Result<String, Failure> {
        let inside = matches!(self.format, Format::AuthenticodePe | Format::JarSf);
        let source = if inside { written } else { self.path };
        let digest = artifact::signed_digest(source, self.format, algorithm)?;
        let signature = match inside {
            true => artifact::signature_within(written, self.format)?,
            false => std::fs::read(written)?,
        };
        let item = DigestItem { name: self.file.name.clone(), algorithm, digest };
        let evidence = Evidence {
            format: self.format,
            item: &item,
            signature: &signature,
            chain: self.chain,
            trusted: self.trusted,
        };
        let verified = verification::check(&evidence, clock::now())?;
        Ok(verified.behind(artifact::unsigned_prefix(source, self.format)?).to_string())
    }
}

fn damaged(reason: impl std::fmt::Display) -> Failure {
    Failure::Failed(anyhow::Error::msg(format!("the remembered request cannot be used: {reason}")))
}

/// A line a file, or everything in JSON.
pub(super) fn print(known: &Remembered, results: &[Embedded], shared: &SharedArguments) {
    if !shared.json {
        for result in results {
            say(format_args!("{}: signed, {}", result.result.display(), result.words));
        }
        return;
    }
    let file = |one: &Embedded| -> Value {
        json!({ "file": one.file, "result": one.result, "digest": one.digest, "verified": one.words })
    };
    say(json!({
        "id": known.id,
        "state": "signed",
        "profile": known.profile,
        "format": known.format,
        "digest_set": known.digest_set,
        "files": results.iter().map(file).collect::<Vec<_>>(),
    }));
}
