//! The real program in a pseudo terminal, against the embedded broker: needs nothing installed.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test fails by panicking"
)]

#[path = "../common/load.rs"]
mod load;
#[path = "../common/pty.rs"]
mod pty;

mod connection;
mod goodbye;
mod hostile;
mod leaving;
mod prompt;
mod raw_stream;
mod screen;
mod secrets;
mod stalled;
mod wire_client;

use std::{net::SocketAddr, time::Duration};

use mqttscope::broker::{Broker, BrokerHandle, BrokerOptions};
use pty::{Start, Terminal};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const PROGRAM: &str = env!("CARGO_BIN_EXE_mqttscope");

/// An embedded broker, a folder for configuration, and the program's terminal over both.
struct Scene {
    runtime: Runtime,
    broker: Option<BrokerHandle>,
    folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        let mut scene = Self {
            runtime: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap(),
            broker: None,
            folder: tempfile::tempdir().unwrap(),
        };
        scene.start_broker(([127, 0, 0, 1], 0).into());
        scene
    }

    fn start_broker(&mut self, addr: SocketAddr) {
        let options = BrokerOptions {
            addr,
            sys_interval: Duration::ZERO,
            ..BrokerOptions::default()
        };
        self.broker = Some(self.runtime.block_on(Broker::bind(options)).unwrap());
    }

    fn stop_broker(&mut self) -> SocketAddr {
        let addr = self.addr();
        let broker = self.broker.take().unwrap();
        self.runtime.block_on(broker.shutdown());
        addr
    }

    fn addr(&self) -> SocketAddr {
        self.broker.as_ref().unwrap().addr()
    }

    fn url(&self) -> String {
        self.broker.as_ref().unwrap().url()
    }

    fn start(&self, arguments: &[&str]) -> Start {
        Start::new(PROGRAM, self.folder.path(), arguments)
    }

    /// The program, connected to the broker.
    fn connected(&self) -> Terminal {
        Self::connected_by(self.start(&[&self.url()]))
    }

    fn connected_by(start: Start) -> Terminal {
        let terminal = start.run();
        terminal.wait_for(&["connected; nothing was published yet"]);
        terminal
    }

    fn client(&self) -> wire_client::Client {
        wire_client::Client::connect(self.addr())
    }
}
