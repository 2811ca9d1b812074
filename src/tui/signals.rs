//! Signals that end the program: on a thread of their own, because a hung-up terminal can keep the event
//! stream spinning inside its poll.

use std::{io, thread};

use super::terminal;

/// Restores the terminal and ends the process on SIGHUP, SIGTERM, SIGINT and SIGQUIT, with 128 + the signal.
#[cfg(unix)]
pub fn watch() -> io::Result<()> {
    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM},
        iterator::Signals,
    };
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            terminal::restore();
            std::process::exit(128 + signal);
        }
    })?;
    Ok(())
}

/// Windows tells a console program of its end by key events; nothing to watch.
#[cfg(not(unix))]
pub fn watch() -> io::Result<()> {
    Ok(())
}
