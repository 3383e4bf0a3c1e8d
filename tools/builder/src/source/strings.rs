//! Code in the strings of attributes: derive macros make tokens of it, such as serde of a path.

use proc_macro2::{TokenStream, TokenTree};
use syn::LitStr;

use super::tokens::too_deep;

/// Whether a string among `tokens`, however deep, has an unsafe block when it is read as code.
pub(super) fn hide_unsafe(tokens: &[TokenTree]) -> bool {
    tokens.iter().any(|token| match token {
        TokenTree::Literal(literal) => {
            let text = syn::parse_str::<LitStr>(&literal.to_string()).map(|text| text.value());
            let code = text.ok().and_then(|text| text.parse().ok());
            code.is_some_and(|code: TokenStream| {
                too_deep(&code).is_some() || has_unsafe_block(code)
            })
        }
        TokenTree::Group(group) => hide_unsafe(&group.stream().into_iter().collect::<Vec<_>>()),
        TokenTree::Ident(_) | TokenTree::Punct(_) => false,
    })
}

fn has_unsafe_block(code: TokenStream) -> bool {
    let code: Vec<TokenTree> = code.into_iter().collect();
    let begins = |pair: &[TokenTree]| matches!(pair, [TokenTree::Ident(word), TokenTree::Group(_)] if word == "unsafe");
    let is_deeper = |token: &TokenTree| match token {
        TokenTree::Group(group) => has_unsafe_block(group.stream()),
        _ => false,
    };
    code.windows(2).any(begins) || code.iter().any(is_deeper)
}
