//! JARs as zip archives: entries in, digests out; and back, with manifest and signature in front.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use ca_core::cms::certs_only;
use ca_core::hsm::DigestAlgorithm;
use ca_core::signing::jar::{
    DigestedManifest, MANIFEST, Manifest, SignatureFile, SignerName, block_extension, is_covered, is_signature_file,
};
use ca_core::x509::Certificate;
use ca_core::x509::extension::BasicConstraints;
use zip::result::{ZipError, ZipResult};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::digest::digest_reader;
use super::{ArtifactError, Existing, open};

/// Octets of a manifest, signature file or block that are read at most.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Octets of any other entry, unpacked: those of a small archive may become thousands of times as many.
const LARGEST_ENTRY: u64 = 2 * 1024 * 1024 * 1024;

pub(super) const ALREADY_SIGNED: &str =
    "the JAR holds signature files: say that its signature is to be replaced, or sign the unsigned build";

type Archive = ZipArchive<BufReader<File>>;

/// The digest of the signature file that this JAR gets.
pub(super) fn digest(path: &Path, algorithm: DigestAlgorithm, existing: Existing) -> Result<Vec<u8>, ArtifactError> {
    let mut jar = Jar::open(path)?;
    if existing == Existing::Refuse && jar.names.iter().any(|name| is_signature_file(name)) {
        return Err(jar.fault(ALREADY_SIGNED));
    }
    let manifest = jar.digested(algorithm)?;
    Ok(SignatureFile::of(&manifest, algorithm).digest(algorithm))
}

/// The JAR with the signature `block` (DER), whatever signatures it held before: manifest, signature file and block first,
/// then every other entry as it lies there.
pub(super) fn embed(
    path: &Path,
    algorithm: DigestAlgorithm,
    block: &[u8],
    signer: &SignerName,
    out: &mut File,
) -> Result<(), ArtifactError> {
    let mut jar = Jar::open(path)?;
    let manifest = jar.digested(algorithm)?;
    let file = SignatureFile::of(&manifest, algorithm);
    let extension = extension_of(block).map_err(|reason| ArtifactError::Signature { path: jar.path(), reason })?;
    let front = [
        (MANIFEST.to_owned(), manifest.as_bytes()),
        (signer.signature_file(), file.as_bytes()),
        (signer.block(extension), block),
    ];
    jar.rewrite(&front, out)
}

/// The signature block of a JAR with exactly one.
pub(super) fn signature(path: &Path) -> Result<Vec<u8>, ArtifactError> {
    let mut jar = Jar::open(path)?;
    let (_, block) = jar.pair()?;
    jar.read(&block)
}

/// The digest of the signature file, after comparing it with the manifest and the manifest with every entry.
pub(super) fn signed_digest(path: &Path, algorithm: DigestAlgorithm) -> Result<Vec<u8>, ArtifactError> {
    let mut jar = Jar::open(path)?;
    let (file, _) = jar.pair()?;
    let file = SignatureFile::from_bytes(jar.read(&file)?);
    let manifest = jar.read(MANIFEST)?;
    file.check(&manifest).map_err(|source| ArtifactError::SignatureFile { path: jar.path(), source })?;
    let manifest = Manifest::parse(&manifest).map_err(|source| ArtifactError::Manifest { path: jar.path(), source })?;
    jar.compare(&manifest)?;
    Ok(file.digest(algorithm))
}

/// Octets in front of the archive: a script that starts it, which no signature of a JAR covers.
pub(super) fn prefix(path: &Path) -> Result<u64, ArtifactError> {
    Jar::open(path)?.prefix().map_err(|source| ArtifactError::Zip { path: path.display().to_string(), source })
}

/// An open archive and the names of its entries, each once.
struct Jar<'a> {
    path: &'a Path,
    /// The same open file as the archive's, which may be another one than lies under the path by now.
    file: File,
    archive: Archive,
    names: Vec<String>,
}

