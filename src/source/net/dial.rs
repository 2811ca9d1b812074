//! The steps to a broker, one at a time, so that who dials can tell and time each.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::net::TcpStream;

use super::{BoxedIo, Stream, reach, resolve, tls, websocket};
use crate::{
    config::{BrokerUrl, Profile, Secret},
    event::{Failure, Phase, TlsFacts},
};

/// A connection being made.
pub struct Dial {
    url: BrokerUrl,
    tls: Option<tls::Prepared>,
    headers: Vec<(String, Secret)>,
    bind: Option<IpAddr>,
    step: Step,
    dialed: Dialed,
}

/// What a connection is made of.
#[derive(Default)]
pub struct Dialed {
    /// Where it leads.
    pub peer: Option<SocketAddr>,
    /// How long each step took, in order; who dials measures.
    pub phases: Vec<(Phase, Duration)>,
    /// What TLS agreed on.
    pub tls: Option<Box<TlsFacts>>,
    /// What is odd about it but tolerated, in words.
    pub warnings: Vec<String>,
}

enum Step {
    Dns,
    Tcp(Vec<SocketAddr>),
    Tls(BoxedIo),
    WebSocket(BoxedIo),
    Done(Stream),
    /// A step failed.
    Failed,
}

impl Dial {
    /// Reads what the profile names (certificates, keys); nothing is sent.
    pub async fn prepare(profile: Profile) -> Result<Self, Failure> {
        let tls = if profile.url.scheme.is_tls() {
            let (url, options) = (profile.url.clone(), profile.tls);
            let prepared = tokio::task::spawn_blocking(move || tls::prepare(&url, &options)).await;
            Some(prepared.unwrap_or_else(|_| Err(tls::unprepared()))?)
        } else {
            None
        };
        let step = match profile.url.host.parse::<IpAddr>() {
            Ok(address) => Step::Tcp(vec![SocketAddr::new(address, profile.url.port)]),
            Err(_) => Step::Dns,
        };
        Ok(Self {
            url: profile.url,
            tls,
            headers: profile.ws_headers,
            bind: profile.bind,
            step,
            dialed: Dialed::default(),
        })
    }

    /// The step that comes next; `None`: done.
    pub fn phase(&self) -> Option<Phase> {
        match self.step {
            Step::Dns => Some(Phase::Dns),
            Step::Tcp(_) => Some(Phase::Tcp),
            Step::Tls(_) => Some(Phase::Tls),
            Step::WebSocket(_) => Some(Phase::WebSocket),
            Step::Done(_) | Step::Failed => None,
        }
    }

    /// Takes the step. After a failure there is none left.
    pub async fn step(mut self) -> Result<Self, Failure> {
        self.step = match std::mem::replace(&mut self.step, Step::Failed) {
            Step::Dns => Step::Tcp(resolve(&self.url.host, self.url.port).await?),
            Step::Tcp(addresses) => {
                let (stream, peer) = reach(&addresses, self.bind).await?;
                self.dialed.peer = Some(peer);
                self.connected(stream)
            }
            Step::Tls(io) => match &self.tls {
                Some(prepared) => {
                    let (io, facts) = tls::handshake(prepared, io).await?;
                    self.dialed.tls = Some(Box::new(facts));
                    self.encrypted(io)
                }
                None => self.encrypted(io),
            },
            Step::WebSocket(io) => {
                let (io, warning) = websocket::upgrade(io, &self.url, &self.headers).await?;
                self.dialed.warnings.extend(warning);
                Step::Done(Stream::Layered(io))
            }
            step @ (Step::Done(_) | Step::Failed) => step,
        };
        Ok(self)
    }

    fn connected(&self, stream: TcpStream) -> Step {
        match self.tls {
            Some(_) => Step::Tls(Box::new(stream)),
            None if self.url.scheme.is_websocket() => Step::WebSocket(Box::new(stream)),
            None => Step::Done(Stream::Tcp(stream)),
        }
    }

    fn encrypted(&self, io: BoxedIo) -> Step {
        if self.url.scheme.is_websocket() {
            Step::WebSocket(io)
        } else {
            Step::Done(Stream::Layered(io))
        }
    }

    /// Notes how long a step took.
    pub fn took(&mut self, phase: Phase, time: Duration) {
        self.dialed.phases.push((phase, time));
    }

    /// The stream, once there is no step left.
    pub fn done(self) -> Option<(Stream, Dialed)> {
        match self.step {
            Step::Done(io) => Some((io, self.dialed)),
            _ => None,
        }
    }
}
