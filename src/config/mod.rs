//! Files → checked values: profiles, settings, themes, key bindings and where they lie.
//!
//! All faults of a file are told at once, each with its place. Nothing here connects or draws.

mod profile;
mod url;

pub use profile::{Backoff, DecodeRule, PasswordSource, Profile, Secret};
pub use url::{BrokerUrl, Scheme, UrlError};
