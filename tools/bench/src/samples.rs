//! Raw samples for whoever analyses what was measured: a folder with a description of the machine, and a
//! file for each kind of sample.
//!
//! ```text
//!  FOLDER/machine.json   processor, cores, kernel, compiler, command
//!  FOLDER/NAME.jsonl     a JSON object a line
//! ```

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::Error;
use crate::machine::Machine;

/// The folder.
#[derive(Clone, Debug)]
pub struct Samples {
    folder: PathBuf,
}

/// What every figure is read beside.
#[derive(Debug, Serialize)]
struct Description<'a> {
    #[serde(flatten)]
    machine: Machine,
    toolchain: &'static str,
    version: &'static str,
    command: &'a str,
}

impl Samples {
    /// Makes the folder, and describes in it the machine and the command that measures.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn create(folder: &Path, command: &str) -> Result<Self, Error> {
        let samples = Self { folder: folder.to_owned() };
        let description = Description {
            machine: Machine::this(),
            toolchain: mote_dispatcher::TOOLCHAIN,
            version: env!("CARGO_PKG_VERSION"),
            command,
        };
        let written = fs::create_dir_all(folder).and_then(|()| {
            let text = serde_json::to_string_pretty(&description)?;
            fs::write(folder.join("machine.json"), text + "\n")
        });
        written.map_err(|source| samples.cannot("machine.json", source))?;
        Ok(samples)
    }

    /// A file for objects, a line each.
    pub(crate) fn lines(&self, name: &str) -> Result<Lines, Error> {
        let name = format!("{name}.jsonl");
        let file = File::create(self.folder.join(&name));
        let file = file.map_err(|source| self.cannot(&name, source))?;
        Ok(Lines { path: self.folder.join(name), file: BufWriter::new(file) })
    }

    fn cannot(&self, name: &str, source: io::Error) -> Error {
        Error::Write { path: self.folder.join(name), source }
    }
}

/// A file of objects.
#[derive(Debug)]
pub(crate) struct Lines {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Lines {
    /// Adds these.
    pub(crate) fn add<T: Serialize>(&mut self, objects: &[T]) -> Result<(), Error> {
        let written = objects.iter().try_for_each(|object| {
            serde_json::to_writer(&mut self.file, object)?;
            self.file.write_all(b"\n")
        });
        let written = written.and_then(|()| self.file.flush());
        written.map_err(|source| Error::Write { path: self.path.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_describes_the_machine_and_has_a_line_for_each_object() {
        let folder = tempfile::tempdir().unwrap();
        let samples = Samples::create(&folder.path().join("new"), "mote fuzz").unwrap();
        let mut lines = samples.lines("numbers").unwrap();
        lines.add(&[1, 2]).unwrap();
        lines.add(&[3]).unwrap();
        let read = |name| fs::read_to_string(folder.path().join("new").join(name)).unwrap();
        assert_eq!(read("numbers.jsonl"), "1\n2\n3\n");
        let machine: serde_json::Value = serde_json::from_str(&read("machine.json")).unwrap();
        assert_eq!(machine["command"], "mote fuzz");
        assert!(machine["cpu"].is_string() && machine["kernel"].is_string(), "{machine}");
    }
}
