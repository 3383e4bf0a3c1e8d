//! Paths as they are written in sources.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{ItemUse, UseTree};

/// The segments of a path, as written.
pub(crate) type Written = Vec<String>;

/// One leaf of a `use` declaration.
pub(crate) struct Imported {
    /// The name that it has where it is imported; none for `*`.
    pub(crate) name: Option<String>,
    pub(crate) path: Written,
}

/// An identifier without `r#`.
pub(crate) fn plain(name: &Ident) -> String {
    name.to_string().trim_start_matches("r#").to_owned()
}

/// The leaves of a `use` declaration.
pub(crate) fn in_use(tree: &UseTree) -> Vec<Imported> {
    let mut found = Vec::new();
    collect_leaves(tree, &mut Vec::new(), &mut found);
    found
}

fn collect_leaves(tree: &UseTree, above: &mut Written, found: &mut Vec<Imported>) {
    match tree {
        UseTree::Path(part) => {
            above.push(plain(&part.ident));
            collect_leaves(&part.tree, above, found);
            above.pop();
        }
        UseTree::Name(leaf) => found.push(leaf_of(above, &plain(&leaf.ident), None)),
        UseTree::Rename(leaf) => {
            found.push(leaf_of(above, &plain(&leaf.ident), Some(plain(&leaf.rename))));
        }
        UseTree::Glob(_) => found.push(Imported { name: None, path: above.clone() }),
        UseTree::Group(group) => {
            group.items.iter().for_each(|item| collect_leaves(item, above, found));
        }
    }
}

/// `{self}` imports what stands above it.
fn leaf_of(above: &[String], last: &str, rename: Option<String>) -> Imported {
    let mut path = above.to_vec();
    if last != "self" || above.is_empty() {
        path.push(last.to_owned());
    }
    let name = rename.or_else(|| path.last().cloned());
    Imported { name, path }
}

/// The paths of two or more segments in `tokens`, and the `use` declarations inside of function bodies.
pub(crate) fn in_tokens(tokens: TokenStream) -> (Vec<Written>, Vec<ItemUse>) {
    let mut found = (Vec::new(), Vec::new());
    scan(tokens, &mut found);
    found
}

fn scan(tokens: TokenStream, found: &mut (Vec<Written>, Vec<ItemUse>)) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        at += match &tokens[at] {
            TokenTree::Group(group) => {
                scan(group.stream(), found);
                1
            }
            TokenTree::Ident(word) if word == "use" => declaration(&tokens[at..], found),
            TokenTree::Ident(_) if !is_separator(&tokens[at.saturating_sub(2)..at]) => {
                path(&tokens[at..], found)
            }
            _ => 1,
        };
    }
}

/// Enters the `use` declaration at the head of `tokens`, if it is one; returns how many tokens it has.
fn declaration(tokens: &[TokenTree], found: &mut (Vec<Written>, Vec<ItemUse>)) -> usize {
    let ends = |token: &TokenTree| matches!(token, TokenTree::Punct(it) if it.as_char() == ';');
    let length = tokens.iter().position(ends).map_or(1, |end| end + 1);
    match syn::parse2(tokens[..length].iter().cloned().collect()) {
        Ok(declaration) => found.1.push(declaration),
        Err(_) => return 1,
    }
    length
}

/// Enters the path at the head of `tokens`; returns how many tokens it has.
fn path(tokens: &[TokenTree], found: &mut (Vec<Written>, Vec<ItemUse>)) -> usize {
    let mut segments = Vec::new();
    let mut at = 0;
    while let Some(TokenTree::Ident(segment)) = tokens.get(at) {
        segments.push(plain(segment));
        at += 1;
        if !tokens.get(at..at + 2).is_some_and(is_separator) {
            break;
        }
        at += 2;
    }
    if segments.len() > 1 {
        found.0.push(segments);
    }
    at
}

/// Whether `tokens` are `::`.
fn is_separator(tokens: &[TokenTree]) -> bool {
    let is_colon = |token: &TokenTree| matches!(token, TokenTree::Punct(it) if it.as_char() == ':');
    tokens.len() == 2 && tokens.iter().all(is_colon)
}

/// Whether `unsafe` stands anywhere in `tokens`.
pub(crate) fn has_unsafe(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => has_unsafe(group.stream()),
        TokenTree::Ident(word) => word == "unsafe",
        _ => false,
    })
}
