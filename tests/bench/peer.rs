//! `mosquitto_sub -v > /dev/null` subscribed to the scripted load, where it is installed.

use std::process::{Child, Command, Stdio};

use super::load::{LoadBroker, Subscriber};

/// Killed when dropped.
pub struct Peer {
    pub child: Child,
    pub subscriber: Subscriber,
    _broker: LoadBroker,
}

impl Peer {
    /// Subscribed; it ends by itself after so many messages, if that is said. `None` where it is not installed.
    pub fn start(messages: Option<usize>) -> Option<Self> {
        let broker = LoadBroker::bind();
        let mut command = Command::new("mosquitto_sub");
        command.args(["-v", "-t", "#", "-h", "127.0.0.1", "-p"]);
        command.arg(broker.addr().port().to_string());
        if let Some(messages) = messages {
            command.args(["-C", &messages.to_string()]);
        }
        let child = command.stdout(Stdio::null()).spawn().ok()?;
        Some(Self {
            child,
            subscriber: broker.accept(),
            _broker: broker,
        })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
