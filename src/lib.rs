//! mqttscope: the MQTT debugger for the terminal.
//!
//! An async MQTT worker streams events over bounded channels into an app-state model that ratatui panes render.
//! One event model, many sources; one owner of state; and the bytes on the wire are ours, not a library's.
//!
//! ```text
//! socket ─▶ source ──Batch──▶ tui loop ─▶ model ◀─ app ◀─ keys         ┌ title ──────────────────────┐
//!              ▲                  │          ▲       │                 │ 1 Connections │ 3 Messages  │
//!              └─────Command──────┴─Effect───┼───────┘   ui draws ──▶  │ 2 Topics      │ 4 Details   │
//!                                            └─ cli (sub, pub) too     │ 5 Publish, when open        │
//!                                                                      └ status, hints ──────────────┘
//! ```
//!
//! The rooms, lowest first; each uses only those before it (`tests/layers.rs` has the exact table):
//!
//! | room | what it is for |
//! |---|---|
//! | [`text`] | the sanitiser, widths, numbers and times in words |
//! | [`mqtt`] | the protocol's nouns: topic, filter, QoS, reason code, properties |
//! | [`wire`] | bytes ⇄ control packets, every field with its byte range |
//! | [`event`] | batches, records, commands, statuses: what the two halves of the program say to each other |
//! | [`decode`] | payload bytes → what people read |
//! | [`filter`] | the display filter |
//! | [`config`] | profiles, settings, themes, key bindings: files → checked values |
//! | [`source`] | a live connection: network, session, one task |
//! | [`broker`], [`demo`] | the embedded broker and the simulated devices |
//! | [`model`] | what is remembered, bounded by bytes |
//! | [`app`] | the synchronous core: what a key does |
//! | [`ui`] | the picture |
//! | [`tui`] | the loop between terminal, app and connections |
//! | [`cli`] | arguments and the headless verbs |
//!
//! Beside the rooms, `link` is how the release binary is put together.

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
