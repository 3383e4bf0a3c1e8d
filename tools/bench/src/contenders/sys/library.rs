//! A service in a shared library: loaded, called, unloaded. Spec: dlopen(3), dlsym(3).

use std::ffi::{CStr, CString};
use std::io;
use std::mem;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr::NonNull;

use mote_dispatcher::now_ns;

/// The one function of `programs/library_*.rs`: it is given the clock, and answers with the time.
type Handle = extern "C" fn(extern "C" fn() -> u64) -> u64;

/// A loaded library.
#[derive(Debug)]
pub(crate) struct Library {
    library: NonNull<libc::c_void>,
    handle: Handle,
}

/// A file's name as the C library takes it.
pub(crate) fn name(path: &Path) -> io::Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

impl Library {
    /// Loads the library and looks its function up. All symbols are bound now.
    pub(crate) fn open(name: &CStr) -> io::Result<Self> {
        // SAFETY: the library is one of ours; it has no initialisers that matter.
        let library = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        let library = NonNull::new(library).ok_or_else(error)?;
        // SAFETY: the library is loaded, the name ends with a zero.
        let symbol = unsafe { libc::dlsym(library.as_ptr(), c"handle".as_ptr()) };
        let symbol = NonNull::new(symbol).ok_or_else(error)?;
        // SAFETY: that is this function's type in both sources.
        let handle = unsafe { mem::transmute::<*mut libc::c_void, Handle>(symbol.as_ptr()) };
        Ok(Self { library, handle })
    }

    /// When its service runs: now.
    pub(crate) fn stamp_ns(&self) -> u64 {
        (self.handle)(clock)
    }

    /// Unloads it. An error if it is still there after that.
    pub(crate) fn close(self, name: &CStr) -> io::Result<()> {
        // SAFETY: it was loaded, and its function is not called any more.
        unsafe { libc::dlclose(self.library.as_ptr()) };
        let flags = libc::RTLD_NOW | libc::RTLD_NOLOAD;
        // SAFETY: only asks whether it is loaded.
        match unsafe { libc::dlopen(name.as_ptr(), flags) }.is_null() {
            true => Ok(()),
            false => Err(io::Error::other("the library cannot be unloaded")),
        }
    }
}

extern "C" fn clock() -> u64 {
    now_ns()
}

fn error() -> io::Error {
    // SAFETY: asks for the text of this thread's last error.
    let text = unsafe { libc::dlerror() };
    if text.is_null() {
        return io::Error::other("the library cannot be loaded");
    }
    // SAFETY: not null, so a text that ends with a zero and lives until the next error.
    io::Error::other(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}
