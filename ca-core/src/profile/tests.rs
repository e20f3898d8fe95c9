//! What a profile says about requests of people.

use super::{CertificateProfile, GeneratedKeyType};
use crate::x509::CertificationRequest;

const PLAIN: &str = "description = \"x\"\nkind = \"end-entity\"\n[validity]\ndefault = \"1d\"\nmaximum = \"2d\"\n[key]\n\
                     algorithms = [\"ecdsa-p256\", \"rsa\"]\nusage = [\"digital-signature\"]\n";

fn profile(more: &str) -> Result<CertificateProfile, String> {
    CertificateProfile::from_toml("x", "x.toml", &format!("{PLAIN}{more}")).map_err(|fault| fault.to_string())
}

#[test]
fn one_other_person_approves_and_no_key_is_made_unless_the_profile_says_so() {
    let plain = profile("").unwrap();
    assert_eq!((plain.approvals_required(), plain.generated_keys()), (1, &[][..]));
    let text =
        "[approval]\nrequired = 0\n[key_generation]\nallowed = true\nalgorithms = [\"ecdsa-p256\", \"rsa-3072\"]\n";
    let open = profile(text).unwrap();
    assert_eq!(open.approvals_required(), 0);
    assert_eq!(open.generated_keys(), [GeneratedKeyType::EcdsaP256, GeneratedKeyType::Rsa3072]);
    let shut = profile(&text.replace("true", "false")).unwrap();
    assert!(shut.generated_keys().is_empty());
}

#[test]
fn approval_and_key_generation_are_part_of_the_version() {
    let versions = [
        "",
        "[approval]\nrequired = 0\n",
        "[approval]\nrequired = 2\n",
        "[key_generation]\nallowed = true\nalgorithms = [\"ecdsa-p256\"]\n",
        "[key_generation]\nallowed = true\nalgorithms = [\"rsa-3072\"]\n",
    ];
    let profiles: Vec<CertificateProfile> = versions.iter().map(|more| profile(more).unwrap()).collect();
    for (index, one) in profiles.iter().enumerate() {
        assert!(profiles.iter().skip(index + 1).all(|other| other.hash() != one.hash()), "{}", versions[index]);
        let again = CertificateProfile::from_toml("x", "stored", one.canonical()).unwrap();
        assert_eq!((again.hash(), again.approvals_required()), (one.hash(), one.approvals_required()));
        assert_eq!(again.generated_keys(), one.generated_keys());
    }
    assert_eq!(profile("[approval]\nrequired = 1\n").unwrap().hash(), profiles[0].hash(), "the default spelled out");
}

#[test]
fn contradictions_are_refused_with_their_line() {
    let cases = [
        ("[approval]\nrequird = 1\n", "x.toml:10: requird: unknown field"),
        ("[approval]\nrequired = 11\n", "x.toml:10: approval.required: at most 10"),
        ("[approval]\nrequired = -1\n", "x.toml:10: "),
        ("[key_generation]\nallowed = true\n", "key_generation.algorithms: name the algorithms"),
        (
            "[key_generation]\nallowed = true\nalgorithms = []\n",
            "x.toml:11: key_generation.algorithms: name at least one",
        ),
        (
            "[key_generation]\nalgorithms = [\"ed25519\"]\n",
            "x.toml:10: key_generation.algorithms: key.algorithms does not",
        ),
        ("[key_generation]\nalgorithms = [\"rsa\"]\n", "x.toml:10: "),
        ("[key_generation]\nexport = true\n", "x.toml:10: export: unknown field"),
    ];
    for (more, expected) in cases {
        let fault = profile(more).unwrap_err();
        assert!(fault.contains(expected), "{more}\n=> {fault}");
    }
}

/// A signer called `releases` asks for no certificate of a host of that name.
#[test]
fn a_common_name_that_the_profile_takes_over_is_no_host() {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(vec!["www.example.org".to_owned()]).unwrap();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "releases");
    let csr = CertificationRequest::from_der(parameters.serialize_request(&key).unwrap().der()).unwrap();
    let names = |more: &str| {
        let names = profile(more).unwrap().names_of(&csr);
        names.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(names(""), ["dns:releases", "dns:www.example.org"]);
    assert_eq!(names("[subject]\ncommon_name = \"first-dns-name\"\n"), ["dns:releases", "dns:www.example.org"]);
    assert_eq!(names("[subject]\ncommon_name = \"requested\"\n"), ["dns:www.example.org"]);
}
