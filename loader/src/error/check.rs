//! What [`check`](crate::check()) refuses.
#![forbid(unsafe_code)]

use alloc::string::String;

use mote_abi::image::DATA_LIMIT_BYTES;

use super::code_place::CodePlace;
use super::quote::{Quoted, UsedAt};
use crate::cfi::CfiError;
use crate::image::SegmentKind;

/// Why an image may not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The file is larger than this node admits.
    #[error(
        "the image has {bytes} bytes, and this node admits {limit}: depend on less, or build it in \
         release"
    )]
    ImageBytes {
        /// How many.
        bytes: u64,
        /// How many are admitted.
        limit: u64,
    },
    /// A segment may be written and executed.
    #[error("the {kind} segment is writable and executable; no segment may be both")]
    WritableExecutable {
        /// The segment.
        kind: SegmentKind,
    },
    /// A segment has other rights than its kind.
    #[error("the {kind} segment has flags {found:#x}; it must have {expected:#x} (R=4, W=2, X=1)")]
    SegmentFlags {
        /// The segment.
        kind: SegmentKind,
        /// Its flags.
        found: u32,
        /// The flags of its kind.
        expected: u32,
    },
    /// A segment's alignment is not a power of two of at most a page.
    #[error("the {kind} segment is aligned to {found}; allowed are powers of two up to 4096")]
    Alignment {
        /// The segment.
        kind: SegmentKind,
        /// Its alignment in bytes.
        found: u64,
    },
    /// A segment that cannot be written has more zeros behind its bytes than padding explains.
    #[error(
        "the {kind} segment ends with {bytes} bytes that are not in the file; at most 4096 may"
    )]
    ZeroTail {
        /// The segment.
        kind: SegmentKind,
        /// How many.
        bytes: u64,
    },
    /// The data segment is larger than what is worth making new for every invocation.
    #[error(
        "the data segment has {bytes} bytes, all made new for every invocation; at most \
         {DATA_LIMIT_BYTES} may be: keep large tables `static` without interior mutability, and \
         working memory on the heap"
    )]
    DataBytes {
        /// How many.
        bytes: u64,
    },
    /// The slot would be larger than a window.
    #[error("the image needs a slot of {bytes} bytes; a window has 536870912")]
    SlotBytes {
        /// What it needs.
        bytes: u64,
    },
    /// There is a `PT_TLS`.
    #[error("there is thread-local storage (PT_TLS), which services have no use for; remove it")]
    ThreadLocalStorage,
    /// There is a `PT_INTERP`.
    #[error("there is an interpreter (PT_INTERP): this is a program; build with `mote build`")]
    Interpreter,
    /// The stack shall be executable.
    #[error("PT_GNU_STACK asks for an executable stack")]
    ExecutableStack,
    /// A program header that the loader does not know.
    #[error("program header type {found:#x} is unknown; build the image with `mote build`")]
    HeaderType {
        /// The type.
        found: u32,
    },
    /// There is no note of `mote build`.
    #[error("there is no .note.mote that names the compiler; build it with `mote build`")]
    NoteMissing,
    /// The image was built for another ABI.
    #[error(
        "image has ABI version {found}, this node {expected}: build it again with `mote build`"
    )]
    AbiVersion {
        /// The image's version.
        found: u32,
        /// This node's version.
        expected: u32,
    },
    /// The image was built by another compiler.
    #[error(
        "image was built by {}, this node runs {expected}: build it again with `mote build`",
        Quoted(.found)
    )]
    Toolchain {
        /// The image's compiler.
        found: String,
        /// This node's compiler.
        expected: String,
    },
    /// There is a `DT_NEEDED`.
    #[error("needs the library {}; services link statically", Quoted(.library))]
    Needed {
        /// The library's name.
        library: String,
    },
    /// Code shall run when the image is loaded or unloaded.
    #[error("has {tag}, code that runs on loading or unloading; nothing runs but the entry")]
    Initializer {
        /// The tag in the dynamic table.
        tag: &'static str,
    },
    /// Text shall be relocated.
    #[error("text has relocations ({tag}); compile position-independent code")]
    TextRelocations {
        /// The tag in the dynamic table.
        tag: &'static str,
    },
    /// There are relocations in a format that the loader does not read.
    #[error("has relocations in the format {tag}; only DT_RELA is read; link with `mote build`")]
    RelocationFormat {
        /// The tag in the dynamic table.
        tag: &'static str,
    },
    /// A table's entries have another size than the format's, or are cut off.
    #[error("{tag} is {found}; it must be {expected}")]
    TableShape {
        /// The tag in the dynamic table.
        tag: &'static str,
        /// Its value.
        found: u64,
        /// What it must be.
        expected: &'static str,
    },
    /// An undefined symbol is not on the whitelist.
    #[error(
        "import \"{}\"{} is not on the whitelist (see mote inspect)",
        Quoted(.name),
        UsedAt(.first_use)
    )]
    Import {
        /// The symbol's name.
        name: String,
        /// The address of the first word that is relocated to it.
        first_use: Option<u64>,
    },
    /// A symbol is of a kind that would need more than an address.
    #[error("symbol \"{}\" has type {found}; indirect functions and TLS are not loaded", Quoted(.name))]
    SymbolType {
        /// The symbol's name.
        name: String,
        /// Its `STT_` type.
        found: u8,
    },
    /// There is no entry.
    #[error("no symbol \"mote_entry\" is defined; build the image with `mote build`")]
    EntryMissing,
    /// There are several entries.
    #[error("the symbol \"mote_entry\" is defined more than once")]
    EntryTwice,
    /// The entry is not a function.
    #[error("\"mote_entry\" has symbol type {found}; it must be 2 (a function)")]
    EntryType {
        /// Its `STT_` type.
        found: u8,
    },
    /// The entry is not in text.
    #[error("\"mote_entry\" is at {address:#x}, which is not in the text segment")]
    EntryOutside {
        /// Its address.
        address: u64,
    },
    /// A relocation's kind is not one of the four that images have.
    #[error(
        "relocation type {kind} at {address:#x}; allowed are R_X86_64_RELATIVE, GLOB_DAT, \
         JUMP_SLOT and 64"
    )]
    RelocationKind {
        /// The kind.
        kind: u32,
        /// What it would change.
        address: u64,
    },
    /// A relocation would change what is neither in the read-only nor in the data segment.
    #[error("relocation at {address:#x} is not wholly in the read-only or data segment")]
    RelocationTarget {
        /// What it would change.
        address: u64,
    },
    /// A relocation would change zeros that are not in the file.
    #[error("relocation at {address:#x} is behind the data segment's bytes, where zeros start")]
    RelocationInZeros {
        /// What it would change.
        address: u64,
    },
    /// A relocation names a symbol that is not there.
    #[error("relocation at {address:#x} names symbol {symbol}, which has no address")]
    RelocationSymbol {
        /// What it would change.
        address: u64,
        /// The position in the symbol table.
        symbol: u32,
    },
    /// A relocation's value is not an address of the image.
    #[error("relocation at {address:#x} has the value {value:#x}, which is not in the image")]
    RelocationValue {
        /// What it would change.
        address: u64,
        /// The value.
        value: u64,
    },
    /// A relocation points beside an import.
    #[error(
        "relocation at {address:#x} adds {addend} to the import \"{import}\"; only 0 is allowed"
    )]
    ImportAddend {
        /// What it would change.
        address: u64,
        /// The import's name.
        import: &'static str,
        /// What is added to its address, in bytes.
        addend: i64,
    },
    /// The call frame information cannot be used.
    #[error(transparent)]
    Cfi(#[from] CfiError),
    /// Text contains an instruction that no service may have.
    #[error(
        "{place} has the instruction `{instruction}`, which no service may contain; do without it"
    )]
    Instruction {
        /// Its name.
        instruction: &'static str,
        /// Where it is.
        place: CodePlace,
    },
    /// Text contains bytes that are no instruction.
    #[error("{place} has bytes that are no instruction; keep data out of the text section")]
    NoInstruction {
        /// Where they are.
        place: CodePlace,
    },
    /// An instruction goes on where another function begins.
    #[error("{place} has an instruction that goes on behind its function; its CFI is wrong")]
    InstructionStraddles {
        /// Where it is.
        place: CodePlace,
    },
    /// A branch has the prefix 66, which processors of two makers read differently.
    #[error(
        "{place} has a branch with the prefix 66, which not all processors read alike; remove it"
    )]
    BranchPrefix {
        /// Where it is.
        place: CodePlace,
    },
    /// A branch leads outside text.
    #[error("{place} branches to {target:#x}, which is outside the image's text")]
    BranchTarget {
        /// Where it is.
        place: CodePlace,
        /// Where it leads.
        target: i64,
    },
}
