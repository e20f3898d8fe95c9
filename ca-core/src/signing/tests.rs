mod judges;
mod refusals;
mod reports;

use aws_lc_rs::digest;

use super::fixture::*;
use super::*;
use crate::hsm::DigestAlgorithm;
use crate::policy::action::SignApproved;
use crate::time::UnixTime;
use crate::timestamp::{MessageImprint, TimeStampRequest, TimeStampToken};

const CONTENT: &[u8] = b"what a build made";

fn item(algorithm: DigestAlgorithm, content: &[u8]) -> DigestItem {
    let digest = digest::digest(algorithm.engine(), content).as_ref().to_vec();
    DigestItem { name: "app.bin".into(), algorithm, digest }
}

fn act(signer: &ArtifactSigner, format: Format, item: &DigestItem) -> SignApproved {
    let set = DigestSet::new(format, vec![item.clone()]).unwrap();
    let approved = ApprovedSet::by_breaking_glass(set.clone(), set.hash(), "sec".into(), 1).unwrap();
    SignApproved::new(approved, "s1".into(), "release".into(), "release", signer.certificate().serial().clone())
}

fn linted(hierarchy: &Hierarchy, signer: &ArtifactSigner, format: Format, item: &DigestItem) -> LintedArtifact {
    let artifact = Artifact { format, item, signing_time: hierarchy.now() };
    let permitted = permitted(act(signer, format, item));
    SignableArtifact::build(&permitted, artifact, signer).unwrap().lint(hierarchy.now()).unwrap()
}

fn signed(hierarchy: &Hierarchy, leaf: &Leaf, format: Format, item: &DigestItem) -> SignedArtifact {
    let signer = hierarchy.artifact_signer(leaf);
    let linted = linted(hierarchy, &signer, format, item);
    let signature = hierarchy.sign(leaf, &linted.sign_request(TIME_LIMIT));
    linted.assemble(&signature).unwrap()
}

/// A timestamp over a signature.
fn stamp(hierarchy: &Hierarchy, tsa: &Leaf, signature: &[u8], at: UnixTime) -> TimeStampToken {
    let imprint = MessageImprint::of(DigestAlgorithm::Sha256, signature);
    let request = TimeStampRequest::new(imprint, None, [7; 16]);
    crate::timestamp::tests::stamp(hierarchy, tsa, &request, at)
}