impl<'a> Jar<'a> {
    fn open(path: &'a Path) -> Result<Self, ArtifactError> {
        let invalid = |source| ArtifactError::Zip { path: path.display().to_string(), source };
        let opened = open(path)?;
        let file = opened.try_clone().map_err(ArtifactError::file(path))?;
        let mut archive = ZipArchive::new(BufReader::new(opened)).map_err(invalid)?;
        let ambiguous = archive.has_duplicate_names();
        // Some programs read the directory at the end, others the entries' own headers: they have to see the same.
        let consistent = archive.validate_header_consistency().map_err(invalid);
        let raw: Vec<Vec<u8>> = archive.file_names_raw().map(<[u8]>::to_vec).collect();
        let mut jar = Self { path, file, archive, names: Vec::with_capacity(raw.len()) };
        if ambiguous {
            return Err(jar.fault("two entries have the same name"));
        }
        consistent?;
        for name in raw {
            // Java reads names as UTF-8, whatever the archive says of them.
            jar.names.push(String::from_utf8(name).map_err(|_| jar.fault("the name of an entry is not UTF-8"))?);
        }
        jar.unambiguous()?;
        Ok(jar)
    }

    /// Java finds what is in `META-INF/` in any case: of two such names one would be signed and the other used.
    fn unambiguous(&self) -> Result<(), ArtifactError> {
        let mut seen = HashSet::new();
        for name in &self.names {
            let upper = name.to_ascii_uppercase();
            if upper == MANIFEST && name != MANIFEST {
                return Err(self.fault(&format!("the entry {name:?} would be taken for {MANIFEST}: give it that name")));
            }
            if upper.starts_with("META-INF/") && !seen.insert(upper) {
                return Err(self.fault(&format!("another entry is called {name:?} in another case")));
            }
        }
        Ok(())
    }

    fn path(&self) -> String {
        self.path.display().to_string()
    }

    fn fault(&self, reason: &str) -> ArtifactError {
        ArtifactError::Jar { path: self.path(), reason: reason.to_owned() }
    }

    /// The manifest with the digest of every entry.
    fn digested(&mut self, algorithm: DigestAlgorithm) -> Result<DigestedManifest, ArtifactError> {
        let path = self.path();
        let invalid = |source| ArtifactError::Manifest { path: path.clone(), source };
        let manifest = match self.names.iter().any(|name| name == MANIFEST) {
            true => Manifest::parse(&self.read(MANIFEST)?).map_err(invalid)?,
            false => Manifest::empty(),
        };
        let mut digests = Vec::new();
        for (index, name) in self.covered() {
            digests.push((name, self.entry_digest(index, algorithm)?));
        }
        manifest.with_digests(algorithm, &digests).map_err(invalid)
    }

    /// Every covered entry has a digest in the manifest and all that it has are right; every digest is of an entry.
    fn compare(&mut self, manifest: &Manifest) -> Result<(), ArtifactError> {
        let mut vouched = HashSet::new();
        let names: HashSet<String> = self.names.iter().cloned().collect();
        for algorithm in DigestAlgorithm::ALL {
            let digests = manifest.digests(algorithm);
            for (index, name) in self.covered() {
                let Some(expected) = digests.get(name.as_str()) else { continue };
                if self.entry_digest(index, algorithm)? != *expected {
                    return Err(self.fault(&format!("the entry {name:?} is not the one that was signed")));
                }
                vouched.insert(name);
            }
            if let Some(missing) = digests.keys().find(|name| !names.contains(**name)) {
                return Err(self.fault(&format!("the entry {missing:?} was signed and is missing")));
            }
        }
        match self.covered().into_iter().find(|(_, name)| !vouched.contains(name)) {
            Some((_, name)) => Err(self.fault(&format!("the entry {name:?} is not signed"))),
            None => Ok(()),
        }
    }

    /// Places and names of what a signature covers.
    fn covered(&self) -> Vec<(usize, String)> {
        self.names.iter().cloned().enumerate().filter(|(_, name)| is_covered(name)).collect()
    }

