//! Whole screens: keys and traffic in, characters and styles out. Synchronous, no sleeps, no terminal.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../common/house.rs"]
mod house;
#[path = "../common/message.rs"]
mod message;
#[path = "../common/picture.rs"]
mod picture;
#[path = "../common/screen/mod.rs"]
mod screen;

mod connection_form;
mod connection_test;
mod connections;
mod details;
mod drafts;
mod find;
mod hints;
mod journal;
mod looks;
mod menu;
mod messages;
mod monkey;
mod overview;
mod publish;
mod sizes;
mod status;
mod subscribe;
mod topics;
mod unknown;
