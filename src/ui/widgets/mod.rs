//! What several panes draw with.

pub mod field;
pub mod frame;
pub mod row;
