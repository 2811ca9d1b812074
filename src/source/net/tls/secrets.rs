//! The key log: each session's secrets in a file, as Wireshark reads them (`SSLKEYLOGFILE`).

use std::{
    fmt::{self, Write as _},
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
    sync::{Mutex, PoisonError},
};

use tokio_rustls::rustls::KeyLog;

use super::failure;
use crate::event::Failure;

/// The file; lines of several sessions do not mix.
pub struct KeyFile(Mutex<File>);

impl KeyFile {
    /// Opens it to append; a new one is its owner's alone.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|error| {
            failure::profile(
                format!("cannot write the TLS key log {}: {error}", path.display()),
                "check --tls-keylog and SSLKEYLOGFILE",
            )
        })?;
        Ok(Self(Mutex::new(file)))
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyFile")
    }
}

impl KeyLog for KeyFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let line = format!("{label} {} {}\n", hex(client_random), hex(secret));
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A full disk must not end the connection it watches.
        let _ = file.write_all(line.as_bytes());
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
