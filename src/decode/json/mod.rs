//! The lossless JSON view: order, number text, duplicate names, broken and cut documents all stay as sent.
//!
//! ```text
//! bytes ─ lex ─ lexemes ┬ check   strict grammar: where and what the first fault is
//!                       ├ layout  an index of lines, and the lines asked for
//!                       └ compact one line without blanks
//! ```
//! `layout` and `compact` also take the JSON-like notation that binary decoders write.

mod check;
mod compact;
mod layout;
mod lex;

pub(super) use check::{Fault, check};
pub(super) use compact::{compact, members};
pub(super) use layout::Layout;
