//! What `update` asks the outside to do. Each is run by `tui`, and its answer comes back as a [`Done`] or in a batch.

use std::path::PathBuf;

use crate::{
    config::{BrokerUrl, Profile, Secret},
    event::{Command, OperationId, SourceId},
};

/// Something to do outside the app's state.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Start a worker for this profile and let it connect. `None`: the password its profile names is looked up first.
    Open(SourceId, Box<Profile>, Option<Secret>),
    /// Ask a worker.
    Send(SourceId, Command),
    /// End a worker.
    Close(SourceId),
    /// Put bytes into the clipboard.
    Copy(Vec<u8>),
    /// Write a profile file; with a password: into a file of its own beside it, 0600.
    SaveProfile {
        /// What to write.
        profile: Box<Profile>,
        /// The file it replaces under another name, if any.
        renamed_from: Option<String>,
        /// To be kept in a file.
        password: Option<Secret>,
    },
    /// Delete a profile's file; its text comes back for undo.
    DeleteProfile(String),
    /// Write a deleted profile's file again.
    RestoreProfile {
        /// The file's stem.
        name: String,
        /// Its text as it was.
        text: String,
    },
    /// Let `$EDITOR` change a text.
    Edit(String),
    /// Read a file for the publish form.
    ReadFile(PathBuf),
    /// Load a theme by name.
    LoadTheme(String),
    /// Capture the mouse, or leave it to the terminal.
    SetMouse(bool),
    /// See whether a broker answers on this machine.
    Discover(BrokerUrl),
    /// Draw everything anew.
    Redraw,
    /// Stop the process until `fg`.
    Suspend,
}

/// What came of an effect.
#[derive(Debug, Clone)]
pub enum Done {
    /// In words how the clipboard was reached.
    Copied(String),
    /// An effect failed: in words what and what to try.
    Failed(String),
    /// What a connection needs could not be fetched: it was not opened. In words why.
    NotOpened(SourceId, String),
    /// A worker did not take a command: it is too busy, or gone.
    Refused(Option<OperationId>, String),
    /// A profile is written, to this path.
    ProfileSaved(Box<Profile>, PathBuf),
    /// A profile's file is gone; this was in it.
    ProfileDeleted {
        /// The file's stem.
        name: String,
        /// Its text.
        text: String,
    },
    /// What `$EDITOR` left; `None`: nothing changed.
    Edited(Option<String>),
    /// A file for the publish form: its path and bytes.
    FileRead(PathBuf, Vec<u8>),
    /// A theme and its name.
    ThemeLoaded(String, Box<crate::config::Theme>),
    /// The mouse is captured, or not.
    MouseSet(bool),
    /// The terminal's size may have changed while it was not ours.
    Resumed {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// A broker answers there.
    Discovered(BrokerUrl),
    /// A line for the user.
    Note(String),
}
