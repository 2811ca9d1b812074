//! What `apply` hands back: the few things that a person is told, rather than shown when looking.

use crate::{
    event::{ConnectionState, OperationEnded, SourceId, Time},
    wire::{Anomaly, PacketType},
};

/// Something happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// On which connection.
    pub source: SourceId,
    /// When.
    pub time: Time,
    /// What.
    pub what: NoticeKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum NoticeKind {
    /// The connection stands somewhere else. `Model::connection` may be further on: one batch can tell several steps.
    StateChanged {
        /// Where it stood before.
        before: ConnectionState,
        /// Where it stood then.
        now: ConnectionState,
    },
    /// A publish, subscribe or unsubscribe came to its end.
    OperationEnded(OperationEnded),
    /// The peer broke the protocol.
    Violation {
        /// In which packet.
        packet_type: Option<PacketType>,
        /// The packet, as `Packets` numbers it.
        packet: u64,
        /// How.
        anomaly: Anomaly,
    },
    /// A connection ended without DISCONNECT, which its socket did not take.
    Untold,
    /// The source gave up messages under load.
    Dropped {
        /// PUBLISH packets.
        messages: u64,
        /// Their bytes on the wire.
        bytes: u64,
    },
}
