//! Where a connection stands.
//!
//! ```text
//! Idle ──Connect──▶ Connecting ──CONNACK──▶ Connected ──lost──▶ Waiting ──▶ Connecting …
//!                       │                       │ Disconnect
//!                       └─refused─▶ Refused     └─────────▶ Idle
//! ```

use std::{fmt, net::SocketAddr, time::Duration};

use crate::mqtt::{Properties, ProtocolVersion, ReasonCode, Subscription};

/// Names a source (a connection, a tap, a recording) within one program run. Never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// The other end of the socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// The broker's own address.
    Address(SocketAddr),
    /// A proxy's address: the broker is behind it.
    Proxy(SocketAddr),
    /// A Unix socket's path.
    Socket(String),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "{address}"),
            Self::Proxy(address) => write!(f, "proxy {address}"),
            Self::Socket(path) => f.write_str(path),
        }
    }
}

/// A step of connecting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Looking the name up.
    Dns,
    /// Reaching the address.
    Tcp,
    /// Opening the Unix socket.
    Unix,
    /// Asking the proxy for the way to the broker.
    Proxy,
    /// Agreeing on keys and verifying the server's certificate.
    Tls,
    /// Asking a web server for a WebSocket.
    WebSocket,
    /// Waiting for CONNACK.
    Connect,
}

impl Phase {
    /// As shown: `DNS`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dns => "DNS",
            Self::Tcp => "TCP",
            Self::Unix => "UNIX",
            Self::Proxy => "PROXY",
            Self::Tls => "TLS",
            Self::WebSocket => "WEBSOCKET",
            Self::Connect => "CONNECT",
        }
    }
}

/// What is not going well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// A network trouble that may pass: retried with back-off.
    Network,
    /// The server refused, or its certificate was, and retrying cannot mend it: not retried.
    Refused,
    /// Another client uses this client id: not retried after 0x8E; after three early closes at 30 s.
    TakenOver,
    /// The peer broke the protocol.
    Violation,
    /// Something in the profile cannot work: not retried.
    Profile,
}

/// Why a connection is not, or no longer, there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which sort.
    pub kind: FailureKind,
    /// While connecting: in which step.
    pub phase: Option<Phase>,
    /// The server's code, if it gave one.
    pub code: Option<ReasonCode>,
    /// In words, one sentence without full stop: `not authorized (0x87)`. May hold a peer's text: not sanitised.
    pub what: String,
    /// What to try, in words; may be empty.
    pub advice: String,
}

impl Failure {
    /// Whether it is about user name and password: CONNACK's codes 4 and 5 before MQTT 5, 0x86 and 0x87 in it.
    pub fn is_about_credentials(&self) -> bool {
        let is_of_connack = self.phase.is_none_or(|phase| phase == Phase::Connect);
        is_of_connack
            && self
                .code
                .is_some_and(|code| matches!(code.0, 4 | 5 | 0x86 | 0x87))
    }
}

/// Where the connection stands now.
#[derive(Debug, Clone, PartialEq)]
pub enum ConnectionState {
    /// Not asked to connect, or asked to disconnect.
    Idle,
    /// On the way.
    Connecting {
        /// 1 for the first try.
        attempt: u32,
        /// The step it is in.
        phase: Phase,
    },
    /// CONNACK received.
    Connected(Box<Facts>),
    /// Lost or not reached; tried again by itself.
    Waiting {
        /// The attempt that comes next.
        attempt: u32,
        /// When, on the mono clock, microseconds.
        retry_at_us: u64,
        /// Why.
        failure: Failure,
    },
    /// Not tried again by itself.
    Refused(Failure),
}

