//! What a test can have the broker do wrong, on purpose and on time.

use std::{collections::VecDeque, time::Duration};

use super::Malformed;
use crate::{mqtt::ReasonCode, wire::Direction};

/// What goes wrong on one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// CONNECT is answered with this code (5: and reason string), then the connection is closed.
    Refuse {
        /// The code as the byte on the wire: mind that 3.1.1 numbers them differently.
        code: ReasonCode,
        /// Sent to MQTT 5 clients.
        reason_string: Option<String>,
    },
    /// The connection is closed when CONNECT arrives, without CONNACK.
    CloseWithoutConnack,
    /// CONNECT is never answered, the connection stays open.
    Silence,
    /// Something happens once so many packets have arrived, CONNECT being the first.
    After {
        /// Packets received; 0: as soon as the socket is accepted.
        packets: u64,
        /// What then.
        action: FaultAction,
    },
}

/// What goes wrong on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultAction {
    /// The connection is closed without a word.
    Close,
    /// Nothing more is read from the socket; what is due to the client is still sent.
    StopReading,
    /// These bytes are sent as they are; the connection goes on.
    Send(Vec<u8>),
    /// These bytes are sent as they are, then the connection is closed.
    SendAndClose(Vec<u8>),
    /// A frame no broker may send; the connection goes on, if the client lets it.
    SendMalformed(Malformed),
    /// From now on the bytes of one direction are so much later, in order; zero ends that.
    Delay {
        /// Which bytes: the client's to the broker, or the broker's.
        direction: Direction,
        /// How much later.
        by: Duration,
    },
}

impl Fault {
    /// The DISCONNECT without property length that mosquitto sends (`E0 01 8E`), once `packets` have arrived.
    pub fn short_disconnect(packets: u64) -> Self {
        let action = FaultAction::SendAndClose(vec![0xE0, 0x01, 0x8E]);
        Self::After { packets, action }
    }

    /// All bytes of one direction are late, CONNECT and CONNACK too.
    pub const fn delay(direction: Direction, by: Duration) -> Self {
        let action = FaultAction::Delay { direction, by };
        Self::After { packets: 0, action }
    }

    /// What is due when the socket has just been accepted.
    pub(super) const fn at_once(&self) -> Option<&FaultAction> {
        match self {
            Self::After { packets: 0, action } => Some(action),
            _ => None,
        }
    }
}

/// Which connection suffers what.
#[derive(Debug, Default)]
pub(super) struct FaultScript {
    pub(super) next: VecDeque<Fault>,
    pub(super) always: Option<Fault>,
}

impl FaultScript {
    pub(super) fn for_new_connection(&mut self) -> Option<Fault> {
        self.next.pop_front().or_else(|| self.always.clone())
    }
}
