//! Stop points of real images: every cycle of the decoded control flow has one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction};
use mote_builder::Profile;
use mote_dispatcher::TOOLCHAIN;
use mote_loader::{Expected, Image, SegmentKind, functions, verify};
use mote_tests::{built, image};

/// Services that are made not to build.
const NO_IMAGES: &[&str] = &["bad"];

/// Where control goes from each instruction of the image's functions, returns apart: a thread that returns for ever
/// has called for ever.
fn successors(image: &Image<'_>) -> BTreeMap<u64, Vec<u64>> {
    let text = image.segments().find(|it| it.kind == SegmentKind::Text).unwrap().bytes;
    let described = functions(image).unwrap();
    let instructions = described.iter().flat_map(|function| {
        let bytes = &text[function.start as usize..][..function.bytes as usize];
        Decoder::with_ip(64, bytes, function.start, DecoderOptions::NONE)
            .into_iter()
            .collect::<Vec<_>>()
    });
    instructions.map(|it| (it.ip(), from(&it))).collect()
}

fn from(instruction: &Instruction) -> Vec<u64> {
    let (next, target) = (instruction.next_ip(), instruction.near_branch_target());
    match instruction.flow_control() {
        FlowControl::Next | FlowControl::IndirectCall => vec![next],
        FlowControl::ConditionalBranch | FlowControl::Call => vec![next, target],
        FlowControl::UnconditionalBranch => vec![target],
        _ => vec![],
    }
}

/// An instruction on a cycle of what is left of `graph` without `stops`, if there is one.
fn cycle(graph: &BTreeMap<u64, Vec<u64>>, stops: &BTreeSet<u64>) -> Option<u64> {
    let mut left: BTreeMap<u64, usize> = BTreeMap::new();
    let is_passed = |at: &u64| graph.contains_key(at) && !stops.contains(at);
    let edges = || {
        let from = graph.iter().filter(|(at, _)| is_passed(at));
        from.flat_map(|(at, to)| to.iter().filter(|to| is_passed(to)).map(move |to| (at, to)))
    };
    graph.keys().filter(|at| is_passed(at)).for_each(|at| {
        left.insert(*at, 0);
    });
    edges().for_each(|(_, to)| *left.get_mut(to).unwrap() += 1);
    // Kahn: take away what nothing leads to, until nothing is left.
    let mut ready: Vec<u64> = left.iter().filter(|it| *it.1 == 0).map(|it| *it.0).collect();
    while let Some(at) = ready.pop() {
        left.remove(&at);
        for to in graph[&at].iter().filter(|to| is_passed(to)) {
            let count = left.get_mut(to).unwrap();
            *count -= 1;
            if *count == 0 {
                ready.push(*to);
            }
        }
    }
    left.keys().next().copied()
}

/// Whether the image has cycles, of which none may be without a stop point.
fn has_cycles(name: &str, bytes: &[u8]) -> bool {
    let image = Image::parse(bytes).unwrap();
    let graph = successors(&image);
    let checked = verify(bytes, &Expected::of(TOOLCHAIN)).unwrap();
    let stops: BTreeSet<u64> = checked.stop_points().iter().map(|it| it.offset.into()).collect();
    let found = cycle(&graph, &stops);
    assert_eq!(found, None, "{name} has a cycle without a stop point");
    cycle(&graph, &BTreeSet::new()).is_some()
}

#[test]
fn every_cycle_of_the_suite_has_a_stop_point() {
    let services = Path::new(env!("CARGO_MANIFEST_DIR")).join("services");
    let entries = std::fs::read_dir(services).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names = names.filter(|name| !NO_IMAGES.contains(&name.as_str()));
    let cyclic = names.filter(|name| has_cycles(name, &image(name))).count();
    assert!(cyclic > 10, "only {cyclic} have loops");
    assert!(has_cycles("corpus (debug)", &built("corpus", Profile::Debug)));
}
