//! A live connection: one task that dials, greets, reads, writes, pings, backs off and subscribes again.
//!
//! ```text
//! ClientHandle ──Command (bounded)──▶ task ──Batch (bounded; full = stop reading)──▶ model
//! ```
//!
//! MQTT's rules are the session's; here are sockets, time and the channels.

mod actor;
mod backoff;
mod batcher;
mod connection;
mod identity;
mod intake;
mod keeping;
mod pace;
mod receive;
mod record;
mod serve;
mod socket;
mod versions;
mod writer;

use std::time::Duration;

use tokio::{
    sync::mpsc::{self, error::TrySendError},
    task::JoinHandle,
    time::timeout,
};

use super::{Clock, flow::BatchSender};
use crate::{
    config::{Profile, Secret},
    event::{Command, SourceId},
    mqtt::ReasonCode,
};

/// Requests on their way to the task: more than a person can ask for while it is busy with one read.
const COMMANDS: usize = 256;
/// How long an end may take, DISCONNECT included.
const SHUTDOWN: Duration = Duration::from_millis(300);

/// Sizes a connection keeps to, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of a longer payload the first so many bytes are kept, the rest is read and counted.
    pub max_payload: usize,
    /// The same for topics that are watched.
    pub max_watched: usize,
    /// A longer packet ends the connection.
    pub max_packet: usize,
    /// Of all connections together on the way to who takes them in; above it reading stops.
    pub in_flight: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_payload: 16 * 1024 * 1024,
            max_watched: 32 * 1024 * 1024,
            max_packet: 256 * 1024 * 1024,
            in_flight: 8 * 1024 * 1024,
        }
    }
}

/// Why a command was not taken; it is given back.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// The task has as many commands to do as it may.
    #[error("the connection is busy with {COMMANDS} requests: try again in a moment")]
    Busy(Command),
    /// The task has ended.
    #[error("the connection has ended")]
    Ended(Command),
}

/// Whether the broker was told that a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parting {
    /// No connection stood.
    NotConnected,
    /// DISCONNECT was written.
    Told,
    /// A connection stood, and its socket did not take DISCONNECT.
    Untold,
}

/// The way to talk to a connection. Dropping it ends the connection with a DISCONNECT.
#[derive(Debug)]
pub struct ClientHandle {
    commands: mpsc::Sender<Command>,
    /// Beside the commands, which are not taken while the socket takes nothing; closed with the handle.
    hangup: mpsc::Sender<ReasonCode>,
    task: JoinHandle<Parting>,
}

impl ClientHandle {
    /// Asks for something; never waits. The end of a request comes as a record.
    pub fn try_send(&self, command: Command) -> Result<(), NotTaken> {
        let goodbye = goodbye(&command);
        let sent = self.commands.try_send(command).map_err(|error| match error {
            TrySendError::Full(command) => NotTaken::Busy(command),
            TrySendError::Closed(command) => NotTaken::Ended(command),
        });
        if let Some(reason) = goodbye {
            // Full: it is asked for already.
            let _ = self.hangup.try_send(reason);
        }
        sent
    }

    /// Asks for something, waiting while the task is busy: for who has a long list of requests.
    pub async fn send(&self, command: Command) -> Result<(), NotTaken> {
        self.commands
            .send(command)
            .await
            .map_err(|error| NotTaken::Ended(error.0))
    }

    /// Closes the socket at once and without DISCONNECT, as the system does for a process that crashed: the
    /// broker sees the end of the stream (FIN). What was not yet delivered as a batch is lost.
    pub async fn kill(self) {
        let Self {
            commands,
            hangup,
            mut task,
        } = self;
        task.abort();
        // Cancelled, which is what was asked; only then is the socket closed.
        let _ = (&mut task).await;
        drop((commands, hangup));
    }

    /// Says DISCONNECT and ends, within 300 ms. The last batches are sent if there is room for them.
    pub async fn shutdown(self) -> Parting {
        drop((self.commands, self.hangup));
        let mut task = self.task;
        match timeout(SHUTDOWN, &mut task).await {
            Ok(ended) => ended.unwrap_or(Parting::Untold),
            Err(_) => {
                task.abort();
                Parting::Untold
            }
        }
    }
}

/// The reason of the DISCONNECT a command asks for.
fn goodbye(command: &Command) -> Option<ReasonCode> {
    match command {
        Command::Disconnect => Some(ReasonCode::SUCCESS),
        Command::DisconnectWithWill => Some(ReasonCode::DISCONNECT_WITH_WILL),
        _ => None,
    }
}

/// Starts a connection, which begins to connect at once. Must be called within a tokio runtime.
pub fn spawn(
    source: SourceId,
    profile: Profile,
    password: Option<Secret>,
    limits: Limits,
    clock: Clock,
    batches_tx: BatchSender,
) -> ClientHandle {
    let (commands, commands_rx) = mpsc::channel(COMMANDS);
    let (hangup, hangup_rx) = mpsc::channel(1);
    let batcher = batcher::Batcher::new(source, batches_tx);
    let asked = actor::Asked {
        commands: commands_rx,
        hangup: hangup_rx,
    };
    let actor = actor::Actor::new(profile, password, limits, clock, asked, batcher);
    ClientHandle {
        commands,
        hangup,
        task: tokio::spawn(actor.run()),
    }
}
