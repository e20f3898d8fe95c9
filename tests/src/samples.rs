//! Things to sign: real programs and archives, copied so that a test may change them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::environment::tool;
use crate::process::output;

/// A Windows program: the launcher that setuptools brings along.
///
/// # Errors
/// If setuptools is not in the virtual environment.
pub fn windows_program(folder: &Path, name: &str) -> Result<PathBuf> {
    let script = "import setuptools, pathlib; print(pathlib.Path(setuptools.__file__).with_name('cli-64.exe'))";
    let found = output(Command::new(tool("python")?).args(["-c", script]))?;
    copy(Path::new(found.trim()), folder, name)
}

/// A program of 32 bits, from the same place.
///
/// # Errors
/// If setuptools is not in the virtual environment.
pub fn windows_program_32(folder: &Path, name: &str) -> Result<PathBuf> {
    let script = "import setuptools, pathlib; print(pathlib.Path(setuptools.__file__).with_name('cli-32.exe'))";
    let found = output(Command::new(tool("python")?).args(["-c", script]))?;
    copy(Path::new(found.trim()), folder, name)
}

/// A boot loader: systemd-boot.
///
/// # Errors
/// If the package systemd-boot-efi is missing.
pub fn efi_program(folder: &Path, name: &str) -> Result<PathBuf> {
    let found = output(Command::new("find").args(["/usr/lib/systemd/boot/efi", "-name", "systemd-boot*.efi"]))?;
    let path = found.lines().next().context("no systemd-boot: install systemd-boot-efi")?;
    copy(Path::new(path), folder, name)
}

/// A JAR as `jar` makes it, with attributes in its manifest, names that have to be folded and others than ASCII.
///
/// # Errors
/// If there is no `jar`.
pub fn jar(folder: &Path, name: &str) -> Result<PathBuf> {
    let place = tempfile::tempdir()?;
    let content = place.path().join("content");
    let deep = content.join("a-package-with-a-name/that-needs-more-than-seventy-two-octets/in-the-manifest");
    std::fs::create_dir_all(&deep)?;
    std::fs::write(deep.join("Some.class"), [0xca, 0xfe, 0xba, 0xbe])?;
    std::fs::write(content.join("größe.txt"), "long ".repeat(5000))?;
    let services = content.join("META-INF/services");
    std::fs::create_dir_all(&services)?;
    std::fs::write(services.join("a.Service"), "an.Implementation\n")?;
    let manifest = place.path().join("manifest");
    std::fs::write(
        &manifest,
        "Main-Class: a.Main\nClass-Path: some.jar other.jar a-third-one-with-a-longer-name.jar and-another.jar\n\n\
         Name: größe.txt\nContent-Type: text/plain\n",
    )?;
    let path = folder.join(name);
    let mut command = java("jar");
    command.args(["--create", "--file"]).arg(&path).arg("--manifest").arg(&manifest).arg("-C").arg(content);
    output(command.arg("."))?;
    Ok(path)
}

fn copy(from: &Path, folder: &Path, name: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    std::fs::copy(from, &path).with_context(|| from.display().to_string())?;
    Ok(path)
}

/// Changes one octet in the middle of a file.
///
/// # Errors
/// If the file cannot be written.
pub fn damage(path: &Path) -> Result<()> {
    let mut bytes = std::fs::read(path)?;
    let middle = bytes.len() / 2;
    *bytes.get_mut(middle).context("an empty file")? ^= 1;
    Ok(std::fs::write(path, bytes)?)
}

/// The contents of an entry of a zip archive.
///
/// # Errors
/// If there is none of that name.
pub fn entry(archive: &Path, name: &str) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    output(java("jar").current_dir(folder.path()).args(["--extract", "--file"]).arg(archive).arg(name))?;
    std::fs::read(folder.path().join(name)).with_context(|| name.to_owned())
}

/// Changes the contents of an entry.
///
/// # Errors
/// If there is none of that name.
pub fn damage_entry(archive: &Path, name: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join(name);
    std::fs::create_dir_all(file.parent().context("a file of its own")?)?;
    std::fs::write(&file, [entry(archive, name)?, b"more".to_vec()].concat())?;
    // Unlike `jar --update`, this leaves the manifest alone.
    python(
        "import sys, zipfile, shutil, os\n\
            old, name, new = sys.argv[1:]\n\
            with zipfile.ZipFile(old) as a, zipfile.ZipFile(old + '.new', 'w') as b:\n\
            \x20   for i in a.infolist(): b.writestr(i, open(new, 'rb').read() if i.filename == name else a.read(i))\n\
            os.replace(old + '.new', old)\n",
        &[archive.as_os_str(), name.as_ref(), file.as_os_str()],
    )
}

/// Adds an entry, even a second one of the same name.
///
/// # Errors
/// If the archive cannot be written.
pub fn add_entry(archive: &Path, name: &str, contents: &str) -> Result<()> {
    python(
        "import sys, zipfile\n\
            with zipfile.ZipFile(sys.argv[1], 'a') as a: a.writestr(sys.argv[2], sys.argv[3])\n",
        &[archive.as_os_str(), name.as_ref(), contents.as_ref()],
    )
}

/// Has jarsigner sign a JAR with a key of its own.
///
/// # Errors
/// If it fails.
pub fn sign_with_jarsigner(jar: &Path, folder: &Path) -> Result<()> {
    let store = folder.join("keys.p12");
    let mut key = java("keytool");
    key.args(["-genkeypair", "-alias", "k", "-keyalg", "EC", "-dname", "CN=k", "-storepass", "changeit", "-keystore"]);
    output(key.arg(&store))?;
    let mut sign = java("jarsigner");
    output(sign.args(["-storepass", "changeit", "-keystore"]).arg(&store).arg(jar).arg("k")).map(drop)
}

fn python(script: &str, arguments: &[&std::ffi::OsStr]) -> Result<()> {
    output(Command::new(tool("python")?).args(["-c", script]).args(arguments)).map(drop)
}

/// A program of the JDK, in a locale in which names of files may have any character.
pub fn java(name: &str) -> Command {
    let mut command = Command::new(name);
    command.env("LC_ALL", "C.UTF-8");
    command
}
