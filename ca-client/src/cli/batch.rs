//! The files of one request: one format, names that differ, a digest each.

use std::path::PathBuf;

use anyhow::Context as _;
use ca_core::hsm::DigestAlgorithm;
use ca_core::signing::{DigestSet, DigestSetHash, Format};

use super::arguments::BatchArguments;
use super::failure::Failure;
use super::output::hexadecimal;
use super::progress::Progress;
use crate::api::{NewItem, NewRequest, Request};
use crate::artifact::{Artifact, ArtifactError, Existing, guess, prepare};
use crate::provenance::Provenance;
use crate::state::{Remembered, RememberedFile};

/// Artifacts with their digests.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) format: Format,
    pub(super) artifacts: Vec<Artifact>,
    pub(super) digest_set: DigestSetHash,
}

impl Batch {
    /// Reads every file. Those that are signed already are taken if one of the known requests is for them.
    pub(super) fn prepare(arguments: &BatchArguments, known: &[Remembered]) -> Result<Self, Failure> {
        let format = format(arguments)?;
        let mut progress = Progress::new(Some(arguments.files.len() as u64));
        let mut artifacts = Vec::with_capacity(arguments.files.len());
        for path in &arguments.files {
            progress.say(format!("computing digests ({format}, {})", arguments.digest));
            let existing = if arguments.replace { Existing::Replace } else { Existing::Refuse };
            let artifact = match prepare(path, format, arguments.digest, existing) {
                Err(error) if error.is_already_signed() => ours(path, format, arguments.digest, known)?.ok_or(error)?,
                other => other?,
            };
            artifacts.push(artifact);
            progress.step();
        }
        let items = artifacts.iter().map(|artifact| artifact.item.clone()).collect();
        let set = DigestSet::new(format, items).map_err(|error| Failure::Usage(error.into()))?;
        Ok(Self { format, artifacts, digest_set: set.hash() })
    }

    /// What the server is asked for.
    pub(super) fn request<'a>(
        &'a self,
        profile: &'a str,
        reason: Option<&'a str>,
        expires_in: Option<std::time::Duration>,
        provenance: &'a Provenance,
    ) -> NewRequest<'a> {
        let item = |artifact: &'a Artifact| NewItem {
            name: &artifact.item.name,
            alg: artifact.item.algorithm.as_str(),
            digest: hexadecimal(&artifact.item.digest),
            size: artifact.size,
            file_sha256: hexadecimal(&artifact.file_sha256),
        };
        NewRequest {
            profile,
            format: self.format.as_str(),
            reason,
            items: self.artifacts.iter().map(item).collect(),
            expires_in: expires_in.map(|duration| duration.as_secs()),
            provenance,
        }
    }

    /// How the request is remembered.
    pub(super) fn remembered(&self, server: &str, request: &Request) -> Remembered {
        let file = |artifact: &Artifact| RememberedFile {
            name: artifact.item.name.clone(),
            path: artifact.path.clone(),
            algorithm: artifact.item.algorithm.as_str().to_owned(),
            digest: hexadecimal(&artifact.item.digest),
            size: Some(artifact.size),
            file_sha256: Some(hexadecimal(&artifact.file_sha256)),
            approved_sha256: None,
        };
        Remembered::new(server, request, self.artifacts.iter().map(file).collect())
    }
}

/// The format asked for, or the one that all files have.
fn format(arguments: &BatchArguments) -> Result<Format, Failure> {
    if let Some(format) = arguments.format {
        return Ok(format);
    }
    let mut found: Option<(Format, &PathBuf)> = None;
    for path in &arguments.files {
        let format = guess(path).with_context(|| path.display().to_string()).map_err(Failure::Failed)?;
        match found {
            Some((other, first)) if other != format => {
                let (first, path) = (first.display(), path.display());
                let words = format!("{first} is {other}, {path} is {format}: a request has one format, give --format");
                return Err(Failure::usage(words));
            }
            _ => found = Some((format, path)),
        }
    }
    found.map(|(format, _)| format).ok_or_else(|| Failure::usage("there is no FILE"))
}

/// A file that an earlier run signed before it was interrupted: its digest is the one of a request that is known here.
fn ours(
    path: &std::path::Path,
    format: Format,
    algorithm: DigestAlgorithm,
    known: &[Remembered],
) -> Result<Option<Artifact>, ArtifactError> {
    let artifact = prepare(path, format, algorithm, Existing::Replace)?;
    let digest = hexadecimal(&artifact.item.digest);
    let same = |file: &RememberedFile| file.name == artifact.item.name && file.digest == digest;
    Ok(known.iter().any(|request| request.files.iter().any(same)).then_some(artifact))
}
