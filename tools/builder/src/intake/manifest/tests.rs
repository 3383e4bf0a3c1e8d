//! What a manifest may say, and what becomes of it.

use crate::policy::Policy;

use super::*;

fn judged(text: &str, folder: &str) -> Result<(DocumentMut, Judged), IntakeError> {
    let mut manifest: DocumentMut = text.parse().unwrap();
    let roots = Roots::new(Path::new("/home/a/p"), &Policy::parse("").unwrap());
    let spot = roots.follow(&roots.own(), folder).unwrap();
    let place = Place { roots: &roots, spot: &spot, has_build_script: false };
    let judged = judge(&mut manifest, place)?;
    Ok((manifest, judged))
}

fn rule(text: &str) -> ManifestRule {
    match judged(text, "") {
        Err(IntakeError::Manifest { rule, .. }) => rule,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn what_changes_the_build_is_refused() {
    let replaces = ManifestRule::Replaces;
    for (text, expected) in [
        ("[package]\nbuild = \"b.rs\"\n", ManifestRule::BuildScript),
        ("[project]\nbuild = true\n", ManifestRule::BuildScript),
        ("[package]\nlinks = \"z\"\n", ManifestRule::Links),
        ("[lib]\nproc-macro = true\n", ManifestRule::ProcMacro),
        ("[lib]\ncrate-type = [\"proc-macro\"]\n", ManifestRule::ProcMacro),
        ("[patch.crates-io]\na = { path = \"a\" }\n", replaces("patch")),
        ("[replace]\n\"a:1.0.0\" = { path = \"a\" }\n", replaces("replace")),
        ("cargo-features = [\"public-dependency\"]\n", ManifestRule::CargoFeatures),
        ("[lib]\npath = \"../x.rs\"\n", ManifestRule::OutsideLibrary { path: "../x.rs".into() }),
    ] {
        assert_eq!(rule(text), expected, "{text}");
    }
}

#[test]
fn dependency_from_elsewhere_is_refused() {
    for key in ["git", "registry", "registry-index", "artifact", "branch", "base"] {
        let text = format!("[dependencies]\na = {{ {key} = \"x\" }}\n");
        let expected = ManifestRule::DependencyKey { name: "a".into(), key: key.into() };
        assert_eq!(rule(&text), expected);
    }
    for path in ["../a", "/etc", "a/../../b"] {
        let text = format!("[target.'cfg(unix)'.dependencies]\na = {{ path = \"{path}\" }}\n");
        let expected = ManifestRule::OutsidePath { name: "a".into(), path: path.into() };
        assert_eq!(rule(&text), expected);
    }
}

#[test]
fn folders_inside_are_told_as_seen_from_the_root() {
    let text = "[dependencies]\na = { path = \"../a\" }\nb = { path = \"/home/a/p/b\" }\n";
    let (manifest, judged) = judged(text, "inner").unwrap();
    // An absolute path is taken as one from the root of the package.
    assert_eq!(judged.folders[0].path, Path::new("a"));
    assert_eq!(manifest["dependencies"]["a"]["path"].as_str(), Some("../a"));
}

#[test]
fn service_crate_is_the_embedded_one_however_it_is_named() {
    let text = "[dependencies]\nmote-service = { path = \"../../gone\", version = \"0.1\" }\n\
                [target.x.dependencies.api]\npackage = \"mote-service\"\ngit = \"g\"\n";
    let (manifest, judged) = judged(text, "inner").unwrap();
    let path = |item: &Item| item["path"].as_str().unwrap().to_owned();
    assert_eq!(path(&manifest["dependencies"]["mote-service"]), "../../mote-service");
    assert_eq!(path(&manifest["target"]["x"]["dependencies"]["api"]), "../../mote-service");
    assert_eq!(judged.service_version.as_deref(), Some("0.1"));
}

#[test]
fn what_a_library_does_not_need_goes() {
    let text = "[package]\nname = \"p\"\n[lib]\ncrate-type = [\"cdylib\"]\n[workspace]\n\
                [dev-dependencies]\na = { git = \"x\" }\n[[bin]]\nname = \"b\"\npath = \"/x\"\n";
    let (manifest, _) = judged(text, "").unwrap();
    let names: Vec<_> = manifest.iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names, ["package", "lib", "lints"]);
    assert_eq!(manifest["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    assert_eq!(manifest["package"]["autobins"].as_bool(), Some(false));
    assert_eq!(manifest["package"]["build"].as_bool(), Some(false));
}