/// What is known about an established connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The version in use.
    pub version: ProtocolVersion,
    /// The client id in use, assigned or ours.
    pub client_id: String,
    /// Where the socket leads.
    pub peer: Option<Peer>,
    /// The server had a session for this client id.
    pub session_present: bool,
    /// What became of the session before; `None`: there was none.
    pub resumption: Option<Resumption>,
    /// Keep alive in use, seconds; 0 is off.
    pub keep_alive: u16,
    /// How long each step took, in order.
    pub phases: Vec<(Phase, Duration)>,
    /// What TLS agreed on; `None`: not encrypted by us.
    pub tls: Option<Box<TlsFacts>>,
    /// What is odd about the way there but tolerated, in words. May hold a peer's text: not sanitised.
    pub warnings: Vec<String>,
    /// What CONNACK limits.
    pub limits: ServerLimits,
    /// CONNACK's properties, as sent.
    pub properties: Properties,
    /// What is subscribed with the code each was granted with (`None`: SUBACK not yet here).
    pub subscriptions: Vec<(Subscription, Option<ReasonCode>)>,
}

/// What a connection found of the session before it (MQTT 5 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resumption {
    /// Publishes under way that go on: sent again with DUP, or released.
    pub resent: usize,
    /// Publishes that ended unknown since the last CONNACK.
    pub unknown: usize,
    /// Subscriptions the server still has.
    pub kept: usize,
    /// Subscriptions asked for again.
    pub renewed: usize,
}

impl Facts {
    /// `session resumed: 2 publishes sent again, 1 subscription kept`; `None` on a first connection without one.
    pub fn resumption_in_words(&self) -> Option<String> {
        let found = self.resumption?;
        let counted = |count: usize, one: &str, several: &str, rest: &str| {
            let noun = if count == 1 { one } else { several };
            (count > 0).then(|| format!("{count} {noun} {rest}"))
        };
        let publishes = |count, rest| counted(count, "publish", "publishes", rest);
        let subscriptions = |count, rest| counted(count, "subscription", "subscriptions", rest);
        let parts: Vec<String> = [
            publishes(found.resent, "sent again"),
            publishes(found.unknown, "ended unknown"),
            subscriptions(found.kept, "kept"),
            subscriptions(found.renewed, "asked for again"),
        ]
        .into_iter()
        .flatten()
        .collect();
        let session = if self.session_present {
            "session resumed"
        } else {
            "new session"
        };
        let colon = if parts.is_empty() { "" } else { ": " };
        Some(format!("{session}{colon}{}", parts.join(", ")))
    }

    /// Whether the server's certificate was not to be verified: to be seen all the time.
    pub fn is_insecure(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.is_insecure)
    }
}

/// What TLS agreed on. The certificates' texts are the peer's: not sanitised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFacts {
    /// `TLS 1.3`.
    pub version: String,
    /// `TLS13_AES_256_GCM_SHA384`.
    pub cipher: String,
    /// The application protocol agreed on.
    pub alpn: Option<String>,
    /// The server's certificates as sent, its own first.
    pub chain: Vec<Certificate>,
    /// Verification was turned off.
    pub is_insecure: bool,
    /// What verification would have refused, in words; only where it was turned off.
    pub complaint: Option<String>,
}

/// One certificate of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Whose: `CN=pi.lan`.
    pub subject: String,
    /// Whose signature it bears.
    pub issuer: String,
    /// The hosts it is for (subject alternative names).
    pub names: Vec<String>,
    /// Days until it expires, as of the handshake; negative: expired.
    pub days_left: i64,
}

/// A server's limits, with the standard's defaults where CONNACK does not say (MQTT 5 §3.2.2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerLimits {
    /// Highest QoS.
    pub maximum_qos: crate::mqtt::QoS,
    /// Whether it keeps retained messages.
    pub retain_available: bool,
    /// Largest packet, bytes; `None`: no limit.
    pub maximum_packet_size: Option<u32>,
    /// Unacknowledged QoS 1 and 2 publishes.
    pub receive_maximum: u16,
    /// Highest topic alias.
    pub topic_alias_maximum: u16,
}

/// A change of state, as told to the model.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionStatus {
    /// Microseconds behind the batch's time.
    pub after_us: u32,
    /// The new state.
    pub state: ConnectionState,
}
