//! What the machine itself can do in this minute: its P-256 signatures and its disk flushes.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};

const READING: Duration = Duration::from_secs(1);

/// Rates per second, on one thread.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// ECDSA P-256 in aws-lc with nothing around it.
    pub signatures: f64,
    /// 8 KiB appended and flushed.
    pub flushes: f64,
}

impl Machine {
    /// Measures for a second each; `folder` says which disk.
    ///
    /// # Errors
    /// If the disk cannot be written.
    pub fn measure(folder: &Path) -> Result<Self> {
        Ok(Self { signatures: signatures()?, flushes: flushes(folder)? })
    }
}

/// ECDSA P-256 signatures per second on one thread, with nothing around them.
///
/// # Errors
/// If no key can be made.
pub fn signatures() -> Result<f64> {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?;
    let random = SystemRandom::new();
    rate(|| {
        key.sign(&random, &[7; 512])?;
        Ok(())
    })
}

/// 8 KiB appended and flushed, as a write-ahead log does.
fn flushes(folder: &Path) -> Result<f64> {
    let mut file: File = tempfile::tempfile_in(folder)?;
    rate(|| {
        file.write_all(&[0; 8192])?;
        Ok(file.sync_data()?)
    })
}

fn rate(mut act: impl FnMut() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    let mut count = 0_u32;
    while start.elapsed() < READING {
        act()?;
        count += 1;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}
