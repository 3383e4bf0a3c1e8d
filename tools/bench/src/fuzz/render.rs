//! From trees to Rust.

use std::fmt::Write as _;

use super::grammar::{Child, Hole, Node, Piece, Program};

/// What every program finds in scope.
const SCOPE: &str = "\
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::mem;

use crate::support::{Draining, Element, Failure, Key, Loud, Source};
";

/// The module of a program, with its `run`.
#[must_use]
pub(crate) fn program(program: &Program) -> String {
    let of = &program.value.of;
    let mut body = String::new();
    let _ = write!(body, "s.begin({}); let mut own: {of} = ", program.seed as u32);
    node(&program.value, &mut body);
    body.push_str("; let x = &mut own; ");
    block(&program.block, &mut body);
    body.push_str("s.note(own.key()); Ok(())");
    let function = format!(
        "#[inline(never)] pub(crate) fn run<'s>(s: &'s Source<'s>) -> Result<(), Failure<'s>> {{ {body} }}"
    );
    format!("//! Generated from seed {}.\n\n{SCOPE}\n{}", program.seed, in_lines(&function))
}

fn node(node_: &Node, into: &mut String) {
    let mut children = node_.children.iter();
    for piece in node_.production.pieces() {
        match piece {
            Piece::Text(text) => into.push_str(text),
            Piece::Hole(Hole::Name(of)) => {
                let _ = write!(into, "{}", node_.type_of(of));
            }
            Piece::Hole(Hole::Number) => {
                let _ = write!(into, "{}", node_.number);
            }
            Piece::Hole(_) => child(children.next().expect("every hole is filled"), into),
        }
    }
}

fn child(child: &Child, into: &mut String) {
    match child {
        Child::Value(value) => node(value, into),
        Child::Block(statements) => block(statements, into),
    }
}

fn block(statements: &[Node], into: &mut String) {
    for statement in statements {
        node(statement, into);
        into.push('\n');
    }
}

/// A line for each statement, indented by its depth.
fn in_lines(text: &str) -> String {
    let mut lines = Lines::default();
    let mut is_string = false;
    for letter in text.chars() {
        is_string ^= letter == '"';
        match letter {
            '{' if !is_string => {
                lines.line.push('{');
                lines.end(1);
            }
            '}' if !is_string => {
                lines.end(-1);
                lines.line.push('}');
            }
            ';' if !is_string && lines.brackets == 0 => {
                lines.line.push(';');
                lines.end(0);
            }
            '\n' => lines.end(0),
            _ => lines.push(letter),
        }
    }
    lines.end(0);
    lines.text
}

/// Text in lines.
#[derive(Default)]
struct Lines {
    text: String,
    line: String,
    depth: usize,
    /// Square brackets that are open: what is repeated in `vec![…; n]` is no statement.
    brackets: usize,
}

impl Lines {
    fn push(&mut self, letter: char) {
        match letter {
            '[' => self.brackets += 1,
            ']' => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
        self.line.push(letter);
    }

    /// Ends the line, if there is anything in it, and goes so much deeper.
    fn end(&mut self, deeper: isize) {
        let line = self.line.trim();
        if !line.is_empty() {
            let _ = writeln!(self.text, "{:1$}{line}", "", 4 * self.depth);
        }
        self.line.clear();
        self.depth = self.depth.saturating_add_signed(deeper);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::grammar::{Kind, Type};

    #[test]
    fn program_is_readable_rust() {
        let value = Node::simplest(&Type { kind: Kind::Element, parts: Vec::new() });
        let text = program(&Program { seed: 5, value, block: Vec::new() });
        let expected = "#[inline(never)] pub(crate) fn run<'s>(s: &'s Source<'s>) -> Result<(), Failure<'s>> {\n    \
                        s.begin(5);\n    let mut own: Element<'s> = s.element(1);\n    let x = &mut own;\n    \
                        s.note(own.key());\n    Ok(())\n}\n";
        assert!(text.ends_with(expected), "{text}");
    }

    #[test]
    fn lines_are_broken_neither_in_strings_nor_in_brackets() {
        assert_eq!(
            in_lines("{ a(\"{};\"); vec![b; 3]; }"),
            "{\n    a(\"{};\");\n    vec![b; 3];\n}\n"
        );
    }
}
