//! Counts the words of the body. Shows collections on the arena: `BTreeMap`, `String`, `Vec`.
#![no_std]

extern crate alloc;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use mote_service::{Context, Request, Response, Result};

/// Answers one line for each word, `WORD COUNT`, sorted by word. Words stand between white space.
pub fn handle(request: &Request<'_>, _context: &mut Context) -> Result<Response> {
    let text = core::str::from_utf8(request.body())?;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for word in text.split_whitespace() {
        *counts.entry(String::from(word)).or_default() += 1;
    }
    let lines: Vec<String> =
        counts.iter().map(|(word, count)| format!("{word} {count}\n")).collect();
    Ok(Response::new(lines.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &[u8]) -> Vec<u8> {
        handle(&Request::new(body), &mut Context::for_test()).unwrap().into_body()
    }

    #[test]
    fn words_are_counted_and_sorted() {
        assert_eq!(answer(b"to be or\nnot to  be"), b"be 2\nnot 1\nor 1\nto 2\n");
    }

    #[test]
    fn answer_is_empty_without_words() {
        assert_eq!(answer(b" \n "), b"");
    }
}
