//! Tables as a person reads them, on terminals and in files alike.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

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

/// The table's text without blanks at the ends of its lines.
#[must_use]
pub fn drawn(table: &Table) -> String {
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_aligned_to_the_right() {
        let mut small = table(&["name", "bytes"], 1);
        small.add_row(["hello", "7"]);
        let text = drawn(&small);
        assert!(text.contains("hello"), "{text}");
        assert!(text.lines().any(|line| line.ends_with("    7")), "{text}");
    }
}
