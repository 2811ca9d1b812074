//! What the release binary weighs.

use super::{
    scene::PROGRAM,
    table::{Bar, Row},
};

/// The release profile strips it.
pub fn binary() -> Vec<Row> {
    let bytes = std::fs::metadata(PROGRAM).unwrap().len();
    vec![Row::new(
        "stripped binary",
        bytes as f64 / 1e6,
        "MB",
        Bar::AtMost(10.0),
    )]
}
