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
        let again = SigningProfile::from_stored(name, profile.canonical()).unwrap();
        assert_eq!((again.hash(), again.policies()), (profile.hash(), profile.policies()));
        assert_eq!(profile.stages().is_empty(), name == "test");
        assert_eq!(profile.limits().frozen, name == "test", "what nobody approves waits for a decision");
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
fn digests_that_the_key_does_not_sign_are_refused_with_file_key_and_line() {
    let load = |key: &str, format: &str, digests: &str| {
        let text = PLAIN.replace("ecdsa-p256", key).replace("cms-detached", format).replace("\"sha256\"", digests);
        SigningProfile::from_toml("x", "x.toml", &text).map(drop).map_err(|fault| fault.to_string())
    };
    for (key, format, digests, words) in [
        ("ecdsa-p256", "cms-detached", "\"sha256\", \"sha384\"", "ecdsa-p256 keys do not sign sha384 digests"),
        ("ecdsa-p384", "jar-sf", "\"sha256\"", "in the form jar-sf: submit sha384 digests"),
        ("ed25519", "cms-detached", "\"sha256\"", "submit sha512 digests"),
        ("ed25519", "authenticode-pe", "\"sha512\"", "nothing that runs programs verifies Ed25519"),
    ] {
        let fault = load(key, format, digests).unwrap_err();
        assert!(fault.starts_with("x.toml:4: digests: ") && fault.contains(words), "{key} {format}: {fault}");
    }
    assert_eq!(load("rsa-3072", "authenticode-pe", "\"sha256\", \"sha384\", \"sha512\""), Ok(()));
    assert_eq!(load("ecdsa-p384", "cms-detached", "\"sha384\""), Ok(()));
}

#[test]
fn rules_that_fit_a_whole_ci_are_refused_with_file_key_and_line() {
    let rule = |issuer: &str, claims: &str| {
        profile(&format!("[[trust]]\nissuer = \"https://{issuer}\"\nclaims = {{ {claims} }}\n")).map(drop)
    };
    let github = "token.actions.githubusercontent.com";
    for (issuer, claims, words) in [
        (github, "ref = \"refs/tags/v*\"", "x.toml:7: trust.claims: anybody may have jobs at https://token.actions"),
        (github, "repository = \"a*\"", "fix their owner by one of repository_owner_id, repository_id"),
        (github, "repository = \"*/app\"", "anybody may have jobs"),
        (github, "job_workflow_ref = \"acme/flows/x.yml@refs/heads/main\"", "anybody may have jobs"),
        (
            "gitlab.com",
            "ref_protected = \"true\"",
            "one of namespace_id, project_id, namespace_path, project_path, sub",
        ),
        ("agent.buildkite.com", "build_branch = \"main\"", "one of organization_id, pipeline_id"),
        ("ci.example.org", "aud = \"signet\"", "x.toml:7: trust.claims: say which jobs of this CI may ask"),
        ("ci.example.org", "aud = \"signet\", ref = \"**\"", "say which jobs of this CI may ask"),
    ] {
        let fault = rule(issuer, claims).unwrap_err();
        assert!(fault.contains(words), "{issuer} {claims}\n=> {fault}");
    }
    let machines = profile("[[trust]]\nmtls = { issuer = \"issuing\", san = \"*\" }\n").unwrap_err();
    assert_eq!(
        machines,
        "x.toml:7: trust.mtls: say which certificates of this authority may ask, by their alternative name"
    );
    for (issuer, claims) in [
        (github, "repository = \"acme/*\", ref = \"refs/tags/v*\""),
        (github, "repository_owner_id = \"9\""),
        ("gitlab.com", "namespace_path = \"acme\", ref_protected = \"true\""),
        ("ci.example.org", "ref = \"refs/tags/*\""),
        ("oidc.circleci.com/org/0b1c", "\"oidc.circleci.com/project-id\" = \"7\""),
    ] {
        assert_eq!(rule(issuer, claims), Ok(()), "{issuer} {claims}");
    }
}

#[test]
fn what_was_in_force_is_read_back_whatever_is_demanded_now() {
    let claims = "[[trust]]\nissuer = \"https://gitlab.com\"\nclaims = { ref = \"main\" }\n";
    let text = format!("{PLAIN}{claims}");
    assert!(SigningProfile::from_toml("x", "x.toml", &text).is_err());
    let stored = SigningProfile::from_stored("x", &text).unwrap();
    assert_eq!(SigningProfile::from_stored("x", stored.canonical()).unwrap().hash(), stored.hash());
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
    let sha512 = PLAIN.replace("sha256", "sha512");
    assert!(SigningProfile::from_toml("x", "x.toml", &sha512.replace("ecdsa-p256", "ed25519")).is_ok());
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
