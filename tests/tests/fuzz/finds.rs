//! What sessions found: each find stands what must be sound, and still shows what it was kept for.

use std::fs;
use std::path::{Path, PathBuf};

use mote_abi::outcome::{Heap, Mode};
use mote_bench::torture::canaries::Canaries;
use mote_bench::torture::sweep;
use mote_bench::torture::verdict::Verdict;
use mote_builder::{Options, Profile, build};
use mote_dispatcher::TOOLCHAIN;
use mote_dispatcher::torture::Case;

/// As `mote fuzz` has them.
const MEMORY_KIB: u32 = 1024;
const GRACE_US: u32 = 100_000;

/// A find, as its `find.json` says.
struct Kept {
    folder: PathBuf,
    mode: Mode,
    verdict: String,
    profile: Profile,
    heap: Heap,
    instruction: u64,
}

fn kept(folder: PathBuf) -> Kept {
    let json = fs::read_to_string(folder.join("find.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let text = |name: &str| json[name].as_str().unwrap();
    Kept {
        mode: Mode::from_name(text("mode")).unwrap(),
        verdict: text("verdict").to_owned(),
        profile: Profile::ALL.into_iter().find(|it| it.name() == text("profile")).unwrap(),
        heap: Heap::from_name(text("heap")).unwrap(),
        instruction: json["instruction"].as_u64().unwrap(),
        folder,
    }
}

fn image(kept: &Kept, scratch: &Path) -> Vec<u8> {
    // A build may write a lock file.
    let copy = scratch.join(kept.folder.file_name().unwrap());
    fs::create_dir_all(copy.join("src")).unwrap();
    for part in ["Cargo.toml", "src/lib.rs", "src/support.rs", "src/p0.rs"] {
        fs::copy(kept.folder.join(part), copy.join(part)).unwrap();
    }
    let options = Options { profile: kept.profile, ..Options::new(copy, TOOLCHAIN) };
    build(&options, &mut |_| {}).unwrap_or_else(|error| panic!("{error}")).image
}

#[test]
fn each_find_stands_the_sound_modes_and_shows_what_it_was_kept_for() {
    let canaries = Canaries::build().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("finds");
    for entry in fs::read_dir(folder).unwrap() {
        let kept = kept(entry.unwrap().path());
        let image = image(&kept, scratch.path());
        let case = |mode| Case {
            body: b"0",
            heap: kept.heap,
            memory_kib: MEMORY_KIB,
            grace_us: GRACE_US,
            ..Case::every_instruction("find", &image, mode)
        };
        for mode in [Mode::Guarded, Mode::Discard] {
            let found = verdicts(&case(mode), &canaries);
            assert!(found.iter().all(|it| *it <= Verdict::Leaked), "{mode} {:?}", kept.folder);
        }
        let at = kept.instruction;
        let found = verdicts(&Case { first: at, end: at + 1, ..case(kept.mode) }, &canaries);
        assert_eq!(found[0].name(), kept.verdict, "{:?}", kept.folder);
    }
}

fn verdicts(case: &Case<'_>, canaries: &Canaries) -> Vec<Verdict> {
    let found = sweep::run(case, &canaries.known(), &mut |_| {}).unwrap();
    found.points.iter().map(|point| Verdict::of(point, &found.baseline)).collect()
}
