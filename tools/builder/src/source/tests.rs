//! What hides tokens, and what only looks like it.

use super::*;

fn finding(text: &str) -> Option<Finding> {
    find(text.as_bytes()).map(|(_, finding)| finding)
}

#[track_caller]
fn refused(text: &str) -> Finding {
    finding(text).unwrap_or_else(|| panic!("accepted: {text}"))
}

#[track_caller]
fn accepted(text: &str) {
    assert_eq!(finding(text), None, "{text}");
}

fn attribute(name: &str) -> Finding {
    Finding::Attribute { name: name.to_owned() }
}

#[test]
fn unsafe_is_found_wherever_it_stands() {
    for text in [
        "fn f() { unsafe { g() } }",
        "#[cfg(any())] mod m { unsafe impl Send for T {} }",
        "macro_rules! m { ($p:expr) => { unsafe { *$p } } }",
        "macro_rules! m { () => { macro_rules! n { () => { unsafe {} } } } }",
        "macro_rules! m { ($m:tt) => { macro_rules! n { $m => { unsafe {} } } } }",
        "macro_rules! m { ($m:tt) => { macro_rules! n { $($m => { unsafe {} })=>* } } }",
        "macro_rules! m { (unsafe) => {} }",
        "m!(#[unsafe] { g() });",
        "m!(#[unsafe / { g() }]);",
        "m!(#[x::unsafe] { g() });",
        "m!(#[doc { unsafe { g() } } include_str]);",
        "m!(#[cfg_attr({ unsafe { g() } }, x)]);",
        "m!(#[cfg_attr(x, y) unsafe { g() }]);",
        "macro_rules! m { (#[$a:meta]) => { n!(#[$a unsafe { g() }]); } }",
        "m! { a b { c [unsafe] } }",
        "m!(unsafe);",
        "fn f() { stringify!(unsafe); }",
        "const X: () = { const Y: () = { unsafe {} }; };",
        "#[cfg_attr(all(), m(unsafe))] fn f() {}",
        "unsafe extern \"C\" { safe fn f(); }",
    ] {
        assert_eq!(refused(text), Finding::Unsafe, "{text}");
    }
}

#[test]
fn words_in_comments_and_strings_are_no_tokens() {
    accepted("// unsafe\n/* include_str!(\"x\") */ const S: &str = \"unsafe #[no_mangle]\";");
    accepted("/// unsafe { no_mangle }\nfn f() {}");
    accepted("#![deny(unsafe_code)]\n#![forbid(unsafe_op_in_unsafe_fn)]\nfn unsafe_looking() {}");
}

#[test]
fn attributes_are_refused_with_and_without_unsafe_around() {
    for (text, name) in [
        ("#[no_mangle] pub fn f() {}", "no_mangle"),
        ("#[unsafe(no_mangle)] pub fn f() {}", "no_mangle"),
        ("#[unsafe(naked)] fn f() {}", "naked"),
        ("#[r#no_mangle] pub fn f() {}", "no_mangle"),
        ("#[link_section = \".init_array\"] static X: u8 = 0;", "link_section"),
        ("#[cfg_attr(all(), cfg_attr(any(), export_name = \"x\"))] fn f() {}", "export_name"),
        ("#[path = \"x.txt\"] mod x;", "path"),
        ("#[r#path = \"x.txt\"] mod x;", "path"),
        ("#[cfg_attr(all(), path = \"x.txt\")] mod x;", "path"),
        ("#[link(name = \"c\")] extern \"C\" {}", "link"),
        ("#![crate_type = \"proc-macro\"]", "crate_type"),
        ("#[used] static X: u8 = 0;", "used"),
        ("m! { #[path = \"x\"] mod x; }", "path"),
    ] {
        assert_eq!(refused(text), attribute(name), "{text}");
    }
}

#[test]
fn attribute_that_a_macro_makes_must_be_one_of_its_invocation() {
    accepted("macro_rules! m { ($(#[$a:meta])* $n:ident) => { $(#[$a])* struct $n; } }");
    accepted("macro_rules! m { ($(#[$($a:tt)*])* $n:ident) => { $(#[$($a)*])* struct $n; } }");
    for text in [
        "macro_rules! m { ($a:meta) => { #[$a] mod x; } }",
        "macro_rules! m { ($($a:tt)*) => { #[$($a)*] mod x; } }",
        "macro_rules! m { (#[$a:meta] x) => {}; ($a:meta) => { #[$a] mod x; } }",
        "macro_rules! m { ($a:meta) => { #[cfg_attr(all(), $a)] mod x; } }",
    ] {
        let name = "a".to_owned();
        assert_eq!(refused(text), Finding::MetavariableAttribute { name }, "{text}");
    }
    for text in ["m!(# x [path = \"x.txt\"]);", "macro_rules! m { ($g:tt) => { # $g mod x; } }"] {
        assert_eq!(refused(text), Finding::LoneHash, "{text}");
    }
}

#[test]
fn built_in_macros_are_refused_under_whatever_name() {
    for text in [
        "const X: &str = include_str!(\"/etc/passwd\");",
        "use core::include_bytes as bytes;",
        "use core::{option_env as o};",
        "core::arch::global_asm!(\"ret\");",
        "use core::arch::asm as text;",
        "m!(include_str);",
        "use std::{r#include_str as x};",
        "pub use core::prelude::v1::global_allocator as a;",
    ] {
        assert!(matches!(refused(text), Finding::Name { .. }), "{text}");
    }
    for text in ["include!(\"x.rs\");", "const X: &str = core::env!(\"HOME\");", "r#env!(\"X\");"] {
        assert!(matches!(refused(text), Finding::Macro { .. }), "{text}");
    }
    for text in ["use core::env as e;", "use core::{include as i};"] {
        assert!(matches!(refused(text), Finding::Renamed { .. }), "{text}");
    }
    let text = "macro_rules! m { ($m:ident) => { $m!(\"HOME\") } }";
    assert!(matches!(refused(text), Finding::MetavariableMacro { .. }));
}

