//! The embedded broker for `demo`, `broker` and the tests: MQTT 3.1, 3.1.1 and 5 on one TCP port,
//! loopback unless told otherwise. Sessions outlive connections, not the broker. No TLS, no access lists.
//!
//! ```text
//! listener ─spawns─▶ connection (one a client) ──Request──▶ exchange: sessions, shares, retained
//!                      ▲      ▲                                 │
//!                      │      └───── outbox (bounded) ──────────┘   never waits for a connection
//!                      └──── transit: what is under way; with the session while the client is away
//! ```

mod connection;
mod counters;
mod delivery;
mod exchange;
mod fault;
mod handshake;
mod inbound;
mod lag;
mod link;
mod listener;
mod malformed;
mod outbound;
mod outbox;
mod retained;
mod session;
mod sessions;
mod shares;
mod subscribing;
mod subscriptions;
mod sys;
mod users;
mod window;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use thiserror::Error;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};

pub use fault::{Fault, FaultAction};
use listener::{Command, Listener};
pub use malformed::Malformed;
pub use users::User;

/// Requests that may wait for the exchange: enough to keep it busy, few enough that publishers feel it.
const REQUESTS: usize = 1024;

/// How a broker is set up; `Default` is loopback on a free port with `$SYS` every 10 s.
#[derive(Debug, Clone)]
pub struct BrokerOptions {
    /// Where to listen; port 0 takes a free one.
    pub addr: SocketAddr,
    /// Time between two rounds of `$SYS`; zero: no `$SYS` at all.
    pub sys_interval: Duration,
    /// Faults for the first connections, one each in this order.
    pub faults: Vec<Fault>,
    /// Who may connect; empty: everybody.
    pub users: Vec<User>,
    /// Messages that may wait for one subscriber, connected or away: above, QoS 0 is dropped and counted; QoS 1
    /// and 2 at twice as many.
    pub queue_messages: usize,
    /// The same in bytes of topic and payload.
    pub queue_bytes: usize,
    /// The largest packet taken, bytes.
    pub max_packet_size: u32,
}

impl Default for BrokerOptions {
    fn default() -> Self {
        Self {
            addr: (Ipv4Addr::LOCALHOST, 0).into(),
            sys_interval: Duration::from_secs(10),
            faults: Vec::new(),
            users: Vec::new(),
            queue_messages: 65_536,
            queue_bytes: 64 << 20,
            max_packet_size: 268_435_455,
        }
    }
}

/// The broker could not listen.
#[derive(Debug, Error)]
#[error("cannot listen on {addr}: {source}; choose another address or port")]
pub struct BindError {
    /// Where.
    pub addr: SocketAddr,
    /// Why.
    pub source: io::Error,
}

/// The embedded broker; it lives in the tasks behind its [`BrokerHandle`].
#[derive(Debug)]
pub struct Broker;

impl Broker {
    /// Listens and serves until the handle is shut down or dropped. Needs a tokio runtime with io and time.
    pub async fn bind(options: BrokerOptions) -> Result<BrokerHandle, BindError> {
        let at = |source| BindError {
            addr: options.addr,
            source,
        };
        let socket = TcpListener::bind(options.addr).await.map_err(at)?;
        let addr = socket.local_addr().map_err(at)?;
        let counters = Arc::new(counters::Counters::default());
        let (requests, requests_rx) = mpsc::channel(REQUESTS);
        let exchange = exchange::Exchange::new(&options, counters.clone());
        let exchange = tokio::spawn(exchange.run(requests_rx));
        let (commands, commands_rx) = mpsc::channel(1);
        let (stopping, _) = watch::channel(false);
        let listener = Listener::new(socket, &options, requests, counters, stopping);
        let task = tokio::spawn(async move {
            listener.run(commands_rx).await;
            // Ends by itself: the last sender of requests is gone.
            let _ = exchange.await;
        });
        Ok(BrokerHandle { addr, commands, task })
    }
}

/// A running broker. Dropping it stops the broker without waiting.
#[derive(Debug)]
pub struct BrokerHandle {
    addr: SocketAddr,
    commands: mpsc::Sender<Command>,
    task: JoinHandle<()>,
}

impl BrokerHandle {
    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `mqtt://127.0.0.1:41883`.
    pub fn url(&self) -> String {
        format!("mqtt://{}", self.addr)
    }

    /// The next connection without a fault suffers this one; several queue up. In force when this returns.
    pub async fn fault_next(&self, fault: Fault) {
        self.command(|done| Command::Next(fault, done)).await;
    }

    /// Every connection from now on suffers this fault; `None` ends that. In force when this returns.
    pub async fn fault_always(&self, fault: Option<Fault>) {
        self.command(|done| Command::Always(fault, done)).await;
    }

    /// Every connection that is up suffers this now.
    pub async fn fault_now(&self, action: FaultAction) {
        self.command(|done| Command::Now(action, done)).await;
    }

    async fn command(&self, command: impl FnOnce(oneshot::Sender<()>) -> Command) {
        let (done, is_done) = oneshot::channel();
        if self.commands.send(command(done)).await.is_ok() {
            let _ = is_done.await;
        }
    }

    /// Tells clients (5: "server shutting down"), closes all connections and waits for every task to end.
    pub async fn shutdown(self) {
        let Self { commands, task, .. } = self;
        drop(commands);
        let _ = task.await;
    }
}
