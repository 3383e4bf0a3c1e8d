//! Crates of collections, of their hashes, and of places to allocate from.

use crate::listed::{Listed, listed};

pub(crate) const LIST: &[Listed] = &[
    Listed {
        also: &[("rustc-hash", "2", &[])],
        ..listed(
            "hashbrown",
            "0.17",
            &[],
            r#"
        let mut counts = hashbrown::HashMap::<char, u32, rustc_hash::FxBuildHasher>::default();
        request.chars().for_each(|letter| *counts.entry(letter).or_default() += 1);
        counts.retain(|_, count| *count > 1);
        let mut sorted = counts.into_iter().collect::<Vec<_>>();
        sorted.sort();
        format!("{sorted:?}")"#,
        )
    },
    listed(
        "heapless",
        "0.9",
        &[],
        r#"
        let mut words = heapless::Vec::<heapless::String<8>, 6>::new();
        let refused = request.split(' ').filter(|word| word.parse().is_ok_and(|word| words.push(word).is_err()));
        let refused = refused.count();
        let mut heap = heapless::BinaryHeap::<_, heapless::binary_heap::Max, 8>::new();
        words.iter().for_each(|word| heap.push(word.len()).unwrap());
        format!("{words:?} {refused} {:?}", heap.peek())"#,
    ),
    listed(
        "smallvec",
        "1",
        &[],
        r#"
        let mut words: smallvec::SmallVec<[&str; 4]> = request.split(' ').take(3).collect();
        let was_inline = !words.spilled();
        words.extend(request.split(',').chain(["end"]));
        words.insert_many(1, ["a", "b"]);
        format!("{words:?} {was_inline} {}", words.spilled())"#,
    ),
    listed(
        "tinyvec",
        "1",
        &["alloc"],
        r#"
        let mut words: tinyvec::TinyVec<[&str; 4]> = request.split(' ').collect();
        let last = words.pop();
        words.drain(1..3);
        format!("{words:?} {last:?} {}", words.is_heap())"#,
    ),
    listed(
        "arrayvec",
        "0.7",
        &[],
        r#"
        let mut words = arrayvec::ArrayVec::<&str, 5>::new();
        let refused = request.split(' ').find_map(|word| words.try_push(word).err());
        let mut text = arrayvec::ArrayString::<16>::new();
        format!("{words:?} {refused:?} {:?}", text.try_push_str(request).is_err())"#,
    ),
    Listed {
        also: &[("rustc-hash", "2", &[])],
        ..listed(
            "indexmap",
            "2",
            &[],
            r#"
        let mut lengths = indexmap::IndexMap::<&str, usize, rustc_hash::FxBuildHasher>::default();
        request.split(' ').for_each(|word| { lengths.insert(word, word.len()); });
        lengths.shift_remove("fox");
        lengths.sort_by(|one, length, other, other_length| (length, one).cmp(&(other_length, other)));
        format!("{lengths:?} {:?}", lengths.get_index_of("dog,"))"#,
        )
    },
    listed(
        "fnv",
        "1",
        &[],
        r#"
        use core::hash::Hasher;
        let mut hasher = fnv::FnvHasher::default();
        hasher.write(request.as_bytes());
        format!("{:016x}", hasher.finish())"#,
    ),
    listed(
        "ahash",
        "0.8",
        &["compile-time-rng"],
        r#"
        let seeded = ahash::RandomState::with_seeds(1, 2, 3, 4);
        let hash = seeded.hash_one(request);
        let random = ahash::RandomState::new();
        format!("{} {}", hash == seeded.hash_one(request), random.hash_one(7) == random.hash_one(7))"#,
    ),
    listed(
        "foldhash",
        "0.2",
        &[],
        r#"
        use core::hash::BuildHasher;
        let (fast, quality) = (foldhash::fast::FixedState::with_seed(7), foldhash::quality::FixedState::with_seed(7));
        format!("{:x} {:x}", fast.hash_one(request), quality.hash_one(request.as_bytes()))"#,
    ),
    listed(
        "rustc-hash",
        "2",
        &[],
        r#"
        use core::hash::BuildHasher;
        format!("{:x} {:x}", rustc_hash::FxBuildHasher.hash_one(request), rustc_hash::FxBuildHasher.hash_one(42))"#,
    ),
    listed(
        "itertools",
        "0.15",
        &["use_alloc"],
        r#"
        use itertools::Itertools;
        let words = request.split(' ').sorted().dedup().tuple_windows().map(|(one, two)| format!("{one}-{two}"));
        format!("{} {:?}", words.format(" "), request.chars().minmax())"#,
    ),
    listed(
        "slab",
        "0.4",
        &[],
        r#"
        let mut slab = slab::Slab::new();
        let keys = request.split(' ').map(|word| slab.insert(word.to_owned())).collect::<Vec<_>>();
        let removed = keys.iter().step_by(2).map(|&key| slab.remove(key)).collect::<Vec<_>>();
        format!("{removed:?} {} {:?}", slab.insert("new".into()), slab)"#,
    ),
    listed(
        "fixedbitset",
        "0.5",
        &[],
        r#"
        let mut bits = fixedbitset::FixedBitSet::with_capacity(128);
        bits.extend(request.bytes().map(usize::from));
        format!("{} {:?} {}", bits.count_ones(..), bits.ones().collect::<Vec<_>>(), bits.contains(64))"#,
    ),
    listed(
        "petgraph",
        "0.8",
        &["graphmap"],
        r#"
        let mut graph = petgraph::graph::DiGraph::<char, u32>::new();
        let nodes = request.chars().take(12).map(|letter| graph.add_node(letter)).collect::<Vec<_>>();
        nodes.windows(2).zip(1..).for_each(|(pair, cost)| { graph.add_edge(pair[0], pair[1], cost); });
        graph.add_edge(nodes[0], nodes[9], 7);
        let costs = petgraph::algo::dijkstra(&graph, nodes[0], Some(nodes[11]), |edge| *edge.weight());
        format!("{:?} {:?}", costs.get(&nodes[11]), petgraph::algo::toposort(&graph, None))"#,
    ),
    listed(
        "slotmap",
        "1",
        &[],
        r#"
        let mut map = slotmap::SlotMap::new();
        let keys = request.split(' ').map(|word| map.insert(word.to_owned())).collect::<Vec<_>>();
        let removed = map.remove(keys[1]);
        let new = map.insert("new".to_owned());
        format!("{removed:?} {:?} {:?} {:?}", map.get(keys[1]), map.get(new), map.values().collect::<Vec<_>>())"#,
    ),
    listed(
        "typed-arena",
        "2",
        &[],
        r#"
        let arena = typed_arena::Arena::with_capacity(2);
        let words = request.split(' ').map(|word| &*arena.alloc(word.to_uppercase())).collect::<Vec<&String>>();
        format!("{words:?} {}", arena.len())"#,
    ),
    listed(
        "bumpalo",
        "3",
        &["collections"],
        r#"
        let bump = bumpalo::Bump::with_capacity(64);
        let words = bumpalo::collections::Vec::from_iter_in(request.split(' ').map(|word| bump.alloc_str(word)), &bump);
        format!("{words:?} {}", bump.alloc_slice_fill_with(100, |index| index * index).iter().sum::<usize>())"#,
    ),
    listed(
        "enumset",
        "1",
        &[],
        r#"
        #[derive(Debug, enumset::EnumSetType)]
        enum Kind { Letter, Digit, Space, Other }
        let kind = |letter: char| match letter {
            _ if letter.is_alphabetic() => Kind::Letter,
            '0'..='9' => Kind::Digit,
            ' ' => Kind::Space,
            _ => Kind::Other,
        };
        let all = request.chars().map(kind).collect::<enumset::EnumSet<_>>();
        format!("{all:?} {:?}", all - Kind::Digit)"#,
    ),
    listed(
        "bitflags",
        "2",
        &[],
        r#"
        bitflags::bitflags! {
            #[derive(Debug)]
            struct Kinds: u8 { const LETTER = 1; const DIGIT = 2; const SPACE = 4; }
        }
        let kind = |letter: char| Kinds::from_bits_truncate(if letter.is_alphabetic() { 1 } else { 6 });
        let all = request.chars().map(kind).collect::<Kinds>();
        format!("{all:?} {:?} {:?}", Kinds::DIGIT.complement(), bitflags::parser::from_str::<Kinds>("LETTER | 0x4"))"#,
    ),
    listed(
        "phf",
        "0.14",
        &["macros"],
        r#"
        static LEGS: phf::Map<&str, u32> = phf::phf_map! { "fox" => 4, "dog," => 4, "bird" => 2, "42" => 0 };
        let found = request.split(' ').filter_map(|word| LEGS.get_entry(word));
        format!("{:?}", found.collect::<Vec<_>>())"#,
    ),
];
