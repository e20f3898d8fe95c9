#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

const PLAIN: &str = "label = \"x\"\nenvironment = \"release\"\nformats = [\"cms-detached\"]\ndigests = [\"sha256\"]\n\
                     [key]\nalgorithm = \"ecdsa-p256\"\n";

fn profile(more: &str) -> Result<SigningProfile, String> {
    SigningProfile::from_toml("x", "x.toml", &format!("{PLAIN}{more}")).map_err(|fault| fault.to_string())
}

const TAGS: &str = "[[trust]]\nname = \"tags\"\nissuer = \"https://ci.example.org\"\naudience = \"signet\"\n\
                    claims = { repository_id = \"123\", ref = \"refs/tags/v*\" }\n";

#[test]
fn the_built_in_profiles_are_sound_and_read_back_to_the_same_hash() {
    let files = [
        ("test", include_str!("../../../../policies/signing/test.toml")),
        ("release", include_str!("../../../../policies/signing/release.toml")),
    ];
    for (name, text) in files {
        let profile = SigningProfile::from_toml(name, name, text).unwrap();
        let again = SigningProfile::from_toml(name, "stored", profile.canonical()).unwrap();
        assert_eq!((again.hash(), again.policies()), (profile.hash(), profile.policies()));
        assert_eq!(profile.stages().is_empty(), name == "test");
    }
}

#[test]
fn everything_that_is_said_is_part_of_the_version() {
    let more = [
        "",
        TAGS,
        "[approval]\nstages = [{ group = \"approver\", required = 1 }]\n",
        "[approval]\nstages = [{ group = \"approver\", required = 2 }]\n",
        "[limits]\nfrozen = true\n",
        "[limits]\nhours = \"Mon-Fri 08:00-18:00\"\nsources = [\"10.0.0.0/8\"]\n",
        "[certificate]\nmode = \"per-request\"\nvalidity = \"1h\"\nproject_eku = \"1.3.6.1.4.1.99999.1\"\n",
        "[timestamp]\nrequired = false\nexternal = [\"http://tsa.example.org/\"]\n",
        "[request]\nreuse = false\nexpires = \"2h\"\n",
    ];
    let profiles: Vec<SigningProfile> = more.iter().map(|more| profile(more).unwrap()).collect();
    for (index, one) in profiles.iter().enumerate() {
        assert!(profiles.iter().skip(index + 1).all(|other| other.hash() != one.hash()), "{}", more[index]);
        let again = SigningProfile::from_toml("x", "stored", one.canonical()).unwrap();
        assert_eq!(again.hash(), one.hash(), "{}", one.canonical());
    }
    assert_eq!(profile("[limits]\nfrozen = false\n").unwrap().hash(), profiles[0].hash(), "the default spelled out");
}