/// A macro can put what it is given wherever it likes, and split it as it likes.
#[test]
fn built_in_macros_are_refused_as_arguments_of_others() {
    for text in [
        "macro_rules! m { ($a:ident) => { use core::$a as x; } }\nm!(include);",
        "macro_rules! m { ([$($p:tt)*] [$($q:tt)*]) => { $($p)* $($q)* } }\nm!([use core::include] [as x;]);",
        "macro_rules! m { ($($m:ident)*) => { $($m)* !(\"x\") } }\nm!(r#env);",
        "macro_rules! m { ($as:tt) => { use core::include $as x; } }",
        "macro_rules! m { () => { n!([include]) } }",
        "m!(#[include] !);",
        "m!(#[x(include)] !);",
        "macro_rules! m { ($bang:tt) => { n $bang (include); } }",
        "macro_rules! m { () => { format!(\"{}\", n!(env)) } }",
    ] {
        assert!(matches!(refused(text), Finding::Passed { .. }), "{text}");
    }
    for text in ["macro_rules! format { ($m:ident) => { n!($m) } }", "use crate::m as vec;"] {
        assert!(matches!(refused(text), Finding::Shadowed { .. }), "{text}");
    }
    accepted("fn f(env: &Env) -> String { assert!(env.is_empty()); format!(\"{}\", env.len()) }");
}

/// In the edition of 2015, attributes of the linker need no `unsafe(…)`, and `async` is a name.
#[test]
fn attributes_of_older_editions_are_refused() {
    for text in
        ["#[no_mangle]\npub extern fn f() {}", "#[::core::prelude::v1::no_mangle] fn f() {}"]
    {
        assert_eq!(refused(text), attribute("no_mangle"), "{text}");
    }
    assert_eq!(
        refused(
            "#[macro_use(include)]\nextern crate core as c;\n#[export_name = \"x\"] fn async() {}"
        ),
        attribute("export_name")
    );
}

#[test]
fn unsafe_code_in_the_string_of_an_attribute_is_found() {
    for text in [
        "#[serde(default = \"f::<{ unsafe { g() } }>\")] struct S;",
        "#[m(r#\"(unsafe{})\"#)] struct S;",
        "#[cfg_attr(all(), m(x = \"unsafe { y }\"))] struct S;",
    ] {
        assert_eq!(refused(text), Finding::Unsafe, "{text}");
    }
    accepted("#[doc = \"`unsafe {}`\"] #[error(\"unsafe to do: {0}\")] struct S;");
}

#[test]
fn names_that_are_made_of_parts_are_no_names() {
    accepted("const S: &str = concat!(\"un\", \"safe {}\");");
    assert!(matches!(refused("concat_idents!(un, safe);"), Finding::Name { .. }));
}

#[test]
fn crate_root_is_looked_at_whatever_it_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root.txt");
    std::fs::write(&root, "unsafe fn f() {}").unwrap();
    let error = check("p", &root, |_| "root.txt".to_owned()).unwrap_err();
    assert_eq!((error.place.as_str(), error.finding), ("root.txt:1", Finding::Unsafe));
}

#[test]
fn honest_code_is_accepted() {
    for text in [
        "let env = 1; fn include(path: &str, link: u8) -> bool { env != 2 }",
        "use crate::path::{env, link};",
        "#![doc = include_str!(\"../README.md\")]",
        "#![cfg_attr(docsrs, feature(doc_cfg))]",
        "#[derive(Clone)] #[serde(rename = \"path\")] struct S { r#type: u8 }",
        "macro_rules! m { ($($n:ident : $t:ty),* $(,)?) => { $(fn $n(self) -> $t { $crate::f!(self) })* } }",
        "#!/usr/bin/env run\nfn f() {}",
    ] {
        accepted(text);
    }
}

#[test]
fn file_that_is_no_rust_is_refused() {
    assert_eq!(refused("fn f( {"), Finding::NoTokens);
    assert!(find(&[0xff, 0xfe]).is_some());
}

/// The compiler takes these lines for code: an attribute follows `#!`.
#[test]
fn first_line_is_looked_at_unless_it_surely_is_a_shebang() {
    for between in ["/**/", "//\n", " /* / */ ", "\u{200e}", "\u{2028}", "\t", ""] {
        let text = format!("#!{between}[allow(x)] fn f() {{ unsafe {{}} }}");
        assert_eq!(refused(&text), Finding::Unsafe, "{between:?}");
    }
    assert!(find(b"#!run unsafe {}\nfn f() {}").is_some());
}

#[test]
fn string_of_later_editions_is_refused() {
    assert_eq!(refused("m! { cr#\"x\" unsafe {} /* \"# */ }"), Finding::RawCString);
    assert_eq!(
        refused("macro_rules! m { () => { cr#\"x\" unsafe {} /* \"# */ } }"),
        Finding::RawCString
    );
    accepted("const C: &core::ffi::CStr = c\"crate\";");
}

#[test]
fn parentheses_without_end_are_refused() {
    let nested = |count| format!("m!({}{});", "(".repeat(count), ")".repeat(count));
    accepted(&nested(200));
    assert_eq!(refused(&nested(100_000)), Finding::Depth);
    let attribute = format!("#[m{}x{}] fn f() {{}}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(refused(&attribute), Finding::Depth);
}

#[test]
fn line_is_the_token_s() {
    assert_eq!(find(b"fn f() {}\n\nfn g() {\n    unsafe {}\n}\n").unwrap().0, 4);
}
