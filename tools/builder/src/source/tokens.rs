//! Small questions about tokens, and what is carried while they are looked at.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Spacing, Span, TokenStream, TokenTree};

use crate::error::source::Finding;

/// What was found, and where; looking ends there.
pub(super) type Found = (Span, Finding);

/// The metavariables of a macro that hold the inside of an attribute of its invocation.
pub(super) type Attributes = BTreeSet<String>;

/// How deep groups may be nested: no honest source comes near, and what looks at them recurses.
const DEPTH_MAX: usize = 256;

/// The first group that is nested deeper than [`DEPTH_MAX`].
pub(super) fn too_deep(tokens: &TokenStream) -> Option<Span> {
    let mut open = vec![tokens.clone().into_iter()];
    while let Some(innermost) = open.last_mut() {
        match innermost.next() {
            Some(TokenTree::Group(group)) if open.len() > DEPTH_MAX => return Some(group.span()),
            Some(TokenTree::Group(group)) => open.push(group.stream().into_iter()),
            Some(_) => {}
            None => drop(open.pop()),
        }
    }
    None
}

/// The name of an identifier, raw or not.
pub(super) fn unraw(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

pub(super) fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

pub(super) fn is_ident(token: Option<&TokenTree>, wanted: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if *ident == wanted)
}

/// Whether two tokens are `::`.
pub(super) fn is_path_separator(tokens: &[TokenTree]) -> bool {
    let is_joined = matches!(tokens.first(), Some(TokenTree::Punct(punct)) if punct.spacing() == Spacing::Joint);
    is_joined && is_punct(tokens.first(), ':') && is_punct(tokens.get(1), ':')
}
