//! Crates that cargo has from a vendored folder, and what hides in them from a policy that does not list them.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::service::Service;

/// The checksum of a file that crates.io does not have.
const CHECKSUM: &str = "5d1f0d1f0d1f0d1f0d1f0d1f0d1f0d1f0d1f0d1f0d1f0d1f0d1f0d1f0d1f0d1f";

/// The service `hello` that depends on the crate `hidden`, and a cargo that has it from a vendored folder.
struct Vendored {
    service: Service,
    home: tempfile::TempDir,
    manifest: String,
}

impl Vendored {
    fn new(edition: &str) -> Self {
        let service = Service::copied("hello", "\"0.1\"");
        service.append("Cargo.toml", "[dependencies.hidden]\nversion = \"1\"\n");
        let home = tempfile::tempdir().unwrap();
        let vendor = home.path().join("vendor");
        let config = format!(
            "[source.crates-io]\nreplace-with = \"here\"\n[source.here]\ndirectory = {:?}\n",
            vendor.to_str().unwrap()
        );
        fs::write(home.path().join("config.toml"), config).unwrap();
        let manifest =
            format!("[package]\nname = \"hidden\"\nversion = \"1.0.0\"\nedition = \"{edition}\"\n");
        Self { service, home, manifest }
    }

    /// Writes the crate with these sources, below `src`.
    fn write(&self, sources: &[(&str, &str)]) {
        let folder = self.home.path().join("vendor/hidden");
        let _ = fs::remove_dir_all(&folder);
        let manifest = (PathBuf::from("Cargo.toml"), self.manifest.as_str());
        let sources = sources.iter().map(|(name, text)| (Path::new("src").join(name), *text));
        let mut sums = Vec::new();
        for (name, text) in sources.chain([manifest]) {
            let path = folder.join(&name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            let sum: String = Sha256::digest(text).iter().map(|b| format!("{b:02x}")).collect();
            sums.push(format!("{:?}:{sum:?}", name.to_str().unwrap()));
        }
        let sums = format!("{{\"files\":{{{}}},\"package\":\"{CHECKSUM}\"}}", sums.join(","));
        fs::write(folder.join(".cargo-checksum.json"), sums).unwrap();
    }

    /// Builds the service offline with a cache of its own: the checksum is the same for all.
    fn build(&self) -> (bool, String) {
        let cache = tempfile::tempdir().unwrap();
        let mut command = self.service.command();
        command
            .arg("--offline")
            .env("CARGO_HOME", self.home.path())
            .env("XDG_CACHE_HOME", cache.path())
            .env_remove("MOTE_POLICY");
        let output = command.output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn vendored_crate_is_admitted_when_it_holds_to_the_rules() {
    let vendored = Vendored::new("2021");
    vendored.write(&[("lib.rs", "#![no_std]\npub mod inner;\n"), ("inner.rs", "pub fn f() {}\n")]);
    let (is_built, said) = vendored.build();
    assert!(is_built, "{said}");
    let expected = "admitted: hidden 1.0.0: not vetted: holds to the rules for services";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn what_hides_in_a_vendored_crate_is_found() {
    let vendored = Vendored::new("2015");
    for (sources, found) in [
        (
            &[("lib.rs", "#![no_std]\nmod a;\n"), ("a/mod.rs", "fn f() { unsafe {} }\n")][..],
            "hidden-1.0.0/src/a/mod.rs:1",
        ),
        (
            &[(
                "lib.rs",
                "#![no_std]\nmacro_rules! a { () => { macro_rules! b { () => { unsafe {} } } } }\n",
            )],
            "unsafe code",
        ),
        (
            &[
                ("lib.rs", "#![no_std]\nuse core::include as i;\ni!(\"x.txt\");\n"),
                ("x.txt", "fn f() {}"),
            ],
            "`include`",
        ),
        (
            &[
                (
                    "lib.rs",
                    "#![no_std]\nmacro_rules! m { ($a:ident) => { use core::$a as i; i!(\"x.txt\"); } }\nm!(include);\n",
                ),
                ("x.txt", ""),
            ],
            "`include`",
        ),
        (&[("lib.rs", "#![no_std]\n#[r#no_mangle]\npub extern fn memcpy() {}\n")], "`no_mangle`"),
        (
            &[("lib.rs", "#![no_std]\n#[export_name = \"memcpy\"]\npub extern fn async() {}\n")],
            "`export_name`",
        ),
        (
            &[
                ("lib.rs", "#![no_std]\n#[cfg_attr(all(), path = \"x.txt\")]\nmod x;\n"),
                ("x.txt", ""),
            ],
            "`path`",
        ),
    ] {
        vendored.write(sources);
        let (is_built, said) = vendored.build();
        assert!(!is_built && said.contains(found), "{found}: {said}");
        assert!(said.contains("it is not vetted: the policy does not list it"), "{said}");
    }
}

#[test]
fn vendored_crate_with_a_build_script_is_refused() {
    let mut vendored = Vendored::new("2021");
    vendored.manifest += "build = \"src/script.rs\"\n";
    vendored.write(&[("lib.rs", "#![no_std]\n"), ("script.rs", "fn main() {}\n")]);
    let (is_built, said) = vendored.build();
    assert!(!is_built && said.contains("has a build script, which would run"), "{said}");
}
