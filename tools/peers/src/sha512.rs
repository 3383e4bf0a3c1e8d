//! SHA-512 as a module's text: the hashing loop of `mote bench quantum`, written out, for where no
//! compiler for WebAssembly is at hand.
//!
//! ```text
//!  0          BUFFER_BYTES   +128     +192
//!  │ buffer    │ block       │ digest │
//! ```
//! `run(first, count)` hashes `count` inputs of 64 bytes at a stride of 16 bytes; `digest(at)` one. The
//! rounds are written out one by one, as in the crate that Mote's own service uses.
//! Spec: FIPS 180-4, sections 4.1.3, 4.2.3, 5.1.2, 6.4.

use std::fmt::Write as _;

/// The buffer that inputs are taken from, in bytes.
const BUFFER_BYTES: usize = 1 << 20;
/// One input.
const INPUT_BYTES: usize = 64;
/// From one input to the next.
const STRIDE_BYTES: usize = 16;
/// Where the padded input is.
const BLOCK: usize = BUFFER_BYTES;
/// Where the digest is.
const DIGEST: usize = BLOCK + 128;
/// The length of the input in bits, as the last word of a block has it: big-endian.
const LENGTH_WORD: u64 = (INPUT_BYTES as u64 * 8).swap_bytes();

/// FIPS 180-4, section 5.3.5.
const INITIAL: [u64; 8] = [
    0x6a09e667f3bcc908,
    0xbb67ae8584caa73b,
    0x3c6ef372fe94f82b,
    0xa54ff53a5f1d36f1,
    0x510e527fade682d1,
    0x9b05688c2b3e6c1f,
    0x1f83d9abfb41bd6b,
    0x5be0cd19137e2179,
];

/// FIPS 180-4, section 4.2.3.
#[rustfmt::skip]
const K: [u64; 80] = [
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
];

/// The module's text.
pub(crate) fn module() -> String {
    let pages = (DIGEST + 64).div_ceil(64 << 10);
    let inputs = (BUFFER_BYTES - INPUT_BYTES) / STRIDE_BYTES;
    format!(
        r#"(module
  (memory (export "memory") {pages})
  (func $fill (memory.fill (i32.const 0) (i32.const 0x5a) (i32.const {BUFFER_BYTES})))
  (start $fill)
{SWAP}
{}
{}
  (func (export "run") (param $first i32) (param $count i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (call $digest
          (i32.mul (i32.rem_u (local.get $first) (i32.const {inputs})) (i32.const {STRIDE_BYTES})))
        (local.set $first (i32.add (local.get $first) (i32.const 1)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))))
"#,
        compress(),
        digest(),
    )
}

/// The bytes of a word the other way round: by halves, by quarters, by eighths.
const SWAP: &str = r#"
  (func $swap (param $x i64) (result i64)
    (local.set $x (i64.or
      (i64.shl (i64.and (local.get $x) (i64.const 0x00ff00ff00ff00ff)) (i64.const 8))
      (i64.and (i64.shr_u (local.get $x) (i64.const 8)) (i64.const 0x00ff00ff00ff00ff))))
    (local.set $x (i64.or
      (i64.shl (i64.and (local.get $x) (i64.const 0x0000ffff0000ffff)) (i64.const 16))
      (i64.and (i64.shr_u (local.get $x) (i64.const 16)) (i64.const 0x0000ffff0000ffff))))
    (i64.rotl (local.get $x) (i64.const 32)))"#;

/// Pads the input into the block, and compresses that: an input of 64 bytes is one block.
fn digest() -> String {
    let mut text = String::from("  (func $digest (export \"digest\") (param $at i32)\n");
    for byte in (0..INPUT_BYTES).step_by(8) {
        let word = format!("(i64.load offset={byte} (local.get $at))");
        store(&mut text, BLOCK + byte, &word);
    }
    store(&mut text, BLOCK + INPUT_BYTES, "(i64.const 0x80)");
    for byte in (INPUT_BYTES + 8..120).step_by(8) {
        store(&mut text, BLOCK + byte, "(i64.const 0)");
    }
    store(&mut text, BLOCK + 120, &format!("(i64.const {LENGTH_WORD})"));
    text + "    (call $compress))\n"
}

/// The eighty rounds. The eight words of state stay where they are and change their roles.
fn compress() -> String {
    let mut text = String::from("  (func $compress\n");
    for local in (0..8).map(|i| format!("s{i}")).chain((0..16).map(|i| format!("w{i}"))) {
        line(&mut text, &format!("(local ${local} i64)"));
    }
    line(&mut text, "(local $t i64)");
    for (index, word) in INITIAL.iter().enumerate() {
        set(&mut text, &state(index), &format!("(i64.const {word:#x})"));
    }
    for index in 0..16 {
        let load = format!("(call $swap (i64.load offset={} (i32.const 0)))", BLOCK + 8 * index);
        set(&mut text, &word(index), &load);
    }
    (0..K.len()).for_each(|index| round(&mut text, index));
    for (index, initial) in INITIAL.iter().enumerate() {
        let sum = add(&[&get(&state(index)), &format!("(i64.const {initial:#x})")]);
        store(&mut text, DIGEST + 8 * index, &format!("(call $swap {sum})"));
    }
    text + "  )\n"
}