    fn entry_digest(&mut self, index: usize, algorithm: DigestAlgorithm) -> Result<Vec<u8>, ArtifactError> {
        let (path, name) = (self.path(), self.names.get(index).cloned().unwrap_or_default());
        let too_long = self.fault(&format!("the entry {name:?} has more than 2 GiB"));
        let entry = self.archive.by_index(index).map_err(|source| ArtifactError::Zip { path, source })?;
        // What an entry says of its size need not be so.
        let (announced, mut contents) = (entry.size(), entry.take(LARGEST_ENTRY + 1));
        if announced <= LARGEST_ENTRY {
            let digested = digest_reader(&mut contents, algorithm).map_err(ArtifactError::file(self.path))?;
            if digested.size <= LARGEST_ENTRY {
                return Ok(digested.digest);
            }
        }
        Err(too_long)
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, ArtifactError> {
        let path = self.path();
        let invalid = |source| ArtifactError::Zip { path: path.clone(), source };
        let index = self.archive.index_for_name_raw(name.as_bytes()).ok_or(ZipError::FileNotFound).map_err(invalid)?;
        let entry = self.archive.by_index(index).map_err(invalid)?;
        let mut bytes = Vec::new();
        entry.take(LARGEST + 1).read_to_end(&mut bytes).map_err(ArtifactError::file(self.path))?;
        if bytes.len() as u64 > LARGEST {
            return Err(self.fault(&format!("the entry {name:?} has more than 64 MiB")));
        }
        Ok(bytes)
    }

    /// The names of the signature file and its block, if there is one of each.
    fn pair(&self) -> Result<(String, String), ArtifactError> {
        let all: Vec<&String> = self.names.iter().filter(|name| is_signature_file(name)).collect();
        let (files, blocks): (Vec<&String>, Vec<&String>) =
            all.into_iter().partition(|name| name.to_ascii_uppercase().ends_with(".SF"));
        match (files.as_slice(), blocks.as_slice()) {
            ([file], [block]) if stem(file) == stem(block) => Ok(((*file).clone(), (*block).clone())),
            ([], []) => Err(self.fault("the JAR is not signed")),
            _ => Err(self.fault("the JAR does not hold exactly one signature")),
        }
    }

    fn rewrite(&mut self, front: &[(String, &[u8])], out: &mut File) -> Result<(), ArtifactError> {
        let path = self.path();
        let written = self.copy_prefix(out).and_then(|()| self.write_entries(front, out));
        written.map_err(|source| ArtifactError::Zip { path, source })
    }

    /// How many octets lie in front of the archive: scripts of archives that start themselves.
    fn prefix(&mut self) -> ZipResult<u64> {
        let mut length = self.archive.offset();
        // Offsets may already count the prefix.
        for index in 0..self.names.len() {
            let start = self.archive.by_index_raw(index)?.header_start();
            length = if index == 0 { start } else { length.min(start) };
        }
        Ok(length)
    }

    fn copy_prefix(&mut self, out: &mut File) -> ZipResult<()> {
        let length = self.prefix()?;
        // The archive's reader looks for its place anew before each entry.
        self.file.rewind()?;
        let copied = io::copy(&mut (&self.file).take(length), out)?;
        if copied == length { Ok(()) } else { Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()) }
    }

    fn write_entries(&mut self, front: &[(String, &[u8])], out: &mut File) -> ZipResult<()> {
        out.seek(SeekFrom::End(0))?;
        let mut writer = ZipWriter::new(BufWriter::new(out));
        writer.set_raw_comment(self.archive.comment().into())?;
        for (name, contents) in front {
            writer.start_file(name, SimpleFileOptions::default())?;
            writer.write_all(contents)?;
        }
        for (index, name) in self.names.iter().enumerate() {
            if name != MANIFEST && !is_signature_file(name) {
                writer.raw_copy_file(self.archive.by_index_raw(index)?)?;
            }
        }
        Ok(writer.finish()?.flush()?)
    }
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The extension for a block, by the key of the signer's certificate: the first that is no authority's.
fn extension_of(block: &[u8]) -> Result<&'static str, String> {
    let certificates = certs_only::read(block).map_err(|error| error.to_string())?;
    let certificates = certificates.iter().filter_map(|der| Certificate::from_der(der).ok());
    let mut signers = certificates.filter(|one| matches!(one.basic_constraints(), BasicConstraints::EndEntity));
    let signer = signers.next().ok_or("there is no signer's certificate in it")?;
    Ok(block_extension(signer.public_key().algorithm()))
}
