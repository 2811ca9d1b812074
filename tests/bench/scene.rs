//! The program in its terminal, subscribed to the scripted load.

use std::time::{Duration, Instant};

use super::{
    load::{LoadBroker, Subscriber},
    process,
    pty::{Start, Terminal},
    table::median,
};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_mqttscope");

pub struct Scene {
    pub terminal: Terminal,
    pub subscriber: Subscriber,
    folder: tempfile::TempDir,
    _broker: LoadBroker,
}

impl Scene {
    /// Connected, the first picture complete.
    pub fn connected() -> Self {
        Self::with(&[])
    }

    /// The same with more arguments.
    pub fn with(more: &[&str]) -> Self {
        Self::under(&[], more)
    }

    /// The same run by a tool, given as the words before the program's own.
    pub fn under(tool: &[&str], more: &[&str]) -> Self {
        let broker = LoadBroker::bind();
        let folder = tempfile::tempdir().unwrap();
        let summary = folder.path().join("summary.json").display().to_string();
        let url = format!("mqtt://{}", broker.addr());
        let words = [tool, &[PROGRAM, url.as_str(), "--summary-json", &summary], more].concat();
        let (program, arguments) = words.split_first().expect("the program's name");
        let terminal = Start::new(program, folder.path(), arguments).counting().run();
        let subscriber = broker.accept();
        terminal.wait_for(&["connected; nothing was published yet"]);
        Self {
            terminal,
            subscriber,
            folder,
            _broker: broker,
        }
    }

    pub fn pid(&self) -> u32 {
        self.terminal.pid()
    }

    /// Waits until the program has had nothing to say for `quiet`.
    pub fn settle(&self, quiet: Duration) {
        let mut seen = (self.terminal.output().bytes, Instant::now());
        while seen.1.elapsed() < quiet {
            std::thread::sleep(Duration::from_millis(100));
            let bytes = self.terminal.output().bytes;
            if bytes != seen.0 {
                seen = (bytes, Instant::now());
            }
        }
    }

    /// What the program uses while `work` is done.
    pub fn usage<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> (Usage, T) {
        let before = self.totals();
        let started = Instant::now();
        let result = work(self);
        let seconds = started.elapsed().as_secs_f64();
        let after = self.totals();
        let usage = Usage {
            seconds,
            cpu: after.0 - before.0,
            wake_ups: after.1 - before.1,
            bytes: after.2 - before.2,
            frames: after.3 - before.3,
        };
        (usage, result)
    }

    fn totals(&self) -> (f64, f64, f64, f64) {
        let output = self.terminal.output();
        (
            process::cpu(self.pid()).as_secs_f64(),
            process::wake_ups(self.pid()) as f64,
            output.bytes as f64,
            output.frames as f64,
        )
    }

    /// Quits; what the program itself counted.
    pub fn summary(mut self) -> serde_json::Value {
        self.terminal.keys("\x03"); // q would first go back to the tree
        assert!(self.terminal.ended().success());
        let text = std::fs::read(self.folder.path().join("summary.json")).unwrap();
        serde_json::from_slice(&text).unwrap()
    }
}

/// What was used in some time.
#[derive(Clone, Copy)]
pub struct Usage {
    pub seconds: f64,
    pub cpu: f64,
    pub wake_ups: f64,
    pub bytes: f64,
    pub frames: f64,
}

impl Usage {
    /// Figure by figure the one in the middle.
    pub fn middle(usages: &[Self]) -> Self {
        let middle = |figure: fn(&Self) -> f64| median(usages.iter().map(figure).collect());
        Self {
            seconds: middle(|usage| usage.seconds),
            cpu: middle(|usage| usage.cpu),
            wake_ups: middle(|usage| usage.wake_ups),
            bytes: middle(|usage| usage.bytes),
            frames: middle(|usage| usage.frames),
        }
    }

    pub fn cpu_percent(&self) -> f64 {
        self.cpu / self.seconds * 100.0
    }

    pub fn kib_a_second(&self) -> f64 {
        self.bytes / self.seconds / 1024.0
    }
}
