//! `String` and `format!`, beside elements that must survive or be dropped with them.

use alloc::format as formatted;
use alloc::string::String;

use crate::element::Source;

pub(crate) fn edit(source: &Source<'_>) -> u64 {
    let element = source.make(3);
    let mut text = String::from("preempt");
    text.push_str(" anywhere");
    text.insert_str(0, "to ");
    text.remove(1);
    text.retain(|letter| letter != 'e');
    text.replace_range(2..4, "PR");
    text.bytes().map(u64::from).sum::<u64>() + element.key
}

pub(crate) fn format(source: &Source<'_>) -> u64 {
    let element = source.make(12);
    let text = formatted!("{:>6}|{:#x}|{:?}", element.key, 255, "quoted");
    text.bytes().fold(0, |sum, byte| sum * 7 % 10_007 + u64::from(byte)) + element.key
}
