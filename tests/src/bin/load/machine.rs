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
pub(crate) struct Machine {
    pub(crate) signatures: f64,
    pub(crate) flushes: f64,
}

impl Machine {
    pub(crate) fn measure(folder: &Path) -> Result<Self> {
        Ok(Self { signatures: signatures()?, flushes: flushes(folder)? })
    }
}

fn signatures() -> Result<f64> {
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
