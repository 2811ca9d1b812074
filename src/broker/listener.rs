//! Accepts connections, hands each its fault, and ends them all.

use std::{sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    BrokerOptions, Fault, FaultAction,
    connection::{self, Context},
    counters::Counters,
    exchange::Request,
    fault::FaultScript,
};

/// How long connections have to say goodbye when the broker stops.
const GOODBYE: Duration = Duration::from_secs(2);

/// The faults a [`super::BrokerHandle`] asks for; answered when in force.
#[derive(Debug)]
pub(super) enum Command {
    /// A fault for the next connection without one.
    Next(Fault, oneshot::Sender<()>),
    /// For every connection from now on.
    Always(Option<Fault>, oneshot::Sender<()>),
    /// For those that are up.
    Now(FaultAction, oneshot::Sender<()>),
}

pub(super) struct Listener {
    socket: TcpListener,
    script: FaultScript,
    context: Context,
    stopping: watch::Sender<bool>,
    connections: JoinSet<()>,
}

impl Listener {
    pub(super) fn new(
        socket: TcpListener,
        options: &BrokerOptions,
        requests: mpsc::Sender<Request>,
        counters: Arc<Counters>,
        stopping: watch::Sender<bool>,
    ) -> Self {
        Self {
            socket,
            script: FaultScript {
                next: options.faults.clone().into(),
                always: None,
            },
            context: Context {
                requests,
                counters,
                stopping: stopping.subscribe(),
                users: options.users.clone().into(),
                max_packet_size: options.max_packet_size,
            },
            stopping,
            connections: JoinSet::new(),
        }
    }

    /// Until the handle is gone.
    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        loop {
            tokio::select! { biased;
                command = commands.recv() => match command {
                    Some(command) => self.obey(command).await,
                    None => break,
                },
                Some(_) = self.connections.join_next() => {}
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, _)) => self.serve(stream),
                    // Out of file handles, or the peer left already: neither ends the broker.
                    Err(_) => sleep(Duration::from_millis(50)).await,
                },
            }
        }
        self.stop().await;
    }

    fn serve(&mut self, stream: TcpStream) {
        let fault = self.script.for_new_connection();
        self.connections
            .spawn(connection::serve(stream, self.context.clone(), fault));
    }

    async fn obey(&mut self, command: Command) {
        let done = match command {
            Command::Next(fault, done) => {
                self.script.next.push_back(fault);
                done
            }
            Command::Always(fault, done) => {
                self.script.always = fault;
                done
            }
            Command::Now(action, done) => {
                let _ = self.context.requests.send(Request::FaultNow(action)).await;
                done
            }
        };
        let _ = done.send(());
    }

    async fn stop(mut self) {
        self.stopping.send_replace(true);
        drop(self.socket);
        let all = async { while self.connections.join_next().await.is_some() {} };
        if timeout(GOODBYE, all).await.is_err() {
            self.connections.shutdown().await;
        }
    }
}
