//! Looks at every token of a file.

use proc_macro2::{Delimiter, Ident, Literal, TokenStream, TokenTree};

use super::attribute;
use super::names;
use super::tokens::{Attributes, Found, is_ident, is_punct, unraw};
use crate::error::source::Finding;

/// The first thing that may not be there, and its line.
pub(super) fn first_finding(tokens: TokenStream) -> Option<(usize, Finding)> {
    let walk = Walk { known: &Attributes::new(), is_argument: false };
    let found = walk.stream(tokens).err();
    found.map(|(span, finding)| (span.start().line, finding))
}

/// Where tokens stand.
#[derive(Clone, Copy)]
struct Walk<'a> {
    /// Which metavariables may make attributes.
    known: &'a Attributes,
    /// Whether a macro is given them, which may put any of them anywhere.
    is_argument: bool,
}

impl Walk<'_> {
    /// Looks at a sequence of tokens, and at what is nested in it.
    fn stream(self, tokens: TokenStream) -> Result<(), Found> {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut rest = tokens.as_slice();
        while !rest.is_empty() {
            rest = &rest[self.next(rest)?..];
        }
        Ok(())
    }

    /// Looks at what `tokens` begin with; returns how many that were.
    fn next(self, tokens: &[TokenTree]) -> Result<usize, Found> {
        match &tokens[0] {
            TokenTree::Ident(ident) => self.ident(ident, &tokens[1..]),
            TokenTree::Group(group) => self.stream(group.stream()).map(|()| 1),
            TokenTree::Punct(punct) if punct.as_char() == '#' => self.hash(tokens),
            TokenTree::Punct(punct) if punct.as_char() == '$' => metavariable(tokens),
            TokenTree::Literal(literal) => self::literal(literal),
            TokenTree::Punct(_) => Ok(1),
        }
    }

    fn ident(self, ident: &Ident, after: &[TokenTree]) -> Result<usize, Found> {
        let name = unraw(ident);
        if let Some(finding) = self.finding(&name, after) {
            return Err((ident.span(), finding));
        }
        match after {
            [TokenTree::Punct(_), TokenTree::Ident(defined), TokenTree::Group(body), ..]
                if name == "macro_rules" =>
            {
                if names::only_takes_expressions(&unraw(defined)) {
                    return Err((defined.span(), Finding::Shadowed { name: unraw(defined) }));
                }
                self.rules(body.stream()).map(|()| 4)
            }
            [bang, TokenTree::Group(arguments), ..] if is_punct(Some(bang), '!') => {
                let is_argument = self.is_argument || !names::only_takes_expressions(&name);
                Walk { is_argument, ..self }.stream(arguments.stream()).map(|()| 3)
            }
            _ => Ok(1),
        }
    }

    /// What is wrong with an identifier before `after`.
    fn finding(self, name: &str, after: &[TokenTree]) -> Option<Finding> {
        let owned = || name.to_owned();
        let is_call = is_punct(after.first(), '!') && !is_punct(after.get(1), '=');
        let is_macro = names::is_refused_macro(name);
        match name {
            "unsafe" => Some(Finding::Unsafe),
            "as" => shadowing(after),
            _ if names::is_refused_anywhere(name) => Some(Finding::Name { name: owned() }),
            _ if is_macro && is_call => Some(Finding::Macro { name: owned() }),
            _ if is_macro && is_ident(after.first(), "as") => {
                Some(Finding::Renamed { name: owned() })
            }
            // A macro could be given the `as`, or be the one to call it.
            _ if is_macro && (self.is_argument || is_punct(after.first(), '$')) => {
                Some(Finding::Passed { name: owned() })
            }
            _ => None,
        }
    }

    /// An attribute; a `#` that begins none could make one of what a macro puts behind it.
    fn hash(self, tokens: &[TokenTree]) -> Result<usize, Found> {
        let inner = usize::from(is_punct(tokens.get(1), '!'));
        match tokens.get(1 + inner) {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => {
                let inside = attribute::check(group.stream(), group.span(), self.known)?;
                self.stream(inside).map(|()| 2 + inner)
            }
            _ => Err((tokens[0].span(), Finding::LoneHash)),
        }
    }

    /// The rules of a `macro_rules!`: in each, the matcher tells which metavariables hold the inside of an
    /// attribute; these may be the inside of one in what it makes.
    fn rules(self, body: TokenStream) -> Result<(), Found> {
        let mut known = self.known.clone();
        let mut is_matcher = true;
        for token in body {
            // A name in what a macro makes can become another one's argument.
            let walk = Walk { known: &known, is_argument: true };
            match token {
                TokenTree::Group(group) if is_matcher => {
                    known = self.known.clone();
                    attribute::metavariables(group.stream(), false, &mut known);
                    // It is looked at as well: where a metavariable stands for the matcher, this is what
                    // the macro makes.
                    Walk { known: &known, is_argument: true }.stream(group.stream())?;
                    is_matcher = false;
                }
                TokenTree::Group(group) => walk.stream(group.stream())?,
                TokenTree::Punct(punct) if punct.as_char() == ';' => is_matcher = true,
                TokenTree::Ident(ident) => drop(walk.ident(&ident, &[])?),
                TokenTree::Literal(literal) => drop(self::literal(&literal)?),
                TokenTree::Punct(_) => {}
            }
        }
        Ok(())
    }
}

/// Another macro may not get the name of one whose arguments are taken for expressions.
fn shadowing(after_as: &[TokenTree]) -> Option<Finding> {
    let Some(TokenTree::Ident(name)) = after_as.first() else { return None };
    let name = unraw(name);
    names::only_takes_expressions(&name).then_some(Finding::Shadowed { name })
}

/// A raw string of C is one from the edition of 2021 on. Before, it is a name, and what the string would hide are
/// tokens.
fn literal(literal: &Literal) -> Result<usize, Found> {
    let is_of_later_editions = literal.to_string().starts_with("cr");
    if is_of_later_editions { Err((literal.span(), Finding::RawCString)) } else { Ok(1) }
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
