//! The symbols that images are bound to: stubs that switch to the host stack and call the host's
//! functions.

use mote_sigctx::host_call;

use crate::calls::{context, heap, panics, tokens, upstream};

host_call!(creating "mote_import_alloc" => heap::alloc, when pending heap::alloc_late);
host_call!(creating "mote_import_alloc_zeroed" => heap::alloc_zeroed, when pending heap::alloc_zeroed_late);
host_call!(creating "mote_import_token_create" => tokens::create, when pending tokens::create_late);
host_call!(quiet "mote_import_dealloc" => heap::dealloc);
host_call!(quiet "mote_import_token_release" => tokens::release);
host_call!(quiet "mote_import_panicking" => panics::panicking);
host_call!(raising "mote_import_now_ns" => context::now);
host_call!(raising "mote_import_remaining_us" => context::remaining_us);
host_call!(raising "mote_import_log" => context::log);
host_call!(raising "mote_import_random_bytes" => context::random_bytes);
host_call!(raising "mote_import_variables" => context::variables);
host_call!(raising "mote_import_checkpoint" => context::checkpoint);
host_call!(raising "mote_import_respond" => context::respond);
host_call!(diverging "mote_import_upstream" => upstream::call);
host_call!(diverging "mote_import_panic" => panics::panic);
host_call!(diverging "mote_import_refused" => panics::refused);
host_call!(diverging "mote_import__Unwind_Resume" => panics::unwind_resume);
// The loader binds a pointer to it in every image; nothing calls it.
host_call!(diverging "mote_import_rust_eh_personality" => panics::unwind_resume);

/// Makes the linker keep the stubs: services jump to them, and nothing in the program refers to them.
#[inline(never)]
pub fn keep() {
    core::hint::black_box(mote_import_alloc as *const ());
}

unsafe extern "C" {
    fn mote_import_alloc();
}
