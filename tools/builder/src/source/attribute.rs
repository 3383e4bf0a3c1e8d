//! What an attribute is, also where a macro makes it or `cfg_attr` hides it.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

use super::names;
use super::strings;
use super::tokens::{Attributes, Found, is_path_separator, is_punct, unraw};
use crate::error::source::Finding;

/// Looks at the inside of `#[…]`; returns what of it is left to be looked at as any other tokens.
pub(super) fn check(
    inside: TokenStream,
    span: Span,
    known: &Attributes,
) -> Result<TokenStream, Found> {
    let tokens: Vec<TokenTree> = inside.into_iter().collect();
    if is_punct(tokens.first(), '$') {
        return made_of_metavariables(&tokens, span, known).map(|()| tokens.into_iter().collect());
    }
    let (name, arguments) = path(&tokens);
    let named = &tokens[..tokens.len() - arguments.len()];
    if let Some(found) = misnamed(named, arguments) {
        return Err((span, found));
    }
    if name.as_deref() != Some("doc") && strings::hide_unsafe(arguments) {
        return Err((span, Finding::Unsafe));
    }
    match (name.as_deref(), arguments) {
        (Some("unsafe"), [TokenTree::Group(group), ..]) => {
            let name = path(&group.stream().into_iter().collect::<Vec<_>>()).0;
            Err((span, Finding::Attribute { name: name.unwrap_or_else(|| "unsafe".to_owned()) }))
        }
        (Some("cfg_attr"), [TokenTree::Group(group), rest @ ..]) => {
            let mut parts = split(group.stream()).into_iter();
            // The first is the condition.
            let mut left = parts.next().unwrap_or_default();
            for inner in parts {
                left.extend(check(inner, span, known)?);
            }
            left.extend(rest.iter().cloned());
            Ok(left)
        }
        (Some("doc"), [equals, TokenTree::Ident(text), rest @ ..])
            if is_punct(Some(equals), '=') && *text == "include_str" =>
        {
            // Documentation of a file in the package goes nowhere into an image.
            Ok(rest.iter().cloned().collect())
        }
        (Some(name), _) if names::is_refused_attribute(name) => {
            Err((span, Finding::Attribute { name: name.to_owned() }))
        }
        _ => Ok(arguments.iter().cloned().collect()),
    }
}

/// A macro that is given an attribute can make anything of its name: it may be no keyword, but for that of
/// `unsafe(…)`, and no name of a macro that reads files.
fn misnamed(named: &[TokenTree], arguments: &[TokenTree]) -> Option<Finding> {
    let has_arguments = matches!(arguments.first(), Some(TokenTree::Group(_)));
    named.iter().find_map(|token| match token {
        TokenTree::Ident(ident) => match unraw(ident) {
            name if name == "unsafe" && !(has_arguments && named.len() == 1) => {
                Some(Finding::Unsafe)
            }
            name if names::is_macro_alone(&name) => Some(Finding::Passed { name }),
            _ => None,
        },
        _ => None,
    })
}

/// An attribute that a macro makes may be one that its invocation has, which is looked at there.
fn made_of_metavariables(
    tokens: &[TokenTree],
    span: Span,
    known: &Attributes,
) -> Result<(), Found> {
    let mut used = Attributes::new();
    metavariables(tokens.iter().cloned().collect(), true, &mut used);
    match used.into_iter().find(|name| !known.contains(name)) {
        Some(name) => Err((span, Finding::MetavariableAttribute { name })),
        None => Ok(()),
    }
}

/// Adds the metavariables of `tokens` that are inside of attributes.
pub(super) fn metavariables(tokens: TokenStream, is_inside: bool, found: &mut Attributes) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let is_attribute = group.delimiter() == Delimiter::Bracket
                    && at > 0
                    && (is_punct(tokens.get(at - 1), '#') || is_inner(&tokens[..at]));
                metavariables(group.stream(), is_inside || is_attribute, found);
            }
            TokenTree::Ident(name) if is_inside && at > 0 && is_punct(tokens.get(at - 1), '$') => {
                found.insert(unraw(name));
            }
            _ => {}
        }
    }
}

fn is_inner(before: &[TokenTree]) -> bool {
    matches!(before, [.., hash, bang] if is_punct(Some(hash), '#') && is_punct(Some(bang), '!'))
}

/// The last name of the path that `tokens` begin with, and what follows.
fn path(tokens: &[TokenTree]) -> (Option<String>, &[TokenTree]) {
    let tokens = if is_path_separator(tokens) { &tokens[2..] } else { tokens };
    match tokens {
        [TokenTree::Ident(_), rest @ ..] if is_path_separator(rest) => path(&rest[2..]),
        [TokenTree::Ident(name), rest @ ..] => (Some(unraw(name)), rest),
        _ => (None, tokens),
    }
}

/// The parts between commas.
fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let parts = tokens.split(|token| is_punct(Some(token), ','));
    parts.map(|part| part.iter().cloned().collect()).collect()
}
