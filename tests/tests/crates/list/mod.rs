//! The list: popular crates that do without `std`, and what a service does with each.

mod collections;
mod cryptography;
mod formats;
mod idioms;
mod media;
mod numbers;
mod text;

use crate::listed::Listed;

/// Every entry.
pub(crate) fn all() -> Vec<Listed> {
    let kinds = [
        text::LIST,
        formats::LIST,
        collections::LIST,
        numbers::LIST,
        cryptography::LIST,
        media::LIST,
        idioms::LIST,
    ];
    kinds.concat()
}
