//! Tables as a person reads them, on terminals and in files alike.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Row, Table, TableStyle};
use console::{Term, measure_text_width};

/// A line below the headings, and no other.
const STYLE: TableStyle = NOTHING.header_separator(LineStyle::none().fill('─').junction('─'));

/// A table with these headings, as wide as its contents.
/// Columns from `numbers_from` on are aligned to the right.
#[must_use]
pub fn table(headings: &[&str], numbers_from: usize) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(headings);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if index >= numbers_from {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Aligns one column to the left again.
pub fn align_left(table: &mut Table, column: usize) {
    if let Some(column) = table.column_mut(column) {
        column.set_cell_alignment(CellAlignment::Left);
    }
}

/// How wide a terminal is, in columns; `None` if it is none, and text may be as wide as it likes.
#[must_use]
pub fn columns(terminal: &Term) -> Option<usize> {
    let size = terminal.is_term().then(|| terminal.size_checked()).flatten();
    size.map(|(_, columns)| columns.into()).filter(|&columns| columns > 0)
}

/// The table's text without blanks at the ends of its lines. Where it is wider than `columns`, each row is
/// a block of lines: its first cell, and below it each other one with its heading.
#[must_use]
pub fn drawn(table: &Table, columns: Option<usize>) -> String {
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    let widest = lines.iter().map(|line| measure_text_width(line)).max().unwrap_or(0);
    match columns {
        Some(columns) if widest > columns => blocks(table),
        _ => lines.into_iter().map(|line| line + "\n").collect(),
    }
}

fn blocks(table: &Table) -> String {
    let headings: Vec<String> =
        table.header().into_iter().flat_map(Row::cell_iter).map(Cell::content).collect();
    let labels = headings.iter().skip(1).map(|label| measure_text_width(label)).max().unwrap_or(0);
    let mut text = String::new();
    for row in table.row_iter() {
        let cells: Vec<String> = row.cell_iter().map(Cell::content).collect();
        if let Some(first) = cells.first().filter(|first| !first.is_empty()) {
            text.push_str(&format!("{first}\n"));
        }
        for (heading, cell) in headings.iter().zip(&cells).skip(1).filter(|(_, it)| !it.is_empty())
        {
            let gap = " ".repeat(labels - measure_text_width(heading));
            text.push_str(&format!("  {heading}{gap}  {cell}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Table {
        let mut small = table(&["name", "bytes", "time in µs"], 1);
        small.add_row(["hello", "7", "1.25"]).add_row(["spin", "", "3.50"]);
        small
    }

    #[test]
    fn numbers_are_aligned_to_the_right() {
        let text = drawn(&small(), None);
        assert!(text.contains("hello"), "{text}");
        assert!(text.lines().any(|line| line.ends_with("      1.25")), "{text}");
        assert_eq!(drawn(&small(), Some(80)), text);
    }

    #[test]
    fn row_is_a_block_where_the_table_is_too_wide() {
        let expected = "hello\n  bytes       7\n  time in µs  1.25\nspin\n  time in µs  3.50\n";
        assert_eq!(drawn(&small(), Some(20)), expected);
    }
}
