//! Signals that end the program: on a thread of their own, because a hung-up terminal can keep the event
//! stream spinning inside its poll.

use std::{io, thread, time::Duration};

use super::terminal;

/// How long a stalled terminal may hold up the end.
const RESTORE_TIME: Duration = Duration::from_millis(300);

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
            let (done_tx, done_rx) = std::sync::mpsc::sync_channel(1);
            thread::spawn(move || {
                terminal::restore();
                let _ = done_tx.send(());
            });
            let _ = done_rx.recv_timeout(RESTORE_TIME);
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
