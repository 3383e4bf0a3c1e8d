//! `mote keys`, and images that are signed.

use std::path::PathBuf;
use std::process::Output;

use crate::support::{alone, command, service, status, stderr, stdout, text};

/// A user with a folder of keys and images.
struct User(tempfile::TempDir);

impl User {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn mote(&self, arguments: &[&str]) -> Output {
        let _alone = alone();
        let mut command = command(arguments);
        command.env("XDG_CONFIG_HOME", self.0.path()).current_dir(self.0.path());
        command.output().unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The public half of a new key.
    fn key(&self, name: &str) -> String {
        let made = self.mote(&["keys", "new", name]);
        assert_eq!(status(&made), 0, "{}", stderr(&made));
        stdout(&made).trim().to_owned()
    }
}

#[test]
fn keys_are_made_and_listed() {
    let user = User::new();
    let (release, trial) = (user.key("release"), user.key("trial"));
    let listed = stdout(&user.mote(&["keys", "list"]));
    assert_eq!(listed, format!("release  {release}\ntrial  {trial}\n"));
    let again = user.mote(&["keys", "new", "trial"]);
    assert_eq!(status(&again), 1);
    assert!(stderr(&again).contains("choose another name"), "{}", stderr(&again));
}

#[test]
fn node_that_trusts_a_key_takes_its_images_only() {
    let user = User::new();
    let (key, other) = (user.key("release"), user.key("other"));
    let built = |arguments: &[&str]| {
        let output = user.mote(&[&["build", &service("hello")], arguments].concat());
        assert_eq!(status(&output), 0, "{}", stderr(&output));
    };
    built(&["--key", "release", "-o", "signed.image"]);
    built(&["-o", "plain.image"]);
    let run = |image: &str, trusted: &[&str]| {
        let trust = trusted.iter().flat_map(|key| ["--trust", key]);
        let arguments: Vec<_> = ["run", image, "--data", "Ada"].into_iter().chain(trust).collect();
        let output = user.mote(&arguments);
        (status(&output), stderr(&output))
    };
    for trusted in [&[][..], &[&*key], &["release"], &[&*other, &*key]] {
        assert_eq!(run("signed.image", trusted).0, 0, "{trusted:?}");
    }
    assert_eq!(run("plain.image", &[]).0, 0);
    let (code, said) = run("plain.image", &[&*key]);
    assert!(code == 3 && said.contains("it is not signed"), "{code}: {said}");
    let (code, said) = run("signed.image", &["other"]);
    assert!(
        code == 3 && said.contains(&format!("signed by {key}, which is not")),
        "{code}: {said}"
    );
    let (code, said) = run("signed.image", &["nobody"]);
    assert!(code == 2 && said.contains("`nobody` is neither"), "{code}: {said}");

    // A byte that no one looks at, such as of the ELF header's padding, is under the signature too.
    let mut image = std::fs::read(user.file("signed.image")).unwrap();
    image[15] ^= 1;
    std::fs::write(user.file("changed.image"), image).unwrap();
    for trusted in [&[][..], &["release"]] {
        let (code, said) = run("changed.image", trusted);
        assert!(code == 3 && said.contains("does not fit it"), "{code}: {said}");
    }
    let inspected = |image: &str| user.mote(&["inspect", text(&user.file(image))]);
    let changed = inspected("changed.image");
    assert_eq!(status(&changed), 3);
    assert!(stdout(&changed).contains("(wrong)"));
    assert!(stdout(&inspected("signed.image")).contains(&format!("signed by  {key}\n")));
}

#[test]
fn signature_is_all_that_a_key_changes() {
    let user = User::new();
    user.key("release");
    for (name, more) in [("signed", &["--key", "release"][..]), ("plain", &[])] {
        let image = format!("{name}.image");
        let output = user.mote(&[&["build", &service("hello"), "-o", &image], more].concat());
        assert_eq!(status(&output), 0, "{}", stderr(&output));
    }
    let [signed, plain] =
        ["signed", "plain"].map(|name| std::fs::read(user.file(&format!("{name}.image"))).unwrap());
    assert_eq!(signed.len(), plain.len() + 8 + 32 + 64);
    assert!(signed.starts_with(&plain), "the image is not what is signed");
}
