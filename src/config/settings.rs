//! `config.toml`: what holds for every connection.

use std::{fs, io::ErrorKind, path::Path};

use super::{Faults, reader::read_document};
use crate::text;

/// Settings of a file; `None` is what the file does not say. The command line wins over them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The theme's file stem.
    pub theme: Option<String>,
    /// Bytes of messages to remember.
    pub max_memory: Option<u64>,
    /// Bytes of one payload to keep.
    pub max_payload: Option<u64>,
    /// Bytes of one packet to accept.
    pub max_packet_size: Option<u32>,
    /// Frames a second under traffic.
    pub fps: Option<u8>,
    /// Draw with ASCII only.
    pub ascii: Option<bool>,
    /// Take the mouse.
    pub mouse: Option<bool>,
}

/// Every key of the file.
pub(super) const KEYS: &[&str] = &[
    "theme",
    "max_memory",
    "max_payload",
    "max_packet_size",
    "fps",
    "ascii",
    "mouse",
];

impl Settings {
    /// Reads the file; one that is not there says nothing.
    pub fn load(path: &Path) -> Result<Self, Faults> {
        let file = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => Self::read(&file, &text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Faults::of_file(file, error.to_string())),
        }
    }

    /// Reads a text; `file` is how faults name it.
    pub fn read(file: &str, text: &str) -> Result<Self, Faults> {
        read_document(file, text, |top| {
            top.only(KEYS);
            Some(Self {
                theme: top.string("theme").map(Into::into),
                max_memory: top.parsed("max_memory", max_memory),
                max_payload: top.parsed("max_payload", text::parse_size),
                max_packet_size: top.parsed("max_packet_size", max_packet_size),
                fps: top.integer("fps", 1..121).map(|fps| fps as u8),
                ascii: top.boolean("ascii"),
                mouse: top.boolean("mouse"),
            })
        })
    }
}

/// A memory budget that leaves room for a screenful: 1 MiB at least.
pub fn max_memory(text: &str) -> Result<u64, String> {
    let bytes = text::parse_size(text).map_err(|error| error.to_string())?;
    if bytes < 1 << 20 {
        return Err(format!(
            "\"{text}\" is too small for a memory budget; use 1M or more"
        ));
    }
    Ok(bytes)
}

/// A limit for whole packets: from 1 KiB to 256 MiB, which no packet reaches.
pub fn max_packet_size(text: &str) -> Result<u32, String> {
    let bytes = text::parse_size(text).map_err(|error| error.to_string())?;
    if !(1024..=256 << 20).contains(&bytes) {
        return Err(format!("\"{text}\" is no packet limit; use 1k to 256M"));
    }
    Ok(bytes as u32)
}
