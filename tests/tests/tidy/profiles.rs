//! What a profile issues is pinned: each has a golden certificate in text form.

use crate::source::{report, text_files};

#[test]
fn every_profile_has_a_golden_certificate() {
    let paths = || text_files().iter().map(|file| file.path.as_str());
    let snapshots: Vec<String> =
        paths().filter_map(|path| path.strip_suffix(".snap")).map(|path| path.replace(['_', '@', '/'], "-")).collect();
    let profiles = paths().filter_map(|path| path.strip_prefix("policies/profiles/")?.strip_suffix(".toml"));
    let missing: Vec<String> = profiles
        .filter(|profile| !snapshots.iter().any(|s| s.ends_with(&format!("-{profile}"))))
        .map(str::to_owned)
        .collect();
    report("Profiles without a snapshot *_NAME.snap of the certificate they issue:", &missing);
}
