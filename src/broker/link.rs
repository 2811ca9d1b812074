//! One socket with its buffers: packets in, packets out, bytes counted. Knows frames, not sessions.

use std::{io, sync::Arc, time::Duration};

use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep_until, timeout},
};

use super::{FaultAction, counters::Counters, lag::Lag};
use crate::{
    mqtt::{ProtocolVersion, ReasonCode},
    wire::{self, Decoded, Direction, Packet, PacketType, Scan},
};

pub(super) const TOPIC_FILTER_INVALID: ReasonCode = ReasonCode(0x8F);
/// Room made for each read.
const READ: usize = 32 << 10;
/// The largest CONNECT taken: all its fields full make 459 KB without user properties.
const MAX_CONNECT: usize = 1 << 20;
/// Bytes that may be held back from the broker: a delay must not become a memory.
const MOST_HELD: usize = 1 << 20;
/// How long a peer has to take the last bytes, and to close its end.
const LAST_BYTES: Duration = Duration::from_millis(500);

pub(super) struct Link {
    socket: TcpStream,
    incoming: BytesMut,
    outgoing: Vec<u8>,
    /// Bytes of `outgoing` that are written already.
    written: usize,
    /// The end of `incoming` that has not arrived yet.
    incoming_lag: Lag,
    /// The end of `outgoing` that may not be written yet.
    outgoing_lag: Lag,
    counters: Arc<Counters>,
    /// Nothing more is read.
    pub(super) is_deaf: bool,
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
            incoming_lag: Lag::default(),
            outgoing_lag: Lag::default(),
            counters,
            is_deaf: false,
            version: ProtocolVersion::V5,
            max_incoming: MAX_CONNECT,
            max_outgoing: wire::MAX_REMAINING_LENGTH + 5,
        }
    }

    /// Goes wrong as it is told; `false`: the connection ends.
    pub(super) fn suffer(&mut self, action: &FaultAction) -> bool {
        match action {
            FaultAction::Close => return false,
            FaultAction::StopReading => self.is_deaf = true,
            FaultAction::Send(bytes) => self.queue_raw(bytes),
            FaultAction::SendMalformed(malformed) => self.queue_raw(malformed.bytes()),
            FaultAction::SendAndClose(bytes) => {
                self.queue_raw(bytes);
                return false;
            }
            FaultAction::Delay { direction, by } => match direction {
                Direction::ClientToServer => self.incoming_lag.set(*by),
                Direction::ServerToClient => self.outgoing_lag.set(*by),
            },
        }
        true
    }

    /// What has arrived.
    fn arrived(&self) -> &[u8] {
        let arrived = self.incoming.len() - self.incoming_lag.held();
        self.incoming.get(..arrived).unwrap_or_default()
    }

    /// The type of the packet that is arriving.
    pub(super) fn next_type(&self) -> Option<PacketType> {
        self.arrived()
            .first()
            .copied()
            .and_then(PacketType::from_first_byte)
    }

    /// The next whole frame that is here; `None`: read more. An error is what to close with.
    pub(super) fn next_frame(&mut self) -> Result<Option<Decoded>, ReasonCode> {
        let head = match wire::scan(self.arrived()) {
            Scan::Head(head) => head,
            Scan::Incomplete => return Ok(None),
            Scan::Malformed => return Err(ReasonCode::MALFORMED_PACKET),
        };
        if head.frame_len() > self.max_incoming {
            return Err(ReasonCode::PACKET_TOO_LARGE);
        }
        let Some(frame) = self.arrived().get(..head.frame_len()) else {
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
        self.outgoing_lag
            .hold(self.outgoing.len() - before, Instant::now());
        self.counters.messages_sent.add(1);
        true
    }

    /// Bytes behind what waits, as they are.
    fn queue_raw(&mut self, bytes: &[u8]) {
        self.outgoing.extend_from_slice(bytes);
        self.outgoing_lag.hold(bytes.len(), Instant::now());
    }

    /// Bytes that wait to be written.
    pub(super) fn backlog(&self) -> usize {
        self.outgoing.len() - self.written
    }

    /// Reads or writes, whichever the socket is ready for, or lets go of what was held back; `false`: the peer
    /// has closed its end. Safe to cancel.
    pub(super) async fn progress(&mut self, is_reading: bool) -> io::Result<bool> {
        let (mut reader, mut writer) = self.socket.split();
        let may_go = self.outgoing.len() - self.outgoing_lag.held();
        let waiting = self.outgoing.get(self.written..may_go).unwrap_or_default();
        let has_waiting = !waiting.is_empty();
        let is_reading = is_reading && !self.is_deaf && self.incoming_lag.held() < MOST_HELD;
        if is_reading {
            self.incoming.reserve(READ);
        }
        let lags = [self.incoming_lag.next(), self.outgoing_lag.next()];
        let release = lags.into_iter().flatten().min();
        tokio::select! {
            read = reader.read_buf(&mut self.incoming), if is_reading => {
                let read = read?;
                self.incoming_lag.hold(read, Instant::now());
                self.counters.bytes_received.add(read);
                Ok(read > 0)
            }
            written = writer.write(waiting), if has_waiting => {
                let written = written?;
                self.wrote(written);
                Ok(true)
            }
            () = sleep_until(release.unwrap_or_else(Instant::now)), if release.is_some() => {
                self.incoming_lag.release(Instant::now());
                self.outgoing_lag.release(Instant::now());
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
        let patience = LAST_BYTES + self.outgoing_lag.rest(Instant::now());
        let last = async {
            while self.backlog() > 0 && self.progress(false).await.is_ok() {}
            self.socket.shutdown().await
        };
        if !matches!(timeout(patience, last).await, Ok(Ok(()))) {
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
