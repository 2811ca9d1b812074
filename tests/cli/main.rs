//! The program as scripts see it: exact stdout, stderr and exit code.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

mod about;
mod broker;
mod config;
mod doctor;
mod format;
mod help;
mod profiles;
mod program;
mod publish;
#[cfg(unix)]
mod secrets;
mod session_flags;
mod sub;
mod terminal;
mod usage;
mod will_test;
