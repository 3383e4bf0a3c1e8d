//! Functions: how they are named, what is kept of them, and where.

pub mod description;
pub mod images;
pub mod name;
pub mod record;
pub mod store;
pub mod tenant;
pub mod variables;
