//! Everything that can happen to the app.

use crossterm::event::{KeyEvent, MouseEvent};

use super::effect::Done;
use crate::event::Batch;

/// One thing that happened.
#[derive(Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse was used.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// Traffic arrived.
    Batches(Vec<Batch>),
    /// An effect came to its end.
    Done(Done),
    /// Time passed to a moment at which something visible changes.
    Tick,
    /// There is time to look at more of what a filter was not asked about yet.
    Search,
}
