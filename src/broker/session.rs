//! One session (MQTT 5 §4.1): what is remembered of a client, connected or away, and what the exchange and
//! the connection hand each other. Who is let in and when a session ends is [`super::sessions`]'.

use std::collections::HashSet;

use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use super::{FaultAction, outbound::Outbound, outbox::Outbox, subscriptions::Subscriptions};
use crate::mqtt::{Message, ReasonCode};

/// A takeover and a few faults; whoever finds it full knows that the connection is being ended anyway.
pub(super) const CONTROLS: usize = 8;

/// A session expiry interval that never passes (MQTT 5 §3.1.2.11.2).
pub(super) const FOR_EVER: u32 = u32::MAX;

/// One session, for its whole life; a client that comes back without it gets another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SessionKey(pub(super) u64);

/// What a connection's task is told beside messages.
#[derive(Debug)]
pub(super) enum Control {
    /// End the connection with this code.
    Close(ReasonCode),
    Fault(FaultAction),
}

/// What is under way in both directions. While there is a connection its task has it, else the session.
#[derive(Debug)]
pub(super) struct Transit {
    pub(super) outbound: Outbound,
    /// QoS 2 ids from the client between PUBREC and PUBREL.
    pub(super) received: HashSet<u16>,
}

/// A will and when it is due.
#[derive(Debug)]
pub(super) struct DelayedWill {
    pub(super) message: Message,
    /// Will delay interval, seconds after the end of the connection.
    pub(super) delay: u32,
}

/// A client that asks to be let in.
#[derive(Debug)]
pub(super) struct Arrival {
    /// Empty: the broker chooses.
    pub(super) client_id: String,
    /// An old session is not wanted.
    pub(super) clean_start: bool,
    /// Session expiry interval, seconds; 0: the session ends with the connection.
    pub(super) expiry: u32,
    pub(super) will: Option<DelayedWill>,
    pub(super) controls: mpsc::Sender<Control>,
}

/// The answer. Where none comes, a later client has taken the place.
#[derive(Debug)]
pub(super) struct Admission {
    pub(super) key: SessionKey,
    /// The id the broker chose, if it did.
    pub(super) assigned_id: Option<String>,
    pub(super) is_resumed: bool,
    pub(super) transit: Transit,
}

/// A connection has ended.
#[derive(Debug)]
pub(super) struct Farewell {
    pub(super) transit: Box<Transit>,
    /// Whether the will is to be published, now or later.
    pub(super) with_will: bool,
    /// Replaces the session expiry interval, if DISCONNECT said one.
    pub(super) expiry: Option<u32>,
}

/// Somebody who waits for the same client id to be given up.
pub(super) type Successor = (Box<Arrival>, oneshot::Sender<Admission>);

/// Whether a session has a connection.
#[derive(Debug)]
pub(super) enum Presence {
    Online {
        controls: mpsc::Sender<Control>,
        /// The connection has been told to end for this one.
        successor: Option<Successor>,
    },
    Away {
        transit: Box<Transit>,
        /// When the will is published, if there is one.
        will_due: Option<Instant>,
        /// When the session ends; `None`: never.
        ends: Option<Instant>,
    },
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) subscriptions: Subscriptions,
    pub(super) will: Option<DelayedWill>,
    pub(super) outbox: Outbox,
    /// Session expiry interval, seconds.
    pub(super) expiry: u32,
    pub(super) presence: Presence,
}

impl Session {
    pub(super) const fn is_online(&self) -> bool {
        matches!(self.presence, Presence::Online { .. })
    }

    /// Tells the connection, if there is one.
    pub(super) fn control(&self, control: Control) {
        if let Presence::Online { controls, .. } = &self.presence {
            let _ = controls.try_send(control);
        }
    }

    /// When time alone changes something next.
    pub(super) fn due(&self) -> Option<Instant> {
        match &self.presence {
            Presence::Online { .. } => None,
            Presence::Away { will_due, ends, .. } => will_due.iter().chain(ends).min().copied(),
        }
    }
}
