//! The terminal's modes: entered once, left on every way out — `Drop`, a panic in any thread, a signal.

use std::{
    io,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use crossterm::{
    cursor, event,
    style::ResetColor,
    terminal::{self, EnterAlternateScreen, LeaveAlternateScreen},
};

/// How long a stalled terminal may hold up the end.
const RESTORE_TIME: Duration = Duration::from_millis(300);

/// Whether the terminal is in our modes. Process-wide because the terminal is: the panic hook and the signal
/// thread must know it without reaching into the program's state.
static IS_OURS: AtomicBool = AtomicBool::new(false);

/// Holds the terminal in our modes (raw, alternate screen, bracketed paste, perhaps mouse) until dropped.
#[derive(Debug)]
pub struct Terminal {
    has_mouse: bool,
}

impl Terminal {
    /// Enters our modes.
    pub fn enter(has_mouse: bool) -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        IS_OURS.store(true, Ordering::SeqCst);
        let terminal = Self { has_mouse };
        let mut out = io::stdout();
        crossterm::execute!(
            out,
            EnterAlternateScreen,
            event::EnableBracketedPaste,
            cursor::Hide
        )?;
        if has_mouse {
            crossterm::execute!(out, event::EnableMouseCapture)?;
        }
        Ok(terminal)
    }

    /// Takes the terminal back after `restore` (suspend, `$EDITOR`).
    pub fn resume(&mut self) -> io::Result<()> {
        *self = Self::enter(self.has_mouse)?;
        Ok(())
    }

    /// Remembers whether the mouse is captured, for [`Terminal::resume`].
    pub fn set_mouse(&mut self, has_mouse: bool) {
        self.has_mouse = has_mouse;
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back as it was; does nothing where it already is. Errors have nowhere to go.
pub fn restore() {
    if !IS_OURS.swap(false, Ordering::SeqCst) {
        return;
    }
    // A terminal that stopped reading must not hold up the end: what is said to it goes by a thread of its own.
    let (done_tx, done_rx) = mpsc::sync_channel(1);
    let leaving = thread::Builder::new().spawn(move || {
        leave();
        let _ = done_tx.send(());
    });
    if leaving.is_ok() {
        let _ = done_rx.recv_timeout(RESTORE_TIME);
    }
    let _ = terminal::disable_raw_mode();
}

fn leave() {
    let mut out = io::stdout();
    let _ = crossterm::execute!(
        out,
        ResetColor,
        event::DisableMouseCapture,
        event::DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
}

/// Makes a panic in any thread restore the terminal, be reported and end the program: what is left of it
/// would go on drawing over the report.
pub fn install_panic_hook() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        restore();
        report(panic);
        std::process::exit(101);
    }));
}
