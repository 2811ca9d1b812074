//! The loop between terminal, app and connections: keys first, then the frame, then traffic. The only place
//! where the app meets time, files, processes and the terminal.

mod clipboard;
mod editor;
mod effects;
mod keys;
mod log_file;
mod options;
mod pace;
mod run;
mod screen;
mod signals;
mod terminal;
mod writer;

pub use options::{Options, Summary};
pub use run::run;
pub use terminal::{Terminal, install_panic_hook};

pub use crate::app::keys::DEFAULT_KEYS;
use crate::{
    app::keys::KeyMap,
    config::{Faults, KeyBindings},
};

/// The user's key bindings over the default ones, or everything that is wrong with them.
pub fn resolve_keys(bindings: &KeyBindings) -> Result<KeyMap, Faults> {
    KeyMap::default().with(bindings)
}
