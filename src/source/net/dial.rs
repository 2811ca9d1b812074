//! The steps to a broker, one at a time, so that who dials can tell and time each.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::net::TcpStream;

use super::{
    BoxedIo, Stream,
    eager::Eager,
    proxy::{self, Wanted},
    reach, resolve, tls, unix, websocket,
};
use crate::{
    config::{BrokerUrl, Profile, Proxy, Scheme, WsHeader},
    event::{Failure, Peer, Phase, TlsFacts},
};

/// A connection being made.
pub struct Dial {
    url: BrokerUrl,
    tls: Option<tls::Prepared>,
    headers: Vec<WsHeader>,
    bind: Option<IpAddr>,
    way: Way,
    step: Step,
    dialed: Dialed,
}

/// Where the socket leads.
enum Way {
    Direct,
    /// To a proxy, which is asked for the broker once that is looked up where it is to be.
    Through(Proxy, Option<Wanted>),
}

/// What a connection is made of.
#[derive(Default)]
pub struct Dialed {
    /// Where it leads.
    pub peer: Option<Peer>,
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
    Unix,
    Proxy(TcpStream),
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
        let way = match profile.proxy {
            Some(proxy) => {
                let wanted = Wanted::of(&profile.url, proxy.kind);
                Way::Through(proxy, wanted)
            }
            None => Way::Direct,
        };
        Ok(Self {
            step: way.first_step(&profile.url),
            url: profile.url,
            tls,
            headers: profile.ws_headers,
            bind: profile.bind,
            way,
            dialed: Dialed::default(),
        })
    }

    /// The step that comes next; `None`: done.
    pub fn phase(&self) -> Option<Phase> {
        match self.step {
            Step::Dns => Some(Phase::Dns),
            Step::Tcp(_) => Some(Phase::Tcp),
            Step::Unix => Some(Phase::Unix),
            Step::Proxy(_) => Some(Phase::Proxy),
            Step::Tls(_) => Some(Phase::Tls),
            Step::WebSocket(_) => Some(Phase::WebSocket),
            Step::Done(_) | Step::Failed => None,
        }
    }

    /// Takes the step. After a failure there is none left.
    pub async fn step(mut self) -> Result<Self, Failure> {
        self.step = match std::mem::replace(&mut self.step, Step::Failed) {
            Step::Dns => Step::Tcp(self.look_up().await?),
            Step::Tcp(addresses) => self.reach(&addresses).await?,
            Step::Unix => {
                let io = unix::open(&self.url.path).await?;
                self.dialed.peer = Some(Peer::Socket(self.url.path.clone()));
                Step::Done(Stream::Layered(io))
            }
            Step::Proxy(socket) => {
                let socket = self.way.pass(socket).await?;
                self.connected(socket)
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

    /// The addresses to connect to; before a proxy that wants an address also the broker's.
    async fn look_up(&mut self) -> Result<Vec<SocketAddr>, Failure> {
        let Way::Through(proxy, wanted) = &mut self.way else {
            return resolve(&self.url.host, self.url.port).await;
        };
        if wanted.is_none() {
            *wanted = Wanted::one_of(&resolve(&self.url.host, self.url.port).await?);
        }
        let found = resolve(&proxy.host, proxy.port).await;
        found.map_err(|failure| proxy::not_reached(proxy, &failure))
    }

    async fn reach(&mut self, addresses: &[SocketAddr]) -> Result<Step, Failure> {
        let reached = reach(addresses, self.bind).await;
        Ok(match &self.way {
            Way::Direct => {
                let (stream, address) = reached?;
                self.dialed.peer = Some(Peer::Address(address));
                self.connected(stream)
            }
            Way::Through(proxy, _) => {
                let (stream, address) = reached.map_err(|failure| proxy::not_reached(proxy, &failure))?;
                self.dialed.peer = Some(Peer::Proxy(address));
                Step::Proxy(stream)
            }
        })
    }

    fn connected(&self, stream: TcpStream) -> Step {
        match self.tls {
            Some(_) => Step::Tls(Box::new(Eager::new(stream))),
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

impl Way {
    /// Asks the proxy, if there is one, for the broker.
    async fn pass(&self, socket: TcpStream) -> Result<TcpStream, Failure> {
        match self {
            Self::Through(proxy, Some(wanted)) => proxy::pass(socket, proxy, wanted).await,
            Self::Through(_, None) | Self::Direct => Ok(socket),
        }
    }

    /// Names are looked up, addresses taken as they are.
    fn first_step(&self, url: &BrokerUrl) -> Step {
        let (host, port) = match self {
            _ if url.scheme == Scheme::Unix => return Step::Unix,
            Self::Through(_, None) => return Step::Dns,
            Self::Through(proxy, Some(_)) => (&proxy.host, proxy.port),
            Self::Direct => (&url.host, url.port),
        };
        match host.parse::<IpAddr>() {
            Ok(address) => Step::Tcp(vec![SocketAddr::new(address, port)]),
            Err(_) => Step::Dns,
        }
    }
}