/// FIPS 180-4, section 6.4.2, steps 1 and 3.
fn round(text: &mut String, index: usize) {
    if index >= 16 {
        schedule(text, index);
    }
    let [a, b, c, d, e, f, g, h] = std::array::from_fn(|role| state(role + 80 - index));
    let choice = choice(&get(&e), &get(&f), &get(&g));
    let constant = format!("(i64.const {:#x})", K[index]);
    let rotated = sigma(&get(&e), [14, 18, 41]);
    set(text, "$t", &add(&[&get(&h), &rotated, &choice, &constant, &get(&word(index))]));
    set(text, &d, &add(&[&get(&d), &get("$t")]));
    let majority = majority(&get(&a), &get(&b), &get(&c));
    set(text, &h, &add(&[&get("$t"), &sigma(&get(&a), [28, 34, 39]), &majority]));
}

/// The next word of the message, in place of the one sixteen before it.
fn schedule(text: &mut String, index: usize) {
    let at = |back: usize| get(&word(index - back));
    let small = |word: &str, [first, second, shift]: [u32; 3]| {
        let (first, second) = (rotate(word, first), rotate(word, second));
        xor(&[&first, &second, &format!("(i64.shr_u {word} (i64.const {shift}))")])
    };
    let (early, late) = (small(&at(15), [1, 8, 7]), small(&at(2), [19, 61, 6]));
    set(text, &word(index), &add(&[&at(16), &early, &at(7), &late]));
}

fn state(index: usize) -> String {
    format!("$s{}", index % 8)
}

fn word(index: usize) -> String {
    format!("$w{}", index % 16)
}

fn sigma(x: &str, by: [u32; 3]) -> String {
    let [first, second, third] = by.map(|by| rotate(x, by));
    xor(&[&first, &second, &third])
}

fn rotate(x: &str, by: u32) -> String {
    format!("(i64.rotr {x} (i64.const {by}))")
}

/// `(x & y) ^ (!x & z)`, with one operation less.
fn choice(x: &str, y: &str, z: &str) -> String {
    xor(&[z, &format!("(i64.and {x} {})", xor(&[y, z]))])
}

/// `(x & y) ^ (x & z) ^ (y & z)`, with one operation less.
fn majority(x: &str, y: &str, z: &str) -> String {
    xor(&[&format!("(i64.and {x} {y})"), &format!("(i64.and {z} {})", xor(&[x, y]))])
}

fn add(terms: &[&str]) -> String {
    joined("i64.add", terms)
}

fn xor(terms: &[&str]) -> String {
    joined("i64.xor", terms)
}

fn joined(operation: &str, terms: &[&str]) -> String {
    let (first, rest) = terms.split_first().expect("there are two terms at least");
    rest.iter().fold((*first).to_owned(), |left, right| format!("({operation} {left} {right})"))
}

fn get(local: &str) -> String {
    format!("(local.get {local})")
}

fn set(text: &mut String, local: &str, value: &str) {
    line(text, &format!("(local.set {local} {value})"));
}

fn store(text: &mut String, at: usize, value: &str) {
    line(text, &format!("(i64.store offset={at} (i32.const 0) {value})"));
}

fn line(text: &mut String, what: &str) {
    writeln!(text, "    {what}").expect("a string takes everything");
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha512};
    use wasmtime::{Instance, Memory, Module, Store};

    use super::*;
    use crate::engine;

    struct Hasher {
        store: Store<()>,
        instance: Instance,
        memory: Memory,
    }

    impl Hasher {
        fn new() -> Self {
            let engine = engine::single(false).unwrap();
            let module = Module::new(&engine, module()).unwrap();
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let memory = instance.get_memory(&mut store, "memory").unwrap();
            Self { store, instance, memory }
        }

        fn digest(&mut self, input: &[u8; INPUT_BYTES], at: usize) -> Vec<u8> {
            self.memory.write(&mut self.store, at, input).unwrap();
            let digest = self.instance.get_typed_func::<u32, ()>(&mut self.store, "digest");
            digest.unwrap().call(&mut self.store, at as u32).unwrap();
            self.said()
        }

        fn said(&self) -> Vec<u8> {
            let mut digest = vec![0; 64];
            self.memory.read(&self.store, DIGEST, &mut digest).unwrap();
            digest
        }
    }

    #[test]
    fn digests_are_those_of_another_implementation() {
        let mut hasher = Hasher::new();
        for seed in 0..200_usize {
            let input = std::array::from_fn(|byte| (seed * 131 + byte * (seed + 7)) as u8);
            let expected = Sha512::digest(input).to_vec();
            assert_eq!(hasher.digest(&input, seed * STRIDE_BYTES), expected, "input {seed}");
        }
    }

    #[test]
    fn run_hashes_the_filled_buffer_and_wraps_around_at_its_end() {
        let mut hasher = Hasher::new();
        hasher.memory.write(&mut hasher.store, STRIDE_BYTES, &[7]).unwrap();
        let inputs = ((BUFFER_BYTES - INPUT_BYTES) / STRIDE_BYTES) as u32;
        let run = hasher.instance.get_typed_func::<(u32, u32), ()>(&mut hasher.store, "run");
        run.unwrap().call(&mut hasher.store, (inputs - 1, 3)).unwrap();
        let mut input = [0x5a; INPUT_BYTES];
        input[0] = 7;
        assert_eq!(hasher.said(), Sha512::digest(input).to_vec());
    }
}
