//! Which macros of a vetted crate expand to unsafe code in a crate that uses them: an exported macro
//! whose definition has the token, and a procedural macro that has it in what it quotes.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use super::tokens::{Found, is_ident, is_punct};
use crate::error::source::Finding;

/// The first such macro's line.
pub(super) fn first_finding(tokens: TokenStream, is_procedural: bool) -> Option<(usize, Finding)> {
    let found = stream(tokens, is_procedural).err();
    found.map(|(span, finding)| (span.start().line, finding))
}

fn stream(tokens: TokenStream, is_procedural: bool) -> Result<(), Found> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let reaches_others = is_definition(&tokens[..at]) && is_exported(&tokens[..at - 3])
            || is_procedural && is_invocation(&tokens[..at]);
        if reaches_others && let Some(found) = unsafe_in(group.stream()) {
            return Err((found.span(), Finding::Unsafe));
        }
        stream(group.stream(), is_procedural)?;
    }
    Ok(())
}

/// Whether `before` ends with `macro_rules! name`.
fn is_definition(before: &[TokenTree]) -> bool {
    matches!(before, [.., rules, bang, TokenTree::Ident(_)]
        if is_ident(Some(rules), "macro_rules") && is_punct(Some(bang), '!'))
}

/// Whether `before` ends with `name!`.
fn is_invocation(before: &[TokenTree]) -> bool {
    matches!(before, [.., TokenTree::Ident(_), bang] if is_punct(Some(bang), '!'))
}

/// Whether one of the attributes that `before` ends with exports a macro, be it under a condition.
fn is_exported(before: &[TokenTree]) -> bool {
    match before {
        [rest @ .., hash, TokenTree::Group(group)]
            if is_punct(Some(hash), '#') && group.delimiter() == Delimiter::Bracket =>
        {
            named(group.stream(), "macro_export").is_some() || is_exported(rest)
        }
        _ => false,
    }
}

fn unsafe_in(tokens: TokenStream) -> Option<Ident> {
    named(tokens, "unsafe")
}

/// The first identifier of that name, however deep.
fn named(tokens: TokenStream, name: &str) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == name => Some(ident),
        TokenTree::Group(group) => named(group.stream(), name),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, is_procedural: bool) -> Option<usize> {
        first_finding(text.parse().unwrap(), is_procedural).map(|(line, _)| line)
    }

    #[test]
    fn macro_with_unsafe_code_is_found_when_it_is_exported() {
        for text in [
            "#[macro_export]\nmacro_rules! m { () => { unsafe {} } }",
            "#[doc(hidden)] #[cfg_attr(all(), macro_export)] #[inline]\nmacro_rules! m { () => { f!(unsafe) } }",
            "macro_rules! outer { () => { #[macro_export]\nmacro_rules! m { () => { unsafe {} } } } }",
        ] {
            assert_eq!(line(text, false), Some(2), "{text}");
        }
    }

    #[test]
    fn unsafe_code_that_stays_in_the_crate_is_none_of_a_macro_s() {
        for text in [
            "macro_rules! m { () => { unsafe {} } }",
            "#[macro_export] macro_rules! m { () => { f() } }\nfn f() { unsafe {} }",
            "fn f() { m!(unsafe) }",
        ] {
            assert_eq!(line(text, false), None, "{text}");
        }
    }

    #[test]
    fn procedural_macro_is_judged_by_what_it_quotes() {
        assert_eq!(line("fn f() {\nquote! { unsafe impl X for Y {} } }", true), Some(2));
        assert_eq!(line("fn f() { unsafe { g() } }", true), None);
    }
}
