//! The dynamic symbols. Spec: gABI 4.4 and 5.2 "Hash Table"; GNU hash sections as linkers write them.
//!
//! A symbol table does not say how long it is. The hash table beside it does: the System V one by its
//! number of chains, the GNU one by the end of its last chain.
#![forbid(unsafe_code)]

use elf::abi::{DT_GNU_HASH, DT_HASH, DT_SYMTAB};
use elf::endian::LittleEndian;
use elf::file::Class;
use elf::symbol::{Symbol, SymbolTable};
use mote_abi::image::ENTRY_SYMBOL;

use super::dynamic::{Dynamic, table};
use super::error::ParseError;
use super::segment::Segment;

/// Bytes of a symbol.
const SYMBOL_BYTES: u64 = 24;

/// The longest name that is read, in bytes: names on the whitelist are far shorter, and a bound keeps
/// hostile tables from costing their length for each symbol.
const NAME_BYTES_MAX: usize = 512;

/// The dynamic symbol table. Each symbol's name is known to be readable.
#[derive(Debug)]
pub(crate) struct Symbols<'a> {
    table: SymbolTable<'a, LittleEndian>,
    strings: &'a [u8],
}

/// A dynamic symbol with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedSymbol<'a> {
    /// Position in the table.
    pub(crate) index: usize,
    /// Its name.
    pub(crate) name: &'a str,
    /// The symbol.
    pub(crate) symbol: Symbol,
}

impl<'a> Symbols<'a> {
    /// The table that `dynamic` names, in `tables`.
    pub(super) fn find(dynamic: &Dynamic<'a>, tables: &Segment<'a>) -> Result<Self, ParseError> {
        let missing = ParseError::TableMissing { what: "symbol" };
        let address = dynamic.value(DT_SYMTAB).ok_or(missing)?;
        let bytes = count(dynamic, tables)?.saturating_mul(SYMBOL_BYTES);
        let bytes = table("symbol", address, bytes, tables)?;
        let table = SymbolTable::new(LittleEndian, Class::ELF64, bytes);
        let symbols = Self { table, strings: dynamic.strings() };
        match (0..symbols.count()).find(|&index| symbols.get(index).is_none()) {
            Some(index) => Err(ParseError::SymbolName { index }),
            None => Ok(symbols),
        }
    }

    /// How many symbols there are, the null symbol included.
    pub(crate) fn count(&self) -> usize {
        self.table.len()
    }

    /// The symbol at `index`, if there is one.
    pub(crate) fn get(&self, index: usize) -> Option<NamedSymbol<'a>> {
        let symbol = self.table.get(index).ok()?;
        let name = name(self.strings, symbol.st_name)?;
        Some(NamedSymbol { index, name, symbol })
    }

    /// Every symbol but the null symbol.
    pub(crate) fn iter(&self) -> impl Iterator<Item = NamedSymbol<'a>> {
        (1..self.count()).filter_map(|index| self.get(index))
    }

    /// The symbols that define the entry: exactly one in a good image.
    pub(crate) fn entries(&self) -> impl Iterator<Item = NamedSymbol<'a>> {
        self.iter().filter(|it| it.name == ENTRY_SYMBOL && !it.symbol.is_undefined())
    }
}

/// The string at `offset`; the null symbol's is empty even without a string table.
fn name(strings: &[u8], offset: u32) -> Option<&str> {
    if offset == 0 {
        return Some("");
    }
    let name = strings.get(offset as usize..)?;
    let bytes = name.iter().take(NAME_BYTES_MAX).position(|&byte| byte == 0)?;
    core::str::from_utf8(&name[..bytes]).ok()
}

/// How many symbols the hash tables say there are.
fn count(dynamic: &Dynamic<'_>, tables: &Segment<'_>) -> Result<u64, ParseError> {
    let words_at = |address| tables.bytes_from(address).map(Words);
    if let Some(address) = dynamic.value(DT_HASH) {
        let chains = words_at(address).and_then(|words| words.get(1));
        return chains.map(u64::from).ok_or(ParseError::HashTable { address });
    }
    let missing = ParseError::TableMissing { what: "hash" };
    let address = dynamic.value(DT_GNU_HASH).ok_or(missing)?;
    words_at(address).and_then(gnu_count).ok_or(ParseError::HashTable { address })
}

/// One past the last symbol of the longest-reaching chain.
fn gnu_count(words: Words<'_>) -> Option<u64> {
    let [buckets, first_hashed, bloom_words] = [words.get(0)?, words.get(1)?, words.get(2)?];
    let first_bucket = 4 + 2 * u64::from(bloom_words);
    let first_chain = first_bucket + u64::from(buckets);
    words.get(first_chain.checked_sub(1)?)?;
    let starts = (first_bucket..first_chain).filter_map(|at| words.get(at));
    let last_start = starts.max().filter(|&start| start >= first_hashed);
    let Some(last_start) = last_start else { return Some(first_hashed.into()) };
    let chain = first_chain + u64::from(last_start - first_hashed);
    let length = (chain..).map_while(|at| words.get(at)).position(|hash| hash & 1 == 1)?;
    Some(u64::from(last_start) + length as u64 + 1)
}

/// Bytes as little-endian words of four.
#[derive(Clone, Copy)]
struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn get(self, index: u64) -> Option<u32> {
        let start = usize::try_from(index.checked_mul(4)?).ok()?;
        self.0.get(start..)?.first_chunk().copied().map(u32::from_le_bytes)
    }
}