#[test]
fn contradictions_are_refused_with_file_key_and_line() {
    let cases = [
        ("[limits]\nfrosen = true\n", "x.toml:8: frosen: unknown field"),
        ("[limits]\nitems = 3001\n", "x.toml:8: limits.items: between 1 and 3000"),
        ("[limits]\nitems = 0\n", "x.toml:8: limits.items"),
        ("[limits]\nhours = \"nine to five\"\n", "x.toml:8: limits.hours"),
        ("[limits]\nsources = [\"here\"]\n", "x.toml:8: "),
        (
            "[certificate]\nmode = \"per-request\"\nvalidity = \"73h\"\n",
            "x.toml:9: certificate.validity: a certificate",
        ),
        ("[certificate]\nmode = \"per-request\"\nvalidity = \"59m\"\n", "x.toml:9: certificate.validity"),
        ("[certificate]\nvalidity = \"soon\"\n", "x.toml:8: certificate.validity"),
        ("[certificate]\nproject_eku = \"code\"\n", "x.toml:8: certificate.project_eku"),
        ("[timestamp]\nexternal = [\"ftp://x\"]\n", "x.toml:8: timestamp.external"),
        ("[approval]\nstages = [{ group = \"approver\", required = 0 }]\n", "x.toml:8: approval.stages"),
        ("[approval]\nstages = [{ group = \"Two Words\", required = 1 }]\n", "x.toml:8: approval.stages"),
        ("[request]\nexpires = \"31d\"\n", "request.expires"),
        ("[[trust]]\n", "exactly one of issuer, mtls and api_tokens"),
        ("[[trust]]\napi_tokens = true\nissuer = \"https://ci\"\n", "exactly one of"),
        ("[[trust]]\napi_tokens = true\nclaims = { a = \"b\" }\n", "belong to a rule with an issuer"),
        ("[[trust]]\nissuer = \"http://ci\"\nclaims = { a = \"b\" }\n", "https URL"),
        ("[[trust]]\nissuer = \"https://ci\"\n", "which jobs of this CI"),
        ("[[trust]]\nissuer = \"https://ci\"\nclaims = { a = \"*\" }\n", "satisfied by everything"),
        ("[[trust]]\nissuer = \"https://ci\"\nclaims = { a = 1 }\n", "x.toml:9: "),
        ("[[trust]]\nissuer = \"https://ci\"\nclaim = { a = \"b\" }\n", "x.toml:9: claim: unknown field"),
        ("[[trust]]\nname = \"a b\"\napi_tokens = true\n", "name of a trust rule"),
    ];
    for (more, expected) in cases {
        let fault = profile(more).unwrap_err();
        assert!(fault.contains(expected), "{more}\n=> {fault}");
    }
    let twice = profile(&format!("{TAGS}{TAGS}")).unwrap_err();
    assert!(twice.contains("the same name"), "{twice}");
    for name in ["", "Two", "a/b/c", "../x", "a b", "/a", "a\"b"] {
        assert!(SigningProfile::from_toml(name, "x.toml", PLAIN).is_err(), "{name}");
    }
    assert!(SigningProfile::from_toml("payments/release-win", "x.toml", PLAIN).is_ok());
}

#[test]
fn keys_that_sign_messages_refuse_raw() {
    let raw = PLAIN.replace("\"cms-detached\"", "\"raw\"");
    let ed25519 = raw.replace("ecdsa-p256", "ed25519");
    let fault = SigningProfile::from_toml("x", "x.toml", &ed25519).unwrap_err().to_string();
    assert_eq!(
        fault,
        "x.toml:3: formats: an Ed25519 key signs messages, not digests (RFC 8032): leave out raw, or take another key"
    );
    assert!(SigningProfile::from_toml("x", "x.toml", &PLAIN.replace("ecdsa-p256", "ed25519")).is_ok());
    let p384 = raw.replace("ecdsa-p256", "ecdsa-p384");
    let fault = SigningProfile::from_toml("x", "x.toml", &p384).unwrap_err().to_string();
    assert!(fault.contains("signs sha384 only"), "{fault}");
    assert!(SigningProfile::from_toml("x", "x.toml", &raw.replace("ecdsa-p256", "rsa-3072")).is_ok());
}

#[test]
fn a_certificate_for_each_request_refuses_raw() {
    let raw = PLAIN.replace("\"cms-detached\"", "\"cms-detached\", \"raw\"");
    let per_request = format!("{raw}[certificate]\nmode = \"per-request\"\n");
    let fault = SigningProfile::from_toml("x", "x.toml", &per_request).unwrap_err().to_string();
    assert_eq!(
        fault,
        "x.toml:3: formats: a raw signature names no certificate, so that one for each request binds nothing: leave out \
         raw, or say mode = \"static\" under [certificate]"
    );
    assert!(SigningProfile::from_toml("x", "x.toml", &raw).is_ok(), "one certificate serves all requests");
    assert!(SigningProfile::from_toml("x", "x.toml", &per_request.replace(", \"raw\"", "")).is_ok());
}

#[test]
fn a_rule_says_which_claim_it_misses() {
    let profile = profile(TAGS).unwrap();
    let claims = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
    };
    let good =
        [("iss", "https://ci.example.org"), ("aud", "signet"), ("repository_id", "123"), ("ref", "refs/tags/v1")];
    assert_eq!(profile.unmet(&claims(&good)), []);
    let unmet = profile.unmet(&claims(&[good[0], good[1], ("ref", "refs/heads/main")]));
    let told: Vec<_> = unmet.iter().map(|u| (u.rule.as_str(), u.claim.as_str(), u.got.as_deref())).collect();
    assert_eq!(told, [("x/tags", "ref", Some("refs/heads/main")), ("x/tags", "repository_id", None)]);
}
