//! Arbitrary bytes as a source file that nobody has vetted: what is accepted has no token `unsafe`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mote_builder::fuzzing::accepts;
use proc_macro2::{TokenStream, TokenTree};

fn has_unsafe(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => has_unsafe(group.stream()),
        TokenTree::Ident(ident) => ident == "unsafe",
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fuzz_target!(|bytes: &[u8]| {
    if !accepts(bytes) {
        return;
    }
    let text = std::str::from_utf8(bytes).expect("only text is accepted");
    // What certainly is a shebang is no token; its line may hold anything.
    let text =
        if text.starts_with("#!/") { text.split_once('\n').unwrap_or_default().1 } else { text };
    let Ok(tokens) = text.parse::<TokenStream>() else { return };
    assert!(!has_unsafe(tokens), "{text}");
});
