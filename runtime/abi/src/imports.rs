//! The library whitelist: every symbol that an image may leave undefined.

/// Generates [`Import`] with its names, so that the list stands once.
macro_rules! imports {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A symbol that a service may call, and that the loader binds to the worker's own code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Import { $($(#[$doc])* $variant,)* }

        impl Import {
            /// Every import, in the order of their discriminants.
            pub const ALL: &[Import] = &[$(Import::$variant,)*];

            /// The symbol's name in an image.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Import::$variant => $name,)* }
            }
        }
    };
}

imports! {
    /// `fn(bytes: usize, align: usize) -> *mut u8`; null when refused.
    Alloc = "mote_alloc",
    /// As [`Import::Alloc`], with zeroed bytes.
    AllocZeroed = "mote_alloc_zeroed",
    /// `fn(pointer: *mut u8, bytes: usize, align: usize)`.
    Dealloc = "mote_dealloc",
    /// `fn() -> u64`: the node's clock, in nanoseconds.
    NowNs = "mote_now_ns",
    /// `fn() -> u64`: what is left of the budget, in microseconds.
    RemainingUs = "mote_remaining_us",
    /// `fn(text: *const u8, bytes: usize)`: adds a line to the invocation's log.
    Log = "mote_log",
    /// `fn(bytes: *mut u8, len: usize)`: fills with random bytes.
    RandomBytes = "mote_random_bytes",
    /// `fn() -> u64`: where the invocation's variables are, as [`crate::variables`] has them.
    Variables = "mote_variables",
    /// `fn()`: a place where a raise may happen.
    Checkpoint = "mote_checkpoint",
    /// `fn() -> u32`: opens a countable handle; 0 when the invocation has used up its share.
    TokenCreate = "mote_token_create",
    /// `fn(token: u32)`: releases it. Never raises.
    TokenRelease = "mote_token_release",
    /// `fn(is_error: u32, bytes: *const u8, len: usize)`: hands over the response or the error text.
    Respond = "mote_respond",
    /// `fn(calls: *const u8, bytes: usize) -> Answer`: calls of [upstreams](crate::upstream). The invocation is
    /// suspended until there are replies to all. The answer is two words: where the replies lie, until the next
    /// such call, and their bytes; or null, and why there are none.
    Upstream = "mote_upstream",
    /// `fn()`: called first by an image's panic handler; does not return if a panic is under way.
    Panicking = "mote_panicking",
    /// `fn(message: *const u8, bytes: usize, file: *const u8, file_bytes: usize, line: u32, column: u32)
    /// -> !`: starts unwinding. Line 0: the place is not known.
    Panic = "mote_panic",
    /// `fn(bytes: usize, align: usize) -> !`: an allocation was refused and the service did not cope;
    /// starts unwinding.
    Refused = "mote_refused",
    /// Itanium C++ ABI, level I: a landing pad is done.
    UnwindResume = "_Unwind_Resume",
    /// The personality routine. Its address marks frames; it is never called.
    EhPersonality = "rust_eh_personality",
    /// C standard, 7.24.2.1.
    Memcpy = "memcpy",
    /// C standard, 7.24.2.2.
    Memmove = "memmove",
    /// C standard, 7.24.6.1.
    Memset = "memset",
    /// C standard, 7.24.4.1.
    Memcmp = "memcmp",
    /// As `memcmp`, but only its being zero means anything (LLVM emits calls to it).
    Bcmp = "bcmp",
    /// C standard, 7.24.6.3 (`CStr::from_ptr` calls it).
    Strlen = "strlen",
}

impl Import {
    /// How many imports there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The import of that name, if it is on the whitelist.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|import| import.name() == name)
    }

    /// The name of the worker's own symbol that this import is bound to: the import's name behind
    /// `mote_import_`, so that the worker's C library functions and a service's are never confused.
    /// For names that begin with `mote_` already, that prefix is not repeated.
    #[must_use]
    pub fn is_host_symbol(self, symbol: &str) -> bool {
        let short = self.name().strip_prefix("mote_").unwrap_or(self.name());
        symbol.strip_prefix("mote_import_") == Some(short)
    }
}

/// Where each import lies in a worker: addresses indexed by `Import as usize`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportTable(pub [u64; Import::COUNT]);

impl ImportTable {
    /// The address that `import` is bound to.
    #[must_use]
    pub const fn address(&self, import: Import) -> u64 {
        self.0[import as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_import() {
        for &import in Import::ALL {
            assert_eq!(Import::from_name(import.name()), Some(import));
        }
        assert_eq!(Import::from_name("getpid"), None);
    }

    #[test]
    fn table_holds_the_address_of_each_import() {
        let table = ImportTable(core::array::from_fn(|index| 0x1000 + index as u64));
        for (index, &import) in Import::ALL.iter().enumerate() {
            assert_eq!(table.address(import), 0x1000 + index as u64, "{}", import.name());
        }
    }

    #[test]
    fn host_symbol_has_the_prefix_once() {
        assert!(Import::Alloc.is_host_symbol("mote_import_alloc"));
        assert!(Import::Memcpy.is_host_symbol("mote_import_memcpy"));
        assert!(Import::UnwindResume.is_host_symbol("mote_import__Unwind_Resume"));
        assert!(!Import::Memcpy.is_host_symbol("memcpy"));
    }
}
