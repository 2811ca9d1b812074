//! The real broker, started for one test and killed with it.

use std::{
    fs,
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use super::{free_port, wait_for};

/// A running mosquitto; dropping it kills it.
pub struct Mosquitto {
    child: Option<Child>,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    dir: tempfile::TempDir,
}

impl Mosquitto {
    /// Starts one that lets everybody in. `None`, with a printed line, where mosquitto is not installed;
    /// with `MQTTSCOPE_REQUIRE_MOSQUITTO=1` that is a failure.
    pub fn start() -> Option<Self> {
        Self::start_with("allow_anonymous true\n")
    }

    /// Starts one with these lines behind `listener`.
    pub fn start_with(config: &str) -> Option<Self> {
        let Some(program) = program() else {
            assert!(
                std::env::var("MQTTSCOPE_REQUIRE_MOSQUITTO").as_deref() != Ok("1"),
                "mosquitto is not installed, and MQTTSCOPE_REQUIRE_MOSQUITTO=1"
            );
            eprintln!("skipped: mosquitto is not installed");
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        let port = free_port();
        let text = format!("listener {port} 127.0.0.1\nsys_interval 1\npersistence false\n{config}");
        fs::write(dir.path().join("mosquitto.conf"), text).unwrap();
        fs::write(dir.path().join("program"), program.to_str().unwrap()).unwrap();
        let mut broker = Self {
            child: None,
            port,
            dir,
        };
        broker.restart();
        Some(broker)
    }

    /// Kills it, if it runs, and starts it again on the same port.
    pub fn restart(&mut self) {
        self.kill();
        let log = fs::File::create(self.dir.path().join("log")).unwrap();
        let program = fs::read_to_string(self.dir.path().join("program")).unwrap();
        let child = Command::new(program)
            .arg("-v")
            .arg("-c")
            .arg(self.dir.path().join("mosquitto.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
        wait_for("mosquitto to listen", || {
            TcpStream::connect(("127.0.0.1", self.port)).ok()
        });
    }

    /// Kills it at once, as a crash would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// What it wrote to its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.kill();
    }
}

/// `mosquitto` in the path, or where Debian installs it.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|dir| dir.join("mosquitto"))
        .find(|file| file.is_file())
}
