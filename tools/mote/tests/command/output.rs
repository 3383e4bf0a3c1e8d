//! What the executable writes where: a closed stdout, full devices, narrow terminals, tight limits.

use std::fs;
use std::process::{Command, Output, Stdio};

use crate::pty::Terminal;
use crate::support::{alone, command, file, mote, service, status, stderr, stdout, text};

/// An image of `hello`, and its folder, which goes when dropped.
fn hello() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let image = folder.path().join("hello.image");
    let built = mote(&["build", &service("hello"), "-o", text(&image)]);
    assert_eq!(status(&built), 0, "{}", stderr(&built));
    let image = text(&image).to_owned();
    (folder, image)
}

/// Runs `mote` in a shell, after or with what `script` says: `$@` is the command.
fn in_shell(script: &str, arguments: &[&str]) -> Output {
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh", env!("CARGO_BIN_EXE_mote")]).args(arguments);
    let _alone = alone();
    shell.env("NO_COLOR", "1").stdin(Stdio::null()).output().expect("a shell")
}

#[test]
fn closed_stdout_is_a_failure_of_every_command_with_output() {
    let (_folder, image) = hello();
    let run = ["run", &image, "--data", "Ada", "--budget-us", "10000000"];
    let json = ["run", &image, "--json", "--budget-us", "10000000"];
    let torture = ["torture", &image, "--every", "500"];
    let inspect = ["inspect", &image];
    for arguments in [&["--version"][..], &["--help"], &run, &json, &torture, &inspect] {
        for script in ["\"$@\" >&-", "\"$@\" >/dev/full"] {
            let output = in_shell(script, arguments);
            assert_eq!(status(&output), 1, "{script} {arguments:?}: {}", stderr(&output));
            assert!(stderr(&output).contains("cannot write"), "{}", stderr(&output));
        }
    }
}

#[test]
fn image_on_stdout_is_the_one_that_a_file_gets() {
    let (_folder, image) = hello();
    let output = mote(&["build", &service("hello"), "-o", "-"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(output.stdout == fs::read(image).expect("an image"), "{}", stderr(&output));
    assert!(!std::path::Path::new("-").exists());
    assert_eq!(status(&in_shell("\"$@\" >&-", &["build", &service("hello"), "-o", "-"])), 1);
}

#[test]
fn too_few_descriptors_are_told_as_such() {
    let (_folder, image) = hello();
    for limit in [8, 12, 16, 20] {
        let script = format!("ulimit -n {limit}; \"$@\"");
        let output = in_shell(&script, &["run", &image, "--data", "Ada"]);
        assert_eq!(status(&output), 5, "{limit}: {}", stderr(&output));
        let told = format!("this process may have {limit} descriptors open (ulimit -n)");
        assert!(stderr(&output).contains(&told), "{}", stderr(&output));
    }
}

#[test]
fn limit_of_file_sizes_is_told_before_anything_is_done() {
    let (_folder, image) = hello();
    for arguments in [&["run", &image][..], &["demo"], &["bench", "kill"], &["torture", &image]] {
        let output = in_shell("ulimit -f 2000; \"$@\"", arguments);
        assert_eq!(status(&output), 5, "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("ulimit -f"), "{}", stderr(&output));
    }
}

#[test]
fn argument_that_would_be_ignored_is_bad_usage() {
    let (_folder, image) = hello();
    let output = mote(&["run", &image, "--quantum-us", "50"]);
    assert_eq!(status(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("--source periodic"), "{}", stderr(&output));
    assert_eq!(status(&mote(&["torture", &image, "--at", "3", "--limit", "9"])), 2);
}

#[test]
fn frames_need_the_stack_that_the_invocation_is_given() {
    // Frames, then KiB of memory: it holds them until it is stopped.
    let (_folder, body) = file("body", &[2_000_u32.to_le_bytes(), [0; 4]].concat());
    let run = |stack_kib: &str| {
        let limits = ["--budget-us", "300000", "--mode", "discard", "--stack-kib", stack_kib];
        mote(&[&["run", &service("holds"), "--file", text(&body)][..], &limits].concat())
    };
    let shallow = run("64");
    assert_eq!(status(&shallow), 15, "{}", stderr(&shallow));
    let deep = run("65536");
    assert_eq!(status(&deep), 13, "{}", stderr(&deep));
}

#[test]
fn summary_begins_on_a_line_of_its_own_on_a_terminal() {
    let (_folder, image) = hello();
    let arguments = ["run", &image, "--data", "Ada", "--repeat", "20", "--budget-us", "10000000"];
    let said = Terminal::new(100).run(command(&arguments));
    assert!(said.contains("Hello, Ada!\r\n20 ok (returned)\r\n"), "{said}");
}

#[test]
fn tables_fit_a_narrow_terminal() {
    let (_folder, image) = hello();
    let repeat = ["run", &image, "--data", "Ada", "--repeat", "20", "--budget-us", "10000000"];
    let torture = ["torture", &image, "--every", "100"];
    for (arguments, needed) in [(&repeat[..], "latency"), (&torture, "no_lsda")] {
        let said = Terminal::new(40).run(command(arguments));
        assert!(said.contains(needed), "{said}");
        let table = said.lines().skip_while(|line| !line.trim_end().eq(needed));
        let widths = table.map(|line| line.trim_end().chars().count());
        assert!(widths.clone().count() > 3 && widths.max() <= Some(40), "{said}");
    }
    // A pipe has no width.
    let wide = stdout(&mote(&torture));
    assert!(wide.lines().any(|line| line.trim_end().chars().count() > 60), "{wide}");
}
