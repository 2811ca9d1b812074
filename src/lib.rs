//! mqttscope: the MQTT debugger for the terminal.

pub mod app;
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
pub mod tui;
pub mod ui;
pub mod wire;
