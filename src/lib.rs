//! mqttscope: the MQTT debugger for the terminal.

pub mod config;
pub mod event;
pub mod mqtt;
pub mod wire;
