//! Machine code that no loader lets in, written into the text window behind its back: what an image would
//! do if it were not checked, or a jump into the middle of an instruction does.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use mote_abi::outcome::Mode;
use mote_dispatcher::{Completed, NodeConfig};
use mote_tests::{AMPLE_US, TestNode, machine_code};
use rustix::fs::SeekFrom;

/// What the host's import is called that takes a response.
const RESPOND: &str = "mote_respond";

/// What the text window's memory is called.
const WINDOW: &str = "memfd:mote-text";

/// How many bytes of code may be planted.
const ROOM: usize = 96;

/// Stands before the room, as an operand.
const NONCE: [u8; 8] = 0x05ee_d0fa_77ac_u64.to_le_bytes();

/// A service that does nothing for [`ROOM`] bytes, and then responds with the eight bytes of `rax`.
fn vessel() -> Vec<u8> {
    machine_code!(
        "mov rax, 0x5eed0fa77ac",
        ".fill 96, 1, 0x90",
        "sub rsp, 24",
        "mov [rsp], rax",
        "xor edi, edi",
        "mov rsi, rsp",
        "mov edx, 8",
        "call [rip + 0x11223344]",
        "add rsp, 24",
        "ret",
    )
}

/// A node with a placed service in whose text code can be planted.
pub(crate) struct Vessel {
    pub(crate) node: TestNode,
    /// Where the room is, in this process.
    room: u64,
}

impl Vessel {
    /// Starts a node.
    pub(crate) fn start(config: &NodeConfig) -> Self {
        let mut node = TestNode::start(config);
        node.crafted("vessel", &vessel(), RESPOND);
        // A worker has the text of a service once it has run it.
        node.run("vessel", Mode::Discard, AMPLE_US);
        let nonce = find_in_text(&NONCE).expect("the vessel is in the text window");
        Self { node, room: nonce + NONCE.len() as u64 }
    }

    /// Runs `code`, which leaves its answer in `rax`.
    pub(crate) fn run(&mut self, code: &[u8]) -> Completed {
        assert!(code.len() <= ROOM, "{} bytes of code", code.len());
        let mut room = [0x90; ROOM];
        room[..code.len()].copy_from_slice(code);
        let memory = OpenOptions::new().write(true).open("/proc/self/mem").unwrap();
        memory.write_all_at(&room, self.room).unwrap();
        self.node.run("vessel", Mode::Discard, AMPLE_US)
    }
}

/// The address in this process of `pattern` in the text window.
fn find_in_text(pattern: &[u8]) -> Option<u64> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let window = maps.lines().find(|line| line.contains(WINDOW))?;
    let start = u64::from_str_radix(window.split('-').next()?, 16).ok()?;
    let descriptors = fs::read_dir("/proc/self/fd").unwrap().map(|entry| entry.unwrap().path());
    let is_window =
        |path: &PathBuf| fs::read_link(path).is_ok_and(|to| to.to_string_lossy().contains(WINDOW));
    let file = fs::File::open(descriptors.into_iter().find(is_window)?).unwrap();
    // Most of a window is a hole.
    let data = rustix::fs::seek(&file, SeekFrom::Data(0)).unwrap();
    let mut bytes = vec![0; 1 << 20];
    let read = file.read_at(&mut bytes, data).unwrap();
    let at = bytes[..read].windows(pattern.len()).position(|found| found == pattern)?;
    Some(start + data + at as u64)
}
