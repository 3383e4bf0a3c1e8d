//! What the operator's policy vets, and what is admitted without.

use std::collections::BTreeMap;

use mote_builder::{
    AdmissionError, BuildError, Event, Finding, HostCode, IntakeError, ManifestRule, NotVetted,
    Options, Policy, build,
};

use crate::service::Service;

const FNV: &str = "[dependencies.fnv]\nversion = \"1\"\ndefault-features = false\n";
const ITOA: &str = "[dependencies.itoa]\nversion = \"1\"\n";
const SERDE: &str =
    "[dependencies.serde]\nversion = \"1\"\ndefault-features = false\nfeatures = [\"derive\"]\n";

/// Builds the service `hello` with `dependencies`, under a policy with `entries` for crates; tells why each
/// crate was admitted.
fn built(dependencies: &str, entries: &str) -> Result<BTreeMap<String, String>, BuildError> {
    let text = format!("[[vetted]]\nreason = \"looked at\"\ncrates = [{entries}]\n");
    built_under(Policy::parse(&text).unwrap(), dependencies)
}

fn built_under(policy: Policy, dependencies: &str) -> Result<BTreeMap<String, String>, BuildError> {
    let service = Service::copied("hello", "\"0.1\"");
    service.append("Cargo.toml", dependencies);
    let options = Options { policy, ..service.options() };
    let mut admitted = BTreeMap::new();
    build(&options, &mut |event| {
        if let Event::Admitted { package, by } = event {
            let name = package.split(' ').next().unwrap_or_default();
            admitted.insert(name.to_owned(), by.to_string());
        }
    })?;
    Ok(admitted)
}

fn refused(dependencies: &str, entries: &str) -> AdmissionError {
    match built(dependencies, entries) {
        Err(BuildError::Admission(error)) => *error,
        Err(other) => panic!("{other}"),
        Ok(admitted) => panic!("it was built: {admitted:?}"),
    }
}

#[test]
fn each_crate_is_told_with_what_admitted_it() {
    let admitted = built(&format!("{FNV}{ITOA}"), "{ name = \"itoa\", version = \"1\" }").unwrap();
    assert_eq!(admitted["itoa"], "vetted: looked at");
    assert_eq!(admitted["fnv"], "not vetted: holds to the rules for services");
}

#[test]
fn crate_with_unsafe_code_is_refused_unless_its_version_is_vetted() {
    for (entries, expected) in [
        ("", NotVetted::Unlisted),
        (
            "{ name = \"itoa\", version = \"0.4\" }",
            NotVetted::OtherVersion { listed: vec!["^0.4".to_owned()] },
        ),
        (
            "{ name = \"itoa\", version = \"1\", checksums = [\"aa00000000000000000000000000000000000000000000000000000000000000\"] }",
            NotVetted::OtherChecksum,
        ),
    ] {
        let AdmissionError::Source { package, error, why } = refused(ITOA, entries) else {
            panic!("{entries}")
        };
        assert!(package.starts_with("itoa 1."), "{package}");
        assert_eq!((error.finding, why), (Finding::Unsafe, expected));
    }
}

/// serde has a build script, serde_derive is a procedural macro, and it uses syn.
#[test]
fn code_that_runs_on_the_builder_is_refused_unless_it_is_vetted() {
    let host = "{ name = \"syn\", version = \">=2\" }, { name = \"quote\", version = \"1\", build-script = true }, \
                { name = \"proc-macro2\", version = \"1\", build-script = true }, { name = \"unicode-ident\", version = \"1\" }";
    let serde = |rest: &str| {
        format!(
            "{{ name = \"serde\", version = \"1\", build-script = true }}, {{ name = \"serde_core\", version = \"1\", build-script = true }}, {rest}"
        )
    };
    let derive = "{ name = \"serde_derive\", version = \"1\", proc-macro = true }";
    for (entries, expected, why) in [
        (serde(host), HostCode::ProcMacro, NotVetted::Unlisted),
        (serde(derive), HostCode::BuildScript, NotVetted::Unlisted),
        (
            serde(&format!("{derive}, {}", host.replace(", build-script = true", ""))),
            HostCode::BuildScript,
            NotVetted::NotGranted,
        ),
        (
            serde(&format!("{derive}, {}", host.replace("unicode-ident", "other"))),
            HostCode::Library,
            NotVetted::Unlisted,
        ),
    ] {
        let error = refused(SERDE, &entries);
        let AdmissionError::RunsCode { code, why: found, .. } = error else { panic!("{error}") };
        assert_eq!((code, found), (expected, why), "{entries}");
    }
    let admitted = built(SERDE, &serde(&format!("{derive}, {host}"))).unwrap();
    assert!(admitted.values().all(|by| by == "vetted: looked at"), "{admitted:?}");
}

