//! Against scripted peers.
