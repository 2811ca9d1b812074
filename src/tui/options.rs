//! What the TUI is started with, and what it leaves behind.

use std::{fs, io, path::Path, time::Duration};

use serde::Serialize;

use crate::{
    app::keys::KeyMap,
    config::{Paths, Profile, Theme},
    source::{Clock, Limits},
    text::{Glyphs, grouped_with},
};

/// What the TUI is started with: everything checked already.
#[derive(Debug)]
pub struct Options {
    /// Where profiles, themes and settings lie.
    pub paths: Paths,
    /// The program's clock, started with the program.
    pub clock: Clock,
    /// Profiles that have a file: listed, not connected.
    pub profiles: Vec<Profile>,
    /// Connected at once; one with the name of a listed profile takes its row.
    pub targets: Vec<Profile>,
    /// Said when the screen is up: warnings of the command line.
    pub notes: Vec<String>,
    /// The theme's file stem.
    pub theme_name: String,
    /// The theme.
    pub theme: Theme,
    /// What keys do ([`super::resolve_keys`]).
    pub keys: KeyMap,
    /// Sizes a connection keeps to.
    pub limits: Limits,
    /// Bytes the model may hold.
    pub max_memory: u64,
    /// Frames a second under traffic; `None`: 30, over SSH 10.
    pub fps: Option<u8>,
    /// Take the mouse.
    pub has_mouse: bool,
    /// Which characters may be drawn.
    pub glyphs: Glyphs,
    /// Colours may be used.
    pub has_color: bool,
}

/// What was done while the TUI ran.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Messages received.
    pub received: u64,
    /// Of those, still in memory at the end.
    pub stored: u64,
    /// Messages given up for want of memory.
    pub evicted: u64,
    /// Messages a source gave up under load.
    pub dropped: u64,
    /// What else is to be known at the end, in words.
    pub notes: Vec<String>,
    /// Messages published from here.
    pub sent: u64,
    /// How long it ran, milliseconds.
    pub ran_ms: u64,
    /// Frames drawn.
    pub frames: u64,
    /// Bytes written to the terminal.
    pub terminal_bytes: u64,
    /// The longest time from a key press to its frame, microseconds.
    pub slowest_key_us: u64,
    /// From the start of the program to the first frame, microseconds.
    pub first_frame_us: u64,
}

impl Summary {
    /// Writes the figures as one JSON object.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        fs::write(path, json)
    }

    /// The closing line and what else is to be known, a line each.
    pub fn said(&self) -> String {
        let notes = self.notes.iter().map(|note| format!("\nmqttscope: {note}"));
        std::iter::once(self.line()).chain(notes).collect()
    }

    /// The closing line, as tcpdump has one.
    pub fn line(&self) -> String {
        let grouped = |number| grouped_with(number, ',');
        format!(
            "mqttscope: {} received · {} stored · {} evicted · {} dropped · {} sent · {}",
            grouped(self.received),
            grouped(self.stored),
            grouped(self.evicted),
            grouped(self.dropped),
            grouped(self.sent),
            crate::text::elapsed(Duration::from_millis(self.ran_ms).as_micros() as u64),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_line_is_like_tcpdumps() {
        let summary = Summary {
            received: 48_211,
            stored: 48_211,
            sent: 7,
            ran_ms: 131_000,
            ..Summary::default()
        };
        assert_eq!(
            summary.line(),
            "mqttscope: 48,211 received · 48,211 stored · 0 evicted · 0 dropped · 7 sent · 02:11"
        );
    }
}
