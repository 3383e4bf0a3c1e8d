//! Looks at every token of a file.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use super::attribute;
use super::names;
use super::tokens::{Attributes, Found, is_ident, is_punct, unraw};
use crate::error::source::Finding;

/// The first thing that may not be there, and its line.
pub(super) fn first_finding(tokens: TokenStream) -> Option<(usize, Finding)> {
    let found = stream(tokens, &Attributes::new()).err();
    found.map(|(span, finding)| (span.start().line, finding))
}

/// Looks at a sequence of tokens, and at what is nested in it.
fn stream(tokens: TokenStream, known: &Attributes) -> Result<(), Found> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut rest = tokens.as_slice();
    while !rest.is_empty() {
        rest = &rest[next(rest, known)?..];
    }
    Ok(())
}

/// Looks at what `tokens` begin with; returns how many that were.
fn next(tokens: &[TokenTree], known: &Attributes) -> Result<usize, Found> {
    match &tokens[0] {
        TokenTree::Ident(ident) => self::ident(ident, &tokens[1..], known),
        TokenTree::Group(group) => stream(group.stream(), known).map(|()| 1),
        TokenTree::Punct(punct) if punct.as_char() == '#' => hash(tokens, known),
        TokenTree::Punct(punct) if punct.as_char() == '$' => metavariable(tokens),
        TokenTree::Punct(_) | TokenTree::Literal(_) => Ok(1),
    }
}

fn ident(ident: &Ident, after: &[TokenTree], known: &Attributes) -> Result<usize, Found> {
    let name = unraw(ident);
    let found = |finding| Err((ident.span(), finding));
    if name == "unsafe" {
        return found(Finding::Unsafe);
    }
    if names::is_refused_anywhere(&name) {
        return found(Finding::Name { name });
    }
    if names::is_refused_macro(&name)
        && is_punct(after.first(), '!')
        && !is_punct(after.get(1), '=')
    {
        return found(Finding::Macro { name });
    }
    if names::is_refused_macro(&name) && is_ident(after.first(), "as") {
        return found(Finding::Renamed { name });
    }
    if name == "macro_rules"
        && let [TokenTree::Punct(_), TokenTree::Ident(_), TokenTree::Group(body), ..] = after
    {
        return rules(body.stream(), known).map(|()| 4);
    }
    Ok(1)
}

/// An attribute; a `#` that begins none could make one of what a macro puts behind it.
fn hash(tokens: &[TokenTree], known: &Attributes) -> Result<usize, Found> {
    let inner = usize::from(is_punct(tokens.get(1), '!'));
    match tokens.get(1 + inner) {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => {
            let inside = attribute::check(group.stream(), group.span(), known)?;
            stream(inside, known).map(|()| 2 + inner)
        }
        _ => Err((tokens[0].span(), Finding::LoneHash)),
    }
}

/// A metavariable that is called as a macro could be any.
fn metavariable(tokens: &[TokenTree]) -> Result<usize, Found> {
    let is_call =
        is_punct(tokens.get(2), '!') && matches!(tokens.get(3), Some(TokenTree::Group(_)));
    match tokens.get(1) {
        Some(TokenTree::Ident(name)) if is_call => {
            Err((name.span(), Finding::MetavariableMacro { name: name.to_string() }))
        }
        _ => Ok(1),
    }
}

/// The rules of a `macro_rules!`: in each, the matcher tells which metavariables hold the inside of an
/// attribute; these may be the inside of one in what it makes.
fn rules(body: TokenStream, outer: &Attributes) -> Result<(), Found> {
    let mut known = outer.clone();
    let mut is_matcher = true;
    for token in body {
        match token {
            TokenTree::Group(group) if is_matcher => {
                known = outer.clone();
                attribute::metavariables(group.stream(), false, &mut known);
                // A matcher names what an invocation has, and there it is looked at.
                is_matcher = false;
            }
            TokenTree::Group(group) => stream(group.stream(), &known)?,
            TokenTree::Punct(punct) if punct.as_char() == ';' => is_matcher = true,
            TokenTree::Ident(ident) => drop(self::ident(&ident, &[], &known)?),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    Ok(())
}
