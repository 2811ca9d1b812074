//! mqttscope: the MQTT debugger for the terminal.

pub mod broker;
pub mod cli;
pub mod config;
pub mod decode;
pub mod demo;
pub mod event;
pub mod filter;
pub mod model;
pub mod mqtt;
pub mod source;
pub mod text;
#[allow(clippy::todo, reason = "the codec is being written")]
pub mod wire;
