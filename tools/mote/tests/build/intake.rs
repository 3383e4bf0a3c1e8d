//! What of a package's folder is taken in, and what of it has an effect.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use mote_builder::{
    BuildError, Event, Ignored, IntakeError, Layer, Layers, ManifestRule, Options, build,
};

use crate::service::Service;

fn rule(error: BuildError) -> ManifestRule {
    match error {
        BuildError::Intake(IntakeError::Manifest { rule, .. }) => rule,
        other => panic!("{other}"),
    }
}

#[test]
fn build_script_is_refused_and_not_run() {
    let service = Service::copied("hello", "\"0.1\"");
    let mark = service.folder().join("mark");
    let script = format!("fn main() {{ std::fs::write({:?}, \"\").unwrap(); }}", mark.to_str());
    service.write("build.rs", &script);
    assert_eq!(rule(service.build().unwrap_err()), ManifestRule::BuildScript);
    assert!(!mark.exists());
}

#[test]
fn dependency_outside_of_the_folder_is_refused() {
    let service = Service::copied("hello", "\"0.1\"");
    service.append("Cargo.toml", "[dependencies.outside]\npath = \"../outside\"\n");
    assert!(matches!(rule(service.build().unwrap_err()), ManifestRule::OutsidePath { .. }));
}

#[test]
fn configuration_in_the_folder_is_ignored_and_told() {
    let service = Service::copied("hello", "\"0.1\"");
    service.write(
        ".cargo/config.toml",
        "[build]\nrustc = \"/bin/false\"\n[env]\nRUSTC_BOOTSTRAP = \"1\"\n",
    );
    service.write("rust-toolchain.toml", "[toolchain]\npath = \"/nonexistent\"\n");
    let mut ignored = Vec::new();
    build(&service.options(), &mut |event| {
        if let Event::Ignored { path, why } = event {
            ignored.push((path.display().to_string(), why));
        }
    })
    .unwrap();
    ignored.sort();
    let expected =
        [(".cargo", Ignored::CargoConfiguration), ("rust-toolchain.toml", Ignored::Toolchain)];
    assert_eq!(ignored, expected.map(|(path, why)| (path.to_owned(), why)));
}

#[test]
fn source_that_is_a_link_is_not_followed() {
    let service = Service::copied("hello", "\"0.1\"");
    symlink("/etc/passwd", service.folder().join("src/inner.rs")).unwrap();
    service.append("src/lib.rs", "mod inner;\n");
    let mut shown = String::new();
    let result = build(&service.options(), &mut |event| {
        if let Event::Diagnostic { rendered, .. } = event {
            shown.push_str(rendered);
        }
    });
    assert!(matches!(result.unwrap_err(), BuildError::DoesNotCompile { .. }));
    assert!(shown.contains("inner") && !shown.contains("root:"), "{shown}");
}

#[test]
fn member_of_a_workspace_is_built_from_its_own_folder() {
    let service = Service::copied("hello", "{ workspace = true }");
    let root = service.folder().parent().unwrap();
    let workspace = "[workspace]\nmembers = [\"service\", \"gone\"]\n[workspace.package]\nedition = \"2024\"\n\
                     [workspace.dependencies]\nmote-service = \"0.1\"\n[profile.release]\nopt-level = 1\n";
    fs::write(root.join("Cargo.toml"), workspace).unwrap();
    service.replace("Cargo.toml", "edition = \"2024\"", "edition.workspace = true");
    service.replace("Cargo.toml", "[workspace]\n", "");
    service.build().unwrap();
}

#[test]
fn package_that_is_not_locked_is_refused_with_locked() {
    let service = Service::copied("hello", "\"0.1\"");
    service.build().unwrap();
    let locked = Options { is_locked: true, ..service.options() };
    build(&locked, &mut |_| {}).unwrap();
    service.append("Cargo.toml", "[dependencies.itoa]\nversion = \"1\"\n");
    let error = build(&locked, &mut |_| {}).unwrap_err();
    assert!(matches!(error, BuildError::Intake(IntakeError::NotLocked { .. })), "{error}");
}

/// Two folders, of two users: each with a home, a cache and an environment.
#[test]
fn same_source_is_the_same_image_wherever_it_is_built() {
    if !Layers::available().has(Layer::Namespaces) {
        println!("skipped: without namespaces, builds see their files under different paths");
        return;
    }
    let images = [("ada", "C", "UTC"), ("grace", "de_DE.UTF-8", "Asia/Tokyo")].map(as_user);
    assert!(images[0] == images[1], "the images differ");
}

/// The image of a service that the user builds twice: the second time with the first image and the lock
/// file in its folder.
fn as_user((user, language, zone): (&str, &str, &str)) -> Vec<u8> {
    let service = Service::copied("wordcount", "\"0.1\"");
    let home = tempfile::tempdir().unwrap();
    let rustup = std::env::var_os("RUSTUP_HOME")
        .unwrap_or_else(|| Path::new(&std::env::var_os("HOME").unwrap()).join(".rustup").into());
    for _ in 0..2 {
        let mut command = service.command();
        command
            .env_remove("XDG_CACHE_HOME")
            .env("RUSTUP_HOME", &rustup)
            .env("HOME", home.path())
            .envs([("USER", user), ("LANG", language), ("TZ", zone), ("CARGO_BUILD_JOBS", "1")]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::copy(service.image(), service.folder().join("first.image")).unwrap();
    }
    fs::read(service.image()).unwrap()
}
