//! `String` and `format!`, beside elements that must survive or be dropped with them.

use alloc::format as formatted;
use alloc::string::String;

use crate::element::Source;

pub(crate) fn edit(source: &Source<'_>) -> u64 {
    let element = source.make(3);
    let mut text = String::from("preempt");
    text.push_str(" anywhere");
    text.insert_str(0, "to ");
    text.truncate(12);
    text.remove(1);
    text.replace_range(2..4, "PR");
    text.bytes().map(u64::from).sum::<u64>() + element.key
}

pub(crate) fn format(source: &Source<'_>) -> u64 {
    let element = source.make(12);
    let text = formatted!("{:>6}|{:#x}|{:<9}", element.key, 255, "padded");
    text.bytes().fold(0, |sum: u64, byte| sum.rotate_left(7) ^ u64::from(byte)) + element.key
}
