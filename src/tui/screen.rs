//! From the app's state to the bytes that change the terminal: two buffers, their difference, one
//! synchronized update. An unchanged picture is no bytes at all.

use crossterm::{
    queue,
    terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate},
};
use ratatui::{
    backend::{Backend, CrosstermBackend},
    buffer::Buffer,
    layout::Rect,
};

use crate::{app::App, ui};

/// What the terminal shows now, and where the next picture is drawn.
#[derive(Debug)]
pub struct Screen {
    shown: Buffer,
    next: Buffer,
    must_clear: bool,
}

impl Screen {
    /// Nothing shown yet.
    pub fn new() -> Self {
        Self {
            shown: Buffer::default(),
            next: Buffer::default(),
            must_clear: true,
        }
    }

    /// Forgets what the terminal shows: the next picture is drawn whole.
    pub fn invalidate(&mut self) {
        self.must_clear = true;
    }

    /// Draws the app and appends what must change to `out`; leaves `out` alone where nothing must.
    pub fn draw(&mut self, app: &App, out: &mut Vec<u8>) {
        let area = Rect::new(0, 0, app.size.width, app.size.height);
        if self.next.area == area {
            self.next.reset();
        } else {
            self.must_clear = true;
            self.next = Buffer::empty(area);
        }
        ui::render(&mut self.next, area, app);
        if self.must_clear {
            self.shown = Buffer::empty(area);
        }
        // Writing into memory cannot fail; a queue! error would be a formatting bug of crossterm's.
        let _ = self.write(out);
        std::mem::swap(&mut self.shown, &mut self.next);
        self.must_clear = false;
    }

    fn write(&self, out: &mut Vec<u8>) -> std::io::Result<()> {
        let mut changes = self.shown.diff_iter(&self.next).peekable();
        if changes.peek().is_none() && !self.must_clear {
            return Ok(());
        }
        queue!(out, BeginSynchronizedUpdate)?;
        if self.must_clear {
            queue!(out, Clear(ClearType::All))?;
        }
        CrosstermBackend::new(&mut *out).draw(changes)?;
        queue!(out, EndSynchronizedUpdate)
    }
}
