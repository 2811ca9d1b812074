//! The real program in a pseudo terminal: its raw bytes, the picture they make, keys to it, how it ends.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "each user takes a part; a test fails by panicking"
)]

use std::{
    ffi::OsStr,
    io::{Read, Write},
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// How long a condition may take to come true: generous, for a busy machine; nothing waits so long in success.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Begins a synchronized update: there is one of these in every frame.
pub const FRAME: &[u8] = b"\x1b[?2026h";

/// What came out of the terminal so far.
pub struct Output {
    pub parser: vt100::Parser,
    pub raw: Vec<u8>,
    /// `raw` is kept; else only counted.
    pub keeps_raw: bool,
    pub bytes: u64,
    pub frames: u64,
    has_stalled: bool,
    has_ended: bool,
}

impl Output {
    fn take(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.frames += bytes.windows(FRAME.len()).filter(|at| *at == FRAME).count() as u64;
        self.parser.process(bytes);
        if self.keeps_raw {
            self.raw.extend_from_slice(bytes);
        }
    }
}

struct Shared {
    output: Mutex<Output>,
    changed: Condvar,
}

/// How to start the program.
pub struct Start {
    command: CommandBuilder,
    size: PtySize,
    keeps_raw: bool,
}

impl Start {
    /// With an empty configuration folder, in a clean environment.
    pub fn new(program: impl AsRef<OsStr>, config: &Path, arguments: &[&str]) -> Self {
        let mut start = Self::bare(program, arguments);
        start.command.args([OsStr::new("--config"), config.as_os_str()]);
        start.command.env("XDG_STATE_HOME", config.join("state"));
        start
    }

    /// Any program.
    pub fn bare(program: impl AsRef<OsStr>, arguments: &[&str]) -> Self {
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.cwd(std::env::temp_dir());
        for (name, _) in std::env::vars() {
            let is_ours = name.starts_with("MQTT") || name.starts_with("SSH_");
            if is_ours || ["NO_COLOR", "CLICOLOR_FORCE", "TMUX", "DISPLAY"].contains(&name.as_str()) {
                command.env_remove(name);
            }
        }
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        Self {
            command,
            size: size(120, 36),
            keeps_raw: true,
        }
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn size(mut self, columns: u16, rows: u16) -> Self {
        self.size = size(columns, rows);
        self
    }

    /// For long runs: bytes are counted, not kept.
    pub fn counting(mut self) -> Self {
        self.keeps_raw = false;
        self
    }

    pub fn run(self) -> Terminal {
        let pair = native_pty_system().openpty(self.size).unwrap();
        #[cfg(unix)]
        let modes_before = format!("{:?}", pair.master.get_termios());
        let reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let shared = Arc::new(Shared {
            output: Mutex::new(Output {
                parser: vt100::Parser::new(self.size.rows, self.size.cols, 0),
                raw: Vec::new(),
                keeps_raw: self.keeps_raw,
                bytes: 0,
                frames: 0,
                has_stalled: false,
                has_ended: false,
            }),
            changed: Condvar::new(),
        });
        let told = Arc::clone(&shared);
        let reading = thread::spawn(move || read(reader, &told));
        let started = Instant::now();
        let child = pair.slave.spawn_command(self.command).unwrap();
        Terminal {
            master: Some(pair.master),
            writer: Some(writer),
            child,
            shared,
            reading: Some(reading),
            started,
            #[cfg(unix)]
            modes_before,
        }
    }
}

/// Reads until the terminal is closed; stops reading while stalled.
fn read(mut reader: Box<dyn Read + Send>, shared: &Shared) {
    let mut chunk = vec![0; 64 << 10];
    loop {
        let count = reader.read(&mut chunk).unwrap_or(0);
        let mut output = shared.output.lock().unwrap();
        output.take(&chunk[..count]);
        output.has_ended |= count == 0;
        shared.changed.notify_all();
        while output.has_stalled && !output.has_ended {
            output = shared.changed.wait(output).unwrap();
        }
        if output.has_ended {
            return;
        }
    }
}

const fn size(cols: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    }
}

/// The program running in its terminal; killed when dropped.
pub struct Terminal {
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    shared: Arc<Shared>,
    reading: Option<thread::JoinHandle<()>>,
    pub started: Instant,
    #[cfg(unix)]
    modes_before: String,
}

impl Terminal {
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// What came out so far.
    pub fn output(&self) -> MutexGuard<'_, Output> {
        self.shared.output.lock().unwrap()
    }

    /// The picture as text.
    pub fn contents(&self) -> String {
        self.output().parser.screen().contents()
    }

    /// Waits until something holds for what came out; fails naming `what`, with the picture.
    pub fn wait_until(&self, what: &str, holds: impl Fn(&Output) -> bool) -> Instant {
        let deadline = Instant::now() + DEADLINE;
        let mut output = self.output();
        while !holds(&output) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || output.has_ended {
                let (ended, contents) = (output.has_ended, output.parser.screen().contents());
                drop(output);
                panic!("still waiting for {what} (ended: {ended}) on:\n{contents}");
            }
            output = self.shared.changed.wait_timeout(output, left).unwrap().0;
        }
        Instant::now()
    }

    /// Waits until the picture holds all these words.
    pub fn wait_for(&self, words: &[&str]) -> Instant {
        self.wait_until(&format!("{words:?}"), |output| {
            let contents = output.parser.screen().contents();
            words.iter().all(|words| contents.contains(words))
        })
    }

    /// Waits until these words are gone.
    pub fn wait_without(&self, words: &str) {
        self.wait_until(&format!("no {words:?}"), |output| {
            !output.parser.screen().contents().contains(words)
        });
    }

    /// Sends keys as a terminal would.
    pub fn keys(&mut self, keys: &str) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// Pastes as a terminal in bracketed paste mode does.
    pub fn paste(&mut self, text: &str) {
        self.keys(&format!("\x1b[200~{text}\x1b[201~"));
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.output().parser.screen_mut().set_size(rows, columns);
        let master = self.master.as_ref().unwrap();
        master.resize(size(columns, rows)).unwrap();
    }

    /// Stops or goes on reading what the program writes.
    pub fn stall(&self, has_stalled: bool) {
        self.output().has_stalled = has_stalled;
        self.shared.changed.notify_all();
    }

    /// Closes the terminal under the program.
    pub fn hang_up(&mut self) {
        self.output().has_ended = true;
        self.keys("?"); // its answer ends the read that is waiting
        self.reading.take().unwrap().join().unwrap();
        self.writer = None;
        self.master = None;
    }

    /// Sends a signal by name, as `kill` does.
    pub fn signal(&self, name: &str) {
        let words = format!("kill -{name} {}", self.pid());
        let status = std::process::Command::new("sh").args(["-c", &words]).status();
        assert!(status.unwrap().success(), "{words}");
    }

    /// The same to the program that a shell in the terminal runs.
    pub fn signal_child(&self, name: &str) {
        let words = format!("pkill -{name} -P {}", self.pid());
        let status = std::process::Command::new("sh").args(["-c", &words]).status();
        assert!(status.unwrap().success(), "{words}");
    }

    /// Waits for the end of the program and of its output.
    pub fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + DEADLINE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "still running:\n{}", self.contents());
            thread::sleep(Duration::from_millis(1));
        };
        let mut output = self.output();
        while !output.has_ended && !output.has_stalled {
            output = self.shared.changed.wait(output).unwrap();
        }
        drop(output);
        status
    }

    /// Waits until the program has changed the terminal's modes, which no output tells.
    #[cfg(unix)]
    pub fn wait_for_modes(&self) {
        let deadline = Instant::now() + DEADLINE;
        while self.has_old_modes() {
            assert!(
                Instant::now() < deadline,
                "still the old modes:\n{}",
                self.contents()
            );
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Whether the terminal's modes are those from before the program.
    #[cfg(unix)]
    pub fn has_old_modes(&self) -> bool {
        let master = self.master.as_ref().unwrap();
        format!("{:?}", master.get_termios()) == self.modes_before
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
