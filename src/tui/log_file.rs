//! The log of mqttscope itself as a file, for after the screen has gone: `mqttscope.log` in the state folder,
//! yours alone, at most 1 MiB and the one before it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread::{self, JoinHandle},
};

use crate::{
    app::{journal::Entry, notices::Level},
    text::{Glyphs, WallClock, sanitize},
};

/// Lines on their way: a disk that stalls for longer than that loses lines, counted.
const LINES: usize = 1_024;
/// A file of this size makes room for the next.
const MAX_BYTES: u64 = 1 << 20;

/// The way to the thread that writes; what is said while it cannot keep up is counted and told.
#[derive(Debug)]
pub struct LogFile {
    lines_tx: Option<SyncSender<String>>,
    thread: Option<JoinHandle<()>>,
    clock: WallClock,
    lost: u64,
}

impl LogFile {
    /// Opens `FOLDER/mqttscope.log` at the first line; a folder that cannot be written is no reason not to start.
    pub fn start(folder: &Path, clock: WallClock) -> Self {
        let (lines_tx, lines_rx) = sync_channel(LINES);
        let path = folder.join("mqttscope.log");
        let thread = thread::Builder::new()
            .name("log".into())
            .spawn(move || write_all(&path, &lines_rx));
        Self {
            lines_tx: Some(lines_tx),
            thread: thread.ok(),
            clock,
            lost: 0,
        }
    }

    /// Hands a line over; never waits.
    pub fn write(&mut self, entry: &Entry) {
        let Some(lines_tx) = &self.lines_tx else { return };
        let word = match entry.level {
            Level::Info => "info ",
            Level::Warn => "warn ",
            Level::Error => "error",
        };
        let lost = if self.lost > 0 {
            format!(" [{} lines before this one lost]", self.lost)
        } else {
            String::new()
        };
        let text = sanitize(&entry.text, Glyphs::Unicode);
        let line = format!(
            "{} {word} {text}{lost}\n",
            self.clock.date_time(entry.time.wall_us)
        );
        match lines_tx.try_send(line) {
            Ok(()) => self.lost = 0,
            Err(TrySendError::Full(_)) => self.lost += 1,
            Err(TrySendError::Disconnected(_)) => self.lines_tx = None,
        }
    }
}

impl Drop for LogFile {
    fn drop(&mut self) {
        self.lines_tx = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Ends at the first line that cannot be written: there is nobody to tell.
fn write_all(path: &Path, lines: &Receiver<String>) {
    let Ok(first) = lines.recv() else { return };
    let Ok(mut file) = open(path) else { return };
    let mut size = file.metadata().map_or(0, |facts| facts.len());
    for line in std::iter::once(first).chain(lines.iter()) {
        if size + line.len() as u64 > MAX_BYTES {
            let Ok(fresh) = rotate(path) else { return };
            (file, size) = (fresh, 0);
        }
        if file.write_all(line.as_bytes()).is_err() {
            return;
        }
        size += line.len() as u64;
    }
}

fn rotate(path: &Path) -> io::Result<File> {
    fs::rename(path, older(path))?;
    open(path)
}

fn older(path: &Path) -> PathBuf {
    path.with_extension("log.1")
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Time;

    fn entry(text: &str) -> Entry {
        Entry {
            time: Time {
                mono_us: 0,
                wall_us: 1_000_000,
            },
            level: Level::Warn,
            text: text.into(),
        }
    }

    #[test]
    fn lines_are_dated_and_hold_no_control_character() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = LogFile::start(&folder.path().join("state"), WallClock::utc());
        log.write(&entry("lab: closed \u{1b}]52;c;evil\u{7}\nsecond line"));
        drop(log);
        let text = fs::read_to_string(folder.path().join("state/mqttscope.log")).unwrap();
        assert_eq!(
            text,
            "1970-01-01 00:00:01.000 warn  lab: closed ␛]52;c;evil␇⏎second line\n"
        );
    }

    #[test]
    fn full_file_makes_room_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mqttscope.log");
        fs::write(&path, vec![b'x'; MAX_BYTES as usize]).unwrap();
        let mut log = LogFile::start(folder.path(), WallClock::utc());
        log.write(&entry("new"));
        drop(log);
        assert!(fs::metadata(older(&path)).unwrap().len() == MAX_BYTES);
        assert!(fs::read_to_string(&path).unwrap().ends_with("new\n"));
    }
}
