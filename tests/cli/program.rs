//! Runs the real binary in a home of its own.

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
};

use tempfile::TempDir;

use crate::common::{DEADLINE, wait_for};

/// A home directory with nothing in it, and the program.
pub struct Home(TempDir);

/// What a run left behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes `~/.config/mqttscope/<name>`.
    pub fn write(&self, name: &str, text: &str) -> &Self {
        let path = self.path().join(".config/mqttscope").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// The program with nothing of this machine's environment.
    pub fn command(&self, args: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mqttscope"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.path())
            .env("TZ", "Asia/Kolkata");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, args: &[impl AsRef<OsStr>]) -> Ran {
        ran(self.command(args))
    }

    pub fn run_with_input(&self, args: &[impl AsRef<OsStr>], input: &[u8]) -> Ran {
        let mut command = self.command(args);
        command.stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = thread::spawn(move || stdin.write_all(&input));
        let ran = output(child);
        // the program may end without reading everything
        let _ = writer.join().unwrap();
        ran
    }
}

/// Runs a command to its end.
pub fn ran(mut command: Command) -> Ran {
    output(command.spawn().unwrap())
}

fn output(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A program that runs while the test does something; killed when dropped.
pub struct Running {
    child: Child,
    stderr: mpsc::Receiver<String>,
    stdout: Option<thread::JoinHandle<Vec<u8>>>,
    pub said: Vec<String>,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let errors = BufReader::new(child.stderr.take().unwrap());
        let (lines_tx, stderr) = mpsc::channel();
        thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                // nobody listens any more when the test has ended
                let _ = lines_tx.send(line);
            }
        });
        let mut out = child.stdout.take().unwrap();
        let stdout = thread::spawn(move || {
            let mut bytes = Vec::new();
            out.read_to_end(&mut bytes).unwrap();
            bytes
        });
        Self {
            child,
            stderr,
            stdout: Some(stdout),
            said: Vec::new(),
        }
    }

    /// Waits until a line on stderr contains `part`.
    pub fn until_said(&mut self, part: &str) {
        while !self.said.iter().any(|line| line.contains(part)) {
            match self.stderr.recv_timeout(DEADLINE) {
                Ok(line) => self.said.push(line),
                Err(error) => panic!("{part:?} was not said ({error}): {:#?}", self.said),
            }
        }
    }

    /// Asks it to end as `kill` does.
    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").arg(id).status().unwrap().success());
    }

    /// Waits for its end; gives exit code and stdout.
    pub fn end(mut self) -> (i32, Vec<u8>) {
        let status: ExitStatus = wait_for("the program to end", || self.child.try_wait().unwrap());
        (
            status.code().unwrap(),
            self.stdout.take().unwrap().join().unwrap(),
        )
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The embedded broker, started through the program itself.
pub struct TestBroker {
    child: Child,
    pub port: String,
}

impl TestBroker {
    pub fn start(home: &Home) -> Self {
        Self::start_with(home, &[], &[])
    }

    /// With more arguments and variables.
    pub fn start_with(home: &Home, args: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = home
            .command(&[&["broker", "--port", "0"][..], args].concat())
            .envs(variables.iter().copied())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        let port = url.trim().rsplit(':').next().unwrap().to_owned();
        Self { child, port }
    }
}

impl Drop for TestBroker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
