//! One socket with its buffers: packets in, packets out, bytes counted. Knows frames, not sessions.

use std::{io, sync::Arc, time::Duration};

use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::counters::Counters;
use crate::{
    mqtt::{ProtocolVersion, ReasonCode},
    wire::{self, Decoded, Direction, Packet, PacketType, Scan},
};

pub(super) const TOPIC_FILTER_INVALID: ReasonCode = ReasonCode(0x8F);
/// Room made for each read.
const READ: usize = 32 << 10;
/// The largest CONNECT taken: all its fields full make 459 KB without user properties.
const MAX_CONNECT: usize = 1 << 20;
/// How long a peer has to take the last bytes, and to close its end.
const LAST_BYTES: Duration = Duration::from_millis(500);

pub(super) struct Link {
    socket: TcpStream,
    incoming: BytesMut,
    outgoing: Vec<u8>,
    /// Bytes of `outgoing` that are written already.
    written: usize,
    counters: Arc<Counters>,
    pub(super) version: ProtocolVersion,
    /// The largest packet taken.
    pub(super) max_incoming: usize,
    /// The largest packet the client takes.
    pub(super) max_outgoing: usize,
}

impl Link {
    pub(super) fn new(socket: TcpStream, counters: Arc<Counters>) -> Self {
        // Fails only on a socket that is gone, which the first read tells.
        let _ = socket.set_nodelay(true);
        Self {
            socket,
            incoming: BytesMut::new(),
            outgoing: Vec::new(),
            written: 0,
            counters,
            version: ProtocolVersion::V5,
            max_incoming: MAX_CONNECT,
            max_outgoing: wire::MAX_REMAINING_LENGTH + 5,
        }
    }

    /// The type of the packet that is arriving.
    pub(super) fn next_type(&self) -> Option<PacketType> {
        self.incoming
            .first()
            .copied()
            .and_then(PacketType::from_first_byte)
    }

    /// The next whole frame that is here; `None`: read more. An error is what to close with.
    pub(super) fn next_frame(&mut self) -> Result<Option<Decoded>, ReasonCode> {
        let head = match wire::scan(&self.incoming) {
            Scan::Head(head) => head,
            Scan::Incomplete => return Ok(None),
            Scan::Malformed => return Err(ReasonCode::MALFORMED_PACKET),
        };
        if head.frame_len() > self.max_incoming {
            return Err(ReasonCode::PACKET_TOO_LARGE);
        }
        let Some(frame) = self.incoming.get(..head.frame_len()) else {
            return Ok(None);
        };
        let decoded = wire::decode(frame, self.version, Direction::ClientToServer);
        self.incoming.advance(head.frame_len());
        if self.incoming.is_empty() && head.frame_len() > READ {
            // One large packet must not keep its memory for the life of the connection.
            self.incoming = BytesMut::new();
        }
        self.counters.messages_received.add(1);
        Ok(Some(decoded))
    }

    /// As [`Self::next_frame`], with violations as errors.
    pub(super) fn next_packet(&mut self) -> Result<Option<Packet>, ReasonCode> {
        let Some(decoded) = self.next_frame()? else {
            return Ok(None);
        };
        match violation(&decoded) {
            Some(reason) => Err(reason),
            None => Ok(decoded.packet),
        }
    }

    /// Encodes `packet` behind what waits; `false`: the client does not take packets that large.
    pub(super) fn queue(&mut self, packet: &Packet) -> bool {
        let before = self.outgoing.len();
        let is_encoded = wire::encode(packet, self.version, &mut self.outgoing).is_ok();
        if !is_encoded || self.outgoing.len() - before > self.max_outgoing {
            self.outgoing.truncate(before);
            return false;
        }
        self.counters.messages_sent.add(1);
        true
    }

    /// Bytes behind what waits, as they are.
    pub(super) fn queue_raw(&mut self, bytes: &[u8]) {
        self.outgoing.extend_from_slice(bytes);
    }

    /// Bytes that wait to be written.
    pub(super) fn backlog(&self) -> usize {
        self.outgoing.len() - self.written
    }

    /// Reads or writes, whichever the socket is ready for; `false`: the peer has closed its end.
    /// Safe to cancel.
    pub(super) async fn progress(&mut self, is_reading: bool) -> io::Result<bool> {
        let (mut reader, mut writer) = self.socket.split();
        let waiting = self.outgoing.get(self.written..).unwrap_or_default();
        let has_waiting = !waiting.is_empty();
        if is_reading {
            self.incoming.reserve(READ);
        }
        tokio::select! {
            read = reader.read_buf(&mut self.incoming), if is_reading => {
                let read = read?;
                self.counters.bytes_received.add(read);
                Ok(read > 0)
            }
            written = writer.write(waiting), if has_waiting => {
                let written = written?;
                self.wrote(written);
                Ok(true)
            }
            else => std::future::pending().await,
        }
    }

    fn wrote(&mut self, bytes: usize) {
        self.counters.bytes_sent.add(bytes);
        self.written += bytes;
        if self.written == self.outgoing.len() {
            self.written = 0;
            self.outgoing.clear();
            // A burst must not keep its memory for the life of the connection.
            self.outgoing.shrink_to(READ);
        }
    }

    /// Writes what waits and ends the connection so that the peer reads it all: closing a socket with
    /// unread bytes would reset it, and the peer might lose our last packet.
    pub(super) async fn close(mut self) {
        let last = async {
            while self.backlog() > 0 && self.progress(false).await.is_ok() {}
            self.socket.shutdown().await
        };
        if !matches!(timeout(LAST_BYTES, last).await, Ok(Ok(()))) {
            return;
        }
        let drained = async {
            let mut sink = [0; 4096];
            while matches!(self.socket.read(&mut sink).await, Ok(read) if read > 0) {}
        };
        let _ = timeout(LAST_BYTES, drained).await;
    }
}

/// What the connection must be closed with, if the frame breaks the standard.
pub(super) fn violation(decoded: &Decoded) -> Option<ReasonCode> {
    let is_subscribe = matches!(decoded.packet, Some(Packet::Subscribe(_)));
    // An impossible filter among others is refused by its code in SUBACK.
    let is_answered = |reason| is_subscribe && reason == TOPIC_FILTER_INVALID;
    let mut anomalies = decoded.anomalies.iter();
    match anomalies.find(|anomaly| anomaly.is_violation && !is_answered(anomaly.reason)) {
        Some(anomaly) => Some(anomaly.reason),
        None if decoded.packet.is_none() => Some(ReasonCode::MALFORMED_PACKET),
        None => None,
    }
}
