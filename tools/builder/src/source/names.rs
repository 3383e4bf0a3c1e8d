//! What sources that are not vetted may not name.

/// Names that may stand nowhere. They read files or the environment, put assembly or symbols into the
/// image, or take the place of what the image brings; and they have no other use.
const ANYWHERE: [&str; 16] = [
    "alloc_error_handler",
    "asm",
    "concat_idents",
    "export_name",
    "global_allocator",
    "global_asm",
    "include_bytes",
    "include_str",
    "link_section",
    "llvm_asm",
    "naked",
    "naked_asm",
    "no_mangle",
    "option_env",
    "panic_handler",
    "rustc_std_internal_symbol",
];

/// Macros whose names are also those of ordinary things: not to be called, and not to be imported under
/// another name.
const MACROS: [&str; 2] = ["env", "include"];

/// Macros of the standard library that evaluate what they are given, and name nothing by it.
const EXPRESSIONS: [&str; 16] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "format",
    "format_args",
    "matches",
    "panic",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
];

/// Attributes whose names are also those of ordinary things.
const ATTRIBUTES: [&str; 18] = [
    "crate_type",
    "debugger_visualizer",
    "ffi_const",
    "ffi_pure",
    "lang",
    "link",
    "link_args",
    "link_name",
    "link_ordinal",
    "no_builtins",
    "no_core",
    "no_main",
    "path",
    "proc_macro",
    "proc_macro_attribute",
    "proc_macro_derive",
    "start",
    "used",
];

/// Whether `name` may stand nowhere.
pub(super) fn is_refused_anywhere(name: &str) -> bool {
    ANYWHERE.contains(&name)
}

/// Whether there may be no macro of that name.
pub(super) fn is_refused_macro(name: &str) -> bool {
    MACROS.contains(&name) || is_refused_anywhere(name)
}

/// Whether `name` is refused as a macro, and allowed elsewhere.
pub(super) fn is_macro_alone(name: &str) -> bool {
    MACROS.contains(&name)
}

/// Whether the macro `name` does nothing with names that it is given.
pub(super) fn only_takes_expressions(name: &str) -> bool {
    EXPRESSIONS.contains(&name)
}

/// Whether there may be no attribute of that name.
pub(super) fn is_refused_attribute(name: &str) -> bool {
    ATTRIBUTES.contains(&name) || is_refused_anywhere(name) || name.starts_with("rustc_")
}
