//! Files → checked values: profiles, settings, themes, key bindings and where they lie.
//!
//! All faults of a file are told at once, each with its place. Nothing here connects or draws.

mod fault;
mod files;
mod profile;
mod reader;
mod theme;
mod url;

pub use fault::{Fault, Faults};
pub use profile::{Backoff, DecodeRule, PasswordSource, Profile, Secret};
pub use theme::{Appearance, Color, Meaning, SHIPPED_THEMES, Theme, theme_names};
pub use url::{BrokerUrl, Scheme, UrlError};
