//! What the rest of the program asks of a live connection, and how each request ends.

use std::time::Duration;

use crate::mqtt::{Message, ReasonCode, ReasonContext, Subscription, TopicFilter};

/// Names a request, so that its end can be told from others'. Chosen by who asks; unique per program run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub u64);

/// What it means that a socket did not take DISCONNECT.
pub const UNTOLD: &str =
    "DISCONNECT was not sent, for the socket takes nothing; the broker publishes the will, if there is one";

/// A request to a live connection.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Publish; refused at once while not connected.
    Publish(OperationId, Box<Message>),
    /// Subscribe, and again after each reconnect.
    Subscribe(OperationId, Vec<Subscription>),
    /// Unsubscribe, and no longer after a reconnect.
    Unsubscribe(OperationId, Vec<TopicFilter>),
    /// Keep payloads to exactly these topics beyond the limit for storing, as large as memory allows. Replaces the list
    /// before; holds over reconnects.
    Watch(Vec<String>),
    /// Connect now: ends a wait, mends a refusal, undoes `Disconnect`.
    Connect,
    /// Send DISCONNECT and stay away until `Connect`.
    Disconnect,
    /// As `Disconnect`, but the will is to be published: with reason 0x04, and before MQTT 5, which has none,
    /// by closing without DISCONNECT.
    DisconnectWithWill,
}

/// What a request was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    /// A publish.
    Publish,
    /// A subscribe.
    Subscribe,
    /// An unsubscribe.
    Unsubscribe,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Written to the socket: all that QoS 0 can promise.
    Sent,
    /// Acknowledged: a code a filter for subscribe and unsubscribe (each may be a failure), one for publish.
    Acked(Vec<ReasonCode>),
    /// Refused by the server with this code, or by us before sending: in words.
    Failed {
        /// The server's code, if the server refused.
        code: Option<ReasonCode>,
        /// In words, with the server's reason string if it gave one. Not sanitised.
        reason: String,
    },
    /// The connection was lost before the answer: it may have arrived. Never resent by itself on a fresh session.
    Unknown,
}

impl Outcome {
    /// What to try where the server refused; empty where there is nothing to add.
    pub const fn advice(&self, context: ReasonContext) -> &'static str {
        match self {
            Self::Failed { code: Some(code), .. } => code.advice(context),
            _ => "",
        }
    }
}

/// The end of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationEnded {
    /// Which.
    pub id: OperationId,
    /// What it was.
    pub kind: OperationKind,
    /// How it ended.
    pub outcome: Outcome,
    /// From asking to the end.
    pub took: Duration,
}
