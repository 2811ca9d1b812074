//! Signals that end the program: on a thread of their own, because a hung-up terminal can keep the event
//! stream spinning inside its poll.

use std::{io, sync::mpsc as std_mpsc};

use tokio::sync::mpsc;

/// The loop's side of a signal: it is asked to go, and says when the brokers are told.
pub struct Leave {
    asked_rx: mpsc::Receiver<()>,
    done_tx: std_mpsc::SyncSender<Vec<String>>,
}

impl Leave {
    /// Returns when a signal has come; never where none is watched for.
    pub async fn asked(&mut self) {
        if self.asked_rx.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Every connection has ended; what is to be said about that.
    pub fn done(&self, notes: Vec<String>) {
        // Nobody waits any more if it took too long.
        let _ = self.done_tx.try_send(notes);
    }
}

/// On SIGHUP, SIGTERM, SIGINT and SIGQUIT: lets the loop say DISCONNECT, restores the terminal and ends the
/// process with 128 + the signal.
pub fn watch() -> io::Result<Leave> {
    let (asked_tx, asked_rx) = mpsc::channel(1);
    let (done_tx, done_rx) = std_mpsc::sync_channel(1);
    watcher::watch(asked_tx, done_rx)?;
    Ok(Leave { asked_rx, done_tx })
}

#[cfg(unix)]
mod watcher {
    use std::{
        io::{self, Write},
        sync::mpsc::{self as std_mpsc, Receiver},
        thread,
        time::Duration,
    };

    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM},
        iterator::Signals,
    };
    use tokio::sync::mpsc::Sender;

    use crate::tui::terminal;

    /// How long the loop may take to say DISCONNECT: each connection has 300 ms, and a hung-up terminal may keep
    /// the loop from answering at all.
    const GOODBYES: Duration = Duration::from_millis(450);
    /// How long the last words may take: a stalled terminal takes none.
    const LAST_WORDS: Duration = Duration::from_millis(100);

    pub fn watch(asked_tx: Sender<()>, done_rx: Receiver<Vec<String>>) -> io::Result<()> {
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
        thread::Builder::new().name("signals".into()).spawn(move || {
            if let Some(signal) = signals.forever().next() {
                // The loop may have ended already; then nobody is left to be told.
                let _ = asked_tx.blocking_send(());
                let notes = done_rx.recv_timeout(GOODBYES).unwrap_or_default();
                terminal::restore();
                say(notes);
                std::process::exit(128 + signal);
            }
        })?;
        Ok(())
    }

    fn say(notes: Vec<String>) {
        if notes.is_empty() {
            return;
        }
        let (said_tx, said_rx) = std_mpsc::sync_channel(1);
        thread::spawn(move || {
            for note in notes {
                let _ = writeln!(io::stderr().lock(), "mqttscope: {note}");
            }
            let _ = said_tx.send(());
        });
        let _ = said_rx.recv_timeout(LAST_WORDS);
    }
}

/// Windows tells a console program of its end by key events; nothing to watch.
#[cfg(not(unix))]
mod watcher {
    pub fn watch(
        _asked_tx: tokio::sync::mpsc::Sender<()>,
        _done_rx: std::sync::mpsc::Receiver<Vec<String>>,
    ) -> std::io::Result<()> {
        Ok(())
    }
}
