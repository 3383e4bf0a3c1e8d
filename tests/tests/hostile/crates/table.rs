//! The crates of `tests/hostile/crates`: what stops each, how, and what it does otherwise.

use super::unprotected::Harm;
use crate::layer::Layer;

use End::{Harmless, Refused};
use Harm::{Compiles, Floods, Leaks, RunsCode, TakesAll};
use Layer::{Intake, Sandbox, Source};

/// How the build of a crate ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With these words in what is said.
    Refused(&'static str),
    /// With an image that has nothing of the attack.
    Harmless,
}

/// A crate with one attack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crate {
    pub(crate) name: &'static str,
    /// What stops it.
    pub(crate) layer: Layer,
    /// How `mote build` ends.
    pub(crate) end: End,
    /// What it does where cargo alone builds it.
    pub(crate) harm: Harm,
}

const fn stopped(layer: Layer, name: &'static str, end: End, harm: Harm) -> Crate {
    Crate { name, layer, end, harm }
}

/// Each crate.
pub(crate) const CRATES: [Crate; 58] = [
    stopped(Intake, "build_script", Refused("build script"), RunsCode),
    stopped(Intake, "build_script_renamed", Refused("build script"), RunsCode),
    stopped(Intake, "dependency_build_script", Refused("build script"), RunsCode),
    stopped(Intake, "procedural_macro", Refused("procedural macro"), RunsCode),
    stopped(Intake, "procedural_macro_by_type", Refused("procedural macro"), RunsCode),
    stopped(Intake, "procedural_macro_by_target", Refused("procedural macro"), RunsCode),
    stopped(Intake, "cargo_configuration_wrapper", Harmless, RunsCode),
    stopped(Intake, "cargo_configuration_compiler", Harmless, RunsCode),
    stopped(Intake, "cargo_configuration_bootstrap", Refused("E0554"), Compiles),
    stopped(Intake, "cargo_configuration_source", Refused("E0425"), Compiles),
    stopped(Intake, "cargo_features", Refused("cargo-features"), Compiles),
    stopped(Intake, "toolchain_file", Harmless, RunsCode),
    stopped(Intake, "dependency_outside", Refused("outside"), Leaks),
    stopped(Intake, "dependency_from_git", Refused("has `git`"), Leaks),
    stopped(Intake, "dependency_patched", Refused("replaces dependencies"), Compiles),
    stopped(Intake, "library_outside", Refused("outside"), Leaks),
    stopped(Intake, "module_link", Refused("file not found"), Leaks),
    stopped(Intake, "module_fifo", Refused("file not found"), TakesAll),
    stopped(Intake, "source_link", Refused("couldn't read `src/notes.txt`"), Leaks),
    stopped(Source, "environment_variable", Refused("the macro `env!`"), Leaks),
    stopped(Source, "environment_variable_renamed", Refused("another name"), Leaks),
    stopped(Source, "file_included", Refused("names `include_str`"), Leaks),
    stopped(Source, "file_included_raw", Refused("names `include_str`"), Leaks),
    stopped(Source, "file_included_renamed", Refused("names `include_str`"), Leaks),
    stopped(Source, "file_included_by_macro", Refused("names `include_bytes`"), Leaks),
    stopped(Source, "macro_by_metavariable", Refused("calls `$name!`"), Leaks),
    stopped(Source, "module_path", Refused("attribute `path`"), Leaks),
    stopped(Source, "module_path_conditional", Refused("attribute `path`"), Leaks),
    stopped(Source, "unsafe_block", Refused("unsafe"), Compiles),
    stopped(Source, "unsafe_trait", Refused("unsafe"), Compiles),
    stopped(Source, "unsafe_by_macro", Refused("unsafe"), Compiles),
    stopped(Source, "unsafe_by_nested_macro", Refused("unsafe"), Compiles),
    stopped(Source, "unsafe_by_token", Refused("unsafe"), Compiles),
    stopped(Source, "unsafe_in_included_text", Refused("gives `include` to a macro"), Compiles),
    stopped(Source, "unsafe_in_attribute", Refused("unsafe"), Compiles),
    stopped(Source, "unsafe_by_matcher", Refused("unsafe"), Compiles),
    stopped(Source, "unsafe_by_passed_name", Refused("gives `include` to a macro"), Compiles),
    stopped(Source, "unsafe_behind_shebang", Refused("unsafe"), Compiles),
    stopped(Source, "unsafe_in_raw_c_string", Refused("a raw C string"), Compiles),
    stopped(Source, "unsafe_in_dependency", Refused("unsafe"), Compiles),
    stopped(Source, "unsafe_behind_condition", Refused("unsafe"), Compiles),
    stopped(Source, "naked_function", Refused("naked"), Compiles),
    stopped(Source, "global_assembly", Refused("global_asm"), Compiles),
    stopped(Source, "global_assembly_renamed", Refused("global_asm"), Compiles),
    stopped(Source, "symbol_unmangled", Refused("no_mangle"), Compiles),
    stopped(Source, "symbol_unmangled_raw", Refused("no_mangle"), Compiles),
    stopped(Source, "symbol_of_old_edition", Refused("no_mangle"), Compiles),
    stopped(Source, "symbol_exported", Refused("export_name"), Compiles),
    stopped(Source, "attribute_by_metavariable", Refused("attribute of `$attribute`"), Compiles),
    stopped(Source, "attribute_behind_hash", Refused("a `#` that begins no attribute"), Compiles),
    stopped(Source, "section_chosen", Refused("link_section"), Compiles),
    stopped(Source, "library_linked", Refused("attribute `link`"), Compiles),
    stopped(Source, "static_kept", Refused("attribute `used`"), Compiles),
    stopped(Sandbox, "documentation_included", Refused("couldn't read"), Leaks),
    stopped(Sandbox, "endless_constant", Refused("longer than"), TakesAll),
    stopped(Sandbox, "nested_type", Refused("stopped"), TakesAll),
    stopped(Sandbox, "doubling_macro", Refused("stopped"), TakesAll),
    stopped(Sandbox, "output_flood", Refused("of messages"), Floods),
];