#[test]
fn macro_that_expands_to_unsafe_code_is_refused_unless_that_is_vetted() {
    let dependency = "[dependencies.static_assertions]\nversion = \"1\"\n";
    let entry = "{ name = \"static_assertions\", version = \"1\"";
    let error = refused(dependency, &format!("{entry} }}"));
    assert!(matches!(error, AdmissionError::UnsafeMacro { .. }), "{error}");
    built(dependency, &format!("{entry}, unsafe-macros = true }}")).unwrap();
}

#[test]
fn default_policy_vets_what_small_services_use() {
    let dependencies = format!(
        "{SERDE}{ITOA}{FNV}[dependencies.serde_json]\nversion = \"1\"\ndefault-features = false\nfeatures = [\"alloc\"]\n"
    );
    let admitted = built_under(Policy::default(), &dependencies).unwrap();
    assert!(admitted.values().all(|by| by.starts_with("vetted: ")), "{admitted:?}");
}

/// A crate outside of the service's folder, with unsafe code, a build script and a neighbour.
fn outside() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"near\", \"far\"]\n[workspace.package]\nversion = \"1.2.3\"\n",
    );
    write(
        "near/Cargo.toml",
        "[package]\nname = \"near\"\nversion.workspace = true\nedition = \"2024\"\n[dependencies]\nfar = { path = \"../far\" }\n",
    );
    write("near/src/lib.rs", "#![no_std]\npub use far::first;\n");
    write("far/Cargo.toml", "[package]\nname = \"far\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    write("far/build.rs", "fn main() { println!(\"cargo::rustc-cfg=built\"); }\n");
    write(
        "far/src/lib.rs",
        "#![no_std]\n#[cfg(built)]\npub fn first(bytes: &[u8; 1]) -> u8 { unsafe { *bytes.as_ptr() } }\n",
    );
    folder
}

#[test]
fn folder_outside_is_a_dependency_only_when_it_is_vetted() {
    let outside = outside();
    let near = outside.path().join("near");
    let dependency = format!("[dependencies.near]\npath = {:?}\n", near.to_str().unwrap());
    let vetted = |rest: &str| {
        let path = outside.path().to_str().unwrap();
        Policy::parse(&format!("[[folder]]\npath = {path:?}\nreason = \"ours\"\n{rest}")).unwrap()
    };
    let rule = |policy| match built_under(policy, &dependency) {
        Err(BuildError::Intake(IntakeError::Manifest { rule, .. })) => rule,
        other => panic!("{other:?}"),
    };
    let error = rule(Policy::default());
    assert!(matches!(error, ManifestRule::OutsidePath { .. }), "{error}");
    assert!(error.to_string().contains("[[folder]] in the policy"), "{error}");
    assert_eq!(rule(vetted("")), ManifestRule::BuildScript);
    let admitted = built_under(vetted("build-script = true\n"), &dependency).unwrap();
    assert_eq!(admitted["far"], "in a vetted folder: ours");
    assert_eq!(admitted.len(), 2);
}

/// Without the standard library it has more errors than are read.
#[test]
fn crate_that_wants_the_standard_library_is_told_so_however_many_errors_it_has() {
    let dependencies = "[dependencies.bincode]\nversion = \"1\"\n[dependencies.serde]\nversion = \"1\"\ndefault-features = false\n";
    let mut policy = Policy::default();
    policy.vetted.push(policy.vetted[0].clone());
    let group = policy.vetted.last_mut().unwrap();
    group.crates.retain(|entry| entry.name == "bincode");
    group.crates[0].version = semver::VersionReq::STAR;
    let error = built_under(policy, dependencies).unwrap_err();
    assert!(matches!(error, BuildError::NeedsStd { .. }), "{error}");
}
