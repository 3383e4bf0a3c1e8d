//! How values are shown: units, tables, and text from strangers.

pub mod table;
pub mod text;
pub mod units;
