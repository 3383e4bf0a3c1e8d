//! What is seen and reached from inside, with each layer alone and with both.

use std::fs;
use std::process::Stdio;

use super::*;

/// Layers to try: those that the kernel has, together and each alone.
fn layers() -> Vec<Layers> {
    let available = Layers::available();
    let alone = Layer::ALL.into_iter().filter(|layer| available.has(*layer));
    let mut layers: Vec<_> = alone.map(|layer| available.only(layer)).collect();
    if layers.is_empty() {
        println!("skipped: this kernel offers no layer of a sandbox");
        return layers;
    }
    layers.push(available);
    layers
}

/// A sandbox with a folder to write.
struct Trial {
    sandbox: Sandbox,
    work: PathBuf,
    _folder: tempfile::TempDir,
}

impl Trial {
    fn new(layers: Layers, limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (root, work) = (folder.path().join("root"), folder.path().join("work"));
        fs::create_dir(&root).unwrap();
        fs::create_dir(&work).unwrap();
        let mut view = View::of_system();
        view.writable(&work, "/mote/work");
        Self { sandbox: Sandbox::new(layers, view, limits, root), work, _folder: folder }
    }

    /// What a shell script prints, run inside for at most so many seconds.
    fn shell(&self, script: &str, seconds: u64) -> Result<String, BuildError> {
        let mut command = self.sandbox.command(Path::new("/bin/sh"), &self.work);
        command.args(["-c", script]);
        let mut printed = String::new();
        let deadline = Deadline::after(seconds);
        let finished = self.sandbox.run(command, deadline, &mut |_| {}, &mut |line, _| {
            printed.push_str(line);
            printed.push('\n');
        })?;
        assert_eq!(finished.ended, Ended::Success, "{script}: {printed}{}", finished.stderr);
        Ok(printed)
    }
}

#[test]
fn files_that_are_not_shown_cannot_be_read() {
    for layers in layers() {
        let trial = Trial::new(layers, Limits::default());
        let printed = trial
            .shell(
                "cat /etc/passwd /etc/hostname 2>/dev/null; ls /root /home 2>/dev/null; echo end",
                10,
            )
            .unwrap();
        assert_eq!(printed, "end\n", "{layers:?}");
    }
}

#[test]
fn nothing_is_written_but_in_the_folder_for_it() {
    for layers in layers() {
        let trial = Trial::new(layers, Limits::default());
        let outside = tempfile::tempdir().unwrap();
        let outside = outside.path().display();
        let script = format!(
            "touch here && for place in /usr /mote {outside} /tmp; do touch $place/mote-mark && echo $place; done \
             2>/dev/null; test -e /usr/mote-mark && echo found; echo end"
        );
        assert_eq!(trial.shell(&script, 10).unwrap(), "end\n", "{layers:?}");
        assert!(trial.work.join("here").exists());
    }
}

#[test]
fn environment_is_empty_and_file_descriptors_are_the_three() {
    for layers in layers() {
        let trial = Trial::new(layers, Limits::default());
        let printed = trial.shell("env | cut -d= -f1 | sort | tr '\\n' ' '", 10).unwrap();
        assert_eq!(printed.trim(), "LC_ALL PATH PWD", "{layers:?}");
    }
}

#[test]
fn network_is_out_of_reach() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for layers in layers() {
        let trial = Trial::new(layers, Limits::default());
        let script = format!(
            "bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port} && echo reached' 2>/dev/null; echo end"
        );
        assert_eq!(trial.shell(&script, 10).unwrap(), "end\n", "{layers:?}");
    }
}

#[test]
fn all_processes_end_at_the_limit_of_time() {
    for layers in layers().into_iter().filter(|layers| layers.has(Layer::Namespaces)) {
        let trial = Trial::new(layers, Limits::default());
        let script = "setsid sleep 987 & sleep 987";
        let error = trial.shell(script, 1).unwrap_err();
        assert!(
            matches!(error, BuildError::Sandbox(SandboxError::Limit(Limit::Seconds(1)))),
            "{error}"
        );
        let left = Command::new("pgrep").args(["-f", "^sleep 987"]).stdout(Stdio::null()).status();
        assert!(!left.unwrap().success(), "a process is left behind");
    }
}

#[test]
fn memory_and_output_are_limited() {
    for layers in layers() {
        let trial = Trial::new(layers, Limits { memory_mib: 64, ..Limits::default() });
        let script = "perl -e '$x = \"a\" x (256 << 20)' 2>/dev/null || echo refused";
        assert_eq!(trial.shell(script, 10).unwrap(), "refused\n", "{layers:?}");
        let error = trial.shell("yes >&2", 20).unwrap_err();
        assert!(
            matches!(error, BuildError::Sandbox(SandboxError::Limit(Limit::Output(_)))),
            "{error}"
        );
    }
}

#[test]
fn capabilities_and_the_way_to_new_ones_are_gone() {
    for layers in layers().into_iter().filter(|layers| layers.has(Layer::Namespaces)) {
        let trial = Trial::new(layers, Limits::default());
        let printed = trial.shell("id -u; cat /proc/self/status 2>/dev/null | grep -E 'CapEff|NoNewPrivs'; umount /usr 2>/dev/null && echo unmounted; echo end", 10).unwrap();
        assert!(printed.starts_with("1000\n") && printed.ends_with("end\n"), "{printed}");
        assert!(!printed.contains("unmounted"), "{printed}");
        assert!(
            !printed.contains("CapEff") || printed.contains("CapEff:\t0000000000000000"),
            "{printed}"
        );
    }
}
