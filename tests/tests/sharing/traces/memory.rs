//! The memory of a worker, as its kernel tells: what of it there is to look at.

use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use mote_abi::area::{LOG_BYTES, LOGS_OFFSET, RING_ENTRIES, body_offset};

const PAGE_BYTES: u64 = 4096;

/// What is looked at of each body of a ring, in bytes.
const PEEKED_BYTES: u64 = 64 << 10;

/// A mapping of a worker.
#[derive(Debug)]
struct Mapped {
    range: Range<u64>,
    is_private: bool,
    name: String,
}

/// What `pid` can read, but for windows that the dispatcher alone writes, and the kernel's.
fn mappings(pid: u32) -> io::Result<Vec<Mapped>> {
    let text = fs::read_to_string(format!("/proc/{pid}/maps"))?;
    Ok(text.lines().filter_map(mapped).collect())
}

/// A line of proc_pid_maps(5).
fn mapped(line: &str) -> Option<Mapped> {
    let mut words = line.split_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let address = |text| u64::from_str_radix(text, 16).ok();
    let range = address(start)?..address(end)?;
    let rights = words.next()?;
    let name = words.nth(3).unwrap_or("").to_owned();
    let is_looked_at = rights.starts_with('r')
        && !["[v", "/memfd:mote-text", "/memfd:mote-rodata"].iter().any(|it| name.starts_with(it));
    is_looked_at.then(|| Mapped { range, is_private: rights.ends_with('p'), name })
}

/// The ranges of `pid` that hold anything.
pub(super) fn ranges(pid: u32) -> io::Result<Vec<Range<u64>>> {
    let pages = File::open(format!("/proc/{pid}/pagemap"))?;
    let mut ranges = Vec::new();
    for mapped in mappings(pid)? {
        if mapped.is_private {
            present(&pages, mapped.range, &mut ranges)?;
        } else {
            ranges.extend(peeked(&mapped));
        }
    }
    Ok(ranges)
}

/// The pages of `range` that are there: proc_pid_pagemap(5), bits 62 and 63.
fn present(pages: &File, range: Range<u64>, ranges: &mut Vec<Range<u64>>) -> io::Result<()> {
    let count = (range.end - range.start) / PAGE_BYTES;
    let mut entries = vec![0; count as usize * 8];
    pages.read_exact_at(&mut entries, range.start / PAGE_BYTES * 8)?;
    for (page, entry) in (0..).zip(entries.chunks_exact(8)) {
        let is_present = u64::from_ne_bytes(entry.try_into().unwrap()) >> 62 != 0;
        let start = range.start + page * PAGE_BYTES;
        match ranges.last_mut() {
            _ if !is_present => {}
            Some(last) if last.end == start => last.end += PAGE_BYTES,
            _ => ranges.push(start..start + PAGE_BYTES),
        }
    }
    Ok(())
}

/// Of an area, what the dispatcher or the worker may have written.
fn peeked(area: &Mapped) -> Vec<Range<u64>> {
    let start = area.range.start;
    let bodies = (0..RING_ENTRIES).map(|index| {
        let body = start + body_offset(index) as u64;
        body..body + PEEKED_BYTES
    });
    let logs = start + LOGS_OFFSET as u64;
    let logs = logs..logs + (RING_ENTRIES * LOG_BYTES) as u64;
    let all = bodies.chain([logs]);
    all.filter(|it| it.end <= area.range.end).collect()
}

/// Addresses, as the mappings that they lie in.
pub(super) fn places(pid: u32, addresses: &[u8]) -> Vec<String> {
    let mappings = mappings(pid).unwrap();
    let place = |bytes: &[u8]| {
        let address = u64::from_ne_bytes(bytes.try_into().unwrap());
        let Mapped { range, name, .. } = mappings.iter().find(|it| it.range.contains(&address))?;
        Some(format!("{address:#x} in {range:x?} {name}"))
    };
    addresses.chunks_exact(8).filter_map(place).collect()
}
