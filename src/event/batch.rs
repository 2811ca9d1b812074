//! What a source sends at a time.
//!
//! ```text
//! data:    ┌ frame ┐┌ frame ──────┐┌ frame ┐      the source's own read buffer, moved, not copied
//! records: [Publish{span}, Packet{span}, Publish{span}, Status, …]   in the order things happened
//! ```

use std::sync::Arc;

use super::{Buffer, ConnectionStatus, OperationEnded, SourceId};
use crate::{
    mqtt::{ProtocolVersion, QoS},
    wire::{Anomaly, Direction, PacketType},
};

/// A moment on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Time {
    /// Microseconds since the program started: never steps; for differences and ages.
    pub mono_us: u64,
    /// Microseconds since the Unix epoch: may step; for display only.
    pub wall_us: i64,
}

/// Everything one source saw in a few milliseconds, in order.
#[derive(Debug)]
pub struct Batch {
    /// Which source.
    pub source: SourceId,
    /// The moment of the first record; each record adds its own `after_us`.
    pub time: Time,
    /// The bytes that the records' [`Span`]s point into.
    pub data: Data,
    /// What happened.
    pub records: Vec<Record>,
}

/// The buffer of a batch. Nobody else has it, unless who remembers what is in it keeps it too. Not shared from the
/// start: under a flood of small messages, a small allocation among the large ones of each batch held 4 MB more.
#[derive(Debug)]
pub enum Data {
    /// The batch's alone.
    Own(Buffer),
    /// Kept elsewhere too.
    Shared(Arc<Buffer>),
}

impl Data {
    /// Another hold of the buffer.
    pub fn share(&mut self) -> Arc<Buffer> {
        let shared = match self {
            Self::Own(buffer) => Arc::new(std::mem::take(buffer).kept()),
            Self::Shared(shared) => Arc::clone(shared),
        };
        *self = Self::Shared(Arc::clone(&shared));
        shared
    }
}

impl Default for Data {
    fn default() -> Self {
        Self::Own(Buffer::default())
    }
}

impl<T: Into<Buffer>> From<T> for Data {
    fn from(bytes: T) -> Self {
        Self::Own(bytes.into())
    }
}

impl std::ops::Deref for Data {
    type Target = Buffer;

    #[inline]
    fn deref(&self) -> &Buffer {
        match self {
            Self::Own(buffer) => buffer,
            Self::Shared(shared) => shared,
        }
    }
}

/// Bytes of [`Batch::data`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// How many.
    pub len: u32,
}

/// The bytes of a frame: received ones lie in the batch's buffer, sent ones bring their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// In [`Batch::data`].
    InBatch(Span),
    /// Its own.
    Own(Arc<[u8]>),
}

impl Batch {
    /// The bytes of a frame of this batch; empty for a span outside it, which no source makes.
    pub fn bytes<'a>(&'a self, frame: &'a Frame) -> &'a [u8] {
        match frame {
            Frame::InBatch(span) => {
                let start = span.start as usize;
                self.data
                    .get(start..start + span.len as usize)
                    .unwrap_or_default()
            }
            Frame::Own(bytes) => bytes,
        }
    }
}

/// One thing that happened.
#[derive(Debug)]
pub enum Record {
    /// An application message went by.
    Publish(PublishRecord),
    /// Any other control packet, or a PUBLISH that cannot be read.
    Packet(Box<PacketRecord>),
    /// The connection's state changed.
    Status(Box<ConnectionStatus>),
    /// A publish, subscribe or unsubscribe that was asked for came to its end.
    Operation(Box<OperationEnded>),
    /// A connection that stood was ended from here, and its socket did not take DISCONNECT.
    Untold,
    /// The source gave up messages (a profile's choice under load): how many, how many bytes.
    Dropped {
        /// PUBLISH packets.
        messages: u64,
        /// Their bytes on the wire.
        bytes: u64,
    },
}

/// A PUBLISH by byte ranges of its frame. Kept small: a firehose makes one a message.
#[derive(Debug, Clone)]
pub struct PublishRecord {
    /// Microseconds behind [`Batch::time`].
    pub after_us: u32,
    /// The frame, or its head where the payload is above the limit for storing.
    pub frame: Frame,
    /// Bytes of the whole frame on the wire; more than `frame` has where the payload was cut.
    pub wire_len: u32,
    /// Start of the topic in the frame.
    pub topic_start: u8,
    /// Bytes of the topic; 0 where an alias stands for it.
    pub topic_len: u16,
    /// Start of the properties in the frame (behind their length; 5 only).
    pub properties_start: u32,
    /// Start of the payload in the frame; the properties end here.
    pub payload_start: u32,
    /// The topic an alias stands for, if the topic in the frame is empty.
    pub alias_topic: Option<Arc<str>>,
    /// QoS 1 and 2; 0 for none.
    pub packet_id: u16,
    /// Which way.
    pub direction: Direction,
    /// Quality of service on this hop.
    pub qos: QoS,
    /// RETAIN.
    pub retain: bool,
    /// DUP.
    pub dup: bool,
    /// A QoS 2 message already delivered, sent again by the peer: shown, not counted as new.
    pub is_repeat: bool,
}

/// A control packet other than a readable PUBLISH.
#[derive(Debug, Clone)]
pub struct PacketRecord {
    /// Microseconds behind [`Batch::time`].
    pub after_us: u32,
    /// The frame; passwords and authentication data in it are already overwritten with `*`.
    pub frame: Frame,
    /// `None` for the reserved type 0.
    pub packet_type: Option<PacketType>,
    /// The version it was read in.
    pub version: ProtocolVersion,
    /// Which way.
    pub direction: Direction,
    /// What is wrong or odd about it.
    pub anomalies: Vec<Anomaly>,
}
