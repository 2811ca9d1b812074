//! One client, from its socket to its end: reads packets, answers them, delivers what is due.

use std::{sync::Arc, time::Duration};

use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep_until},
};

use super::{
    Fault, FaultAction,
    counters::Counters,
    exchange::Request,
    handshake::{self, Guest},
    inbound::{Accepted, Inbound},
    link::Link,
    outbound::{ENOUGH_TO_WRITE, Outbound},
    session::{Control, Farewell, SessionKey, Transit},
    users::User,
    window::AfterPubrec,
};
use crate::{
    mqtt::{ProtocolVersion, QoS, ReasonCode},
    wire::{Ack, Disconnect, Packet, Publish},
};

/// Unwritten bytes above which nothing more is read: a client that reads no acknowledgements gets no more.
const TOO_MUCH_TO_WRITE: usize = 1 << 20;

const SERVER_SHUTTING_DOWN: ReasonCode = ReasonCode(0x8B);

/// What every connection's task has of the broker.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) requests: mpsc::Sender<Request>,
    pub(super) counters: Arc<Counters>,
    pub(super) stopping: watch::Receiver<bool>,
    pub(super) users: Arc<[User]>,
    pub(super) max_packet_size: u32,
}

/// Serves one client until it is gone.
pub(super) async fn serve(socket: TcpStream, context: Context, fault: Option<Fault>) {
    let mut link = Link::new(socket, context.counters.clone());
    let mut stopping = context.stopping.clone();
    let guest = tokio::select! {
        guest = handshake::welcome(&mut link, &context, fault.as_ref()) => guest,
        () = stopped(&mut stopping) => None,
    };
    match guest {
        Some(guest) => Connection::new(link, context, guest, fault).serve().await,
        None => link.close().await,
    }
}

/// Until the broker stops, or is gone.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|is_stopping| *is_stopping).await;
}

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// DISCONNECT came.
    Left {
        with_will: bool,
        /// The session expiry interval it says (5).
        expiry: Option<u32>,
    },
    /// The socket broke, or the client closed it without DISCONNECT.
    Lost,
    /// The broker ends it, on MQTT 5 with this code.
    Closed(ReasonCode),
    /// A fault ends it; what was queued is still sent.
    Fault,
}

pub(super) struct Connection {
    pub(super) link: Link,
    context: Context,
    pub(super) key: SessionKey,
    /// The session expiry interval CONNECT said, seconds.
    expiry: u32,
    inbound: Inbound,
    outbound: Outbound,
    controls: mpsc::Receiver<Control>,
    /// 1.5 keep alives; `None`: off.
    patience: Option<Duration>,
    last_heard: Instant,
    /// Packets received, CONNECT included.
    packets: u64,
    fault: Option<(u64, FaultAction)>,
}

impl Connection {
    fn new(link: Link, context: Context, guest: Guest, fault: Option<Fault>) -> Self {
        let connect = guest.connect;
        let Transit {
            mut outbound,
            received,
        } = guest.transit;
        outbound.window.open(connect.properties.receive_maximum());
        let keep_alive = Duration::from_secs(connect.keep_alive.into());
        Self {
            link,
            context,
            key: guest.key,
            expiry: handshake::session_expiry(&connect),
            inbound: Inbound::new(connect.version, received),
            outbound,
            controls: guest.controls,
            patience: (!keep_alive.is_zero()).then(|| keep_alive.mul_f32(1.5)),
            last_heard: Instant::now(),
            packets: 0,
            fault: match fault {
                Some(Fault::After { packets, action }) if packets > 0 => Some((packets, action)),
                _ => None,
            },
        }
    }

    async fn serve(mut self) {
        let ending = match self.count_packet() {
            Ok(()) => self.run().await,
            Err(ending) => ending,
        };
        let (with_will, expiry) = match ending {
            Ending::Left { with_will, expiry } => (with_will, expiry),
            Ending::Closed(code) => (code != SERVER_SHUTTING_DOWN, None),
            Ending::Lost | Ending::Fault => (true, None),
        };
        let transit = Transit {
            outbound: self.outbound,
            received: self.inbound.into_received(),
        };
        let farewell = Farewell {
            transit: Box::new(transit),
            with_will,
            expiry,
        };
        let leave = Request::Leave(self.key, Box::new(farewell));
        let _ = self.context.requests.send(leave).await;
        say_goodbye(self.link, ending).await;
    }

    async fn run(&mut self) -> Ending {
        loop {
            if let Err(ending) = self.handle_packets().await {
                return ending;
            }
            self.outbound.deliver(&mut self.link);
            if let Err(ending) = self.wait().await {
                return ending;
            }
        }
    }

    /// Until something has happened.
    async fn wait(&mut self) -> Result<(), Ending> {
        let is_reading = self.link.backlog() < TOO_MUCH_TO_WRITE;
        let has_room = self.link.backlog() < ENOUGH_TO_WRITE;
        let silence_ends = self
            .patience
            .filter(|_| !self.link.is_deaf)
            .map(|patience| self.last_heard + patience);
        tokio::select! {
            result = self.link.progress(is_reading) => match result {
                Ok(true) => Ok(()),
                Ok(false) | Err(_) => Err(Ending::Lost),
            },
            () = self.outbound.arrival(), if has_room => Ok(()),
            Some(control) = self.controls.recv() => match control {
                Control::Close(code) => Err(Ending::Closed(code)),
                Control::Fault(action) => self.suffer(&action),
            },
            () = sleep_until(silence_ends.unwrap_or_else(Instant::now)), if silence_ends.is_some() => {
                Err(Ending::Closed(ReasonCode::KEEP_ALIVE_TIMEOUT))
            }
            () = stopped(&mut self.context.stopping) => {
                Err(Ending::Closed(SERVER_SHUTTING_DOWN))
            }
        }
    }

    async fn handle_packets(&mut self) -> Result<(), Ending> {
        while !self.link.is_deaf
            && let Some(packet) = self.link.next_packet().map_err(Ending::Closed)?
        {
            self.last_heard = Instant::now();
            self.handle(packet).await?;
            self.count_packet()?;
        }
        Ok(())
    }

    /// A packet was handled; its fault may be due.
    fn count_packet(&mut self) -> Result<(), Ending> {
        self.packets += 1;
        match self.fault.take_if(|(packets, _)| *packets <= self.packets) {
            Some((_, action)) => self.suffer(&action),
            None => Ok(()),
        }
    }

    fn suffer(&mut self, action: &FaultAction) -> Result<(), Ending> {
        if self.link.suffer(action) {
            Ok(())
        } else {
            Err(Ending::Fault)
        }
    }

    async fn handle(&mut self, packet: Packet) -> Result<(), Ending> {
        match packet {
            Packet::Publish(publish) => self.on_publish(publish).await,
            Packet::Puback(ack) => self
                .outbound
                .window
                .on_puback(ack.packet_id)
                .map_err(Ending::Closed),
            Packet::Pubrec(ack) => self.on_pubrec(&ack),
            Packet::Pubrel(ack) => {
                self.on_pubrel(ack.packet_id);
                Ok(())
            }
            Packet::Pubcomp(ack) => self
                .outbound
                .window
                .on_pubcomp(ack.packet_id)
                .map_err(Ending::Closed),
            Packet::Subscribe(subscribe) => self.on_subscribe(subscribe).await,
            Packet::Unsubscribe(unsubscribe) => self.on_unsubscribe(unsubscribe).await,
            Packet::Pingreq => {
                self.link.queue(&Packet::Pingresp);
                Ok(())
            }
            Packet::Disconnect(disconnect) => Err(self.on_disconnect(&disconnect)),
            // A second CONNECT (MQTT-3.1.0-2), AUTH without a method, and what only servers send.
            _ => Err(Ending::Closed(ReasonCode::PROTOCOL_ERROR)),
        }
    }

    fn on_disconnect(&self, disconnect: &Disconnect) -> Ending {
        let expiry = disconnect.properties.session_expiry_interval();
        if self.expiry == 0 && expiry.is_some_and(|seconds| seconds > 0) {
            // MQTT 5 §3.14.2.2.2: what was to end with the connection cannot be kept after all.
            return Ending::Closed(ReasonCode::PROTOCOL_ERROR);
        }
        Ending::Left {
            with_will: disconnect.reason != ReasonCode::SUCCESS,
            expiry,
        }
    }

    async fn on_publish(&mut self, publish: Publish) -> Result<(), Ending> {
        self.context.counters.publishes_received.add(1);
        let (qos, packet_id) = (publish.qos, publish.packet_id);
        let accepted = self.inbound.accept(publish).map_err(Ending::Closed)?;
        let reason = match (accepted, packet_id) {
            (Accepted::Repeated, _) => ReasonCode::SUCCESS,
            (Accepted::New(message), None) => {
                let session = self.key;
                let code = None;
                return self
                    .request(Request::Publish {
                        session,
                        message,
                        code,
                    })
                    .await;
            }
            (Accepted::New(message), Some(_)) => {
                let session = self.key;
                self.ask(|code| Request::Publish {
                    session,
                    message,
                    code: Some(code),
                })
                .await?
            }
        };
        if let Some(id) = packet_id {
            self.acknowledge(qos, id, reason);
        }
        Ok(())
    }

    fn acknowledge(&mut self, qos: QoS, id: u16, reason: ReasonCode) {
        let packet = match qos {
            QoS::ExactlyOnce => Packet::Pubrec(ack(id, reason)),
            _ => Packet::Puback(ack(id, reason)),
        };
        // Before MQTT 5 the publisher cannot be told of a failure: its exchange of packets goes on.
        if reason.0 >= 0x80 && self.link.version == ProtocolVersion::V5 {
            self.inbound.release(id);
        }
        self.link.queue(&packet);
    }

    fn on_pubrec(&mut self, received: &Ack) -> Result<(), Ending> {
        let id = received.packet_id;
        match self
            .outbound
            .window
            .on_pubrec(id, received.reason)
            .map_err(Ending::Closed)?
        {
            AfterPubrec::Pubrel(reason) => {
                self.link.queue(&Packet::Pubrel(ack(id, reason)));
            }
            AfterPubrec::Free => {}
        }
        Ok(())
    }

    fn on_pubrel(&mut self, id: u16) {
        let reason = if self.inbound.release(id) {
            ReasonCode::SUCCESS
        } else {
            ReasonCode::PACKET_IDENTIFIER_NOT_FOUND
        };
        self.link.queue(&Packet::Pubcomp(ack(id, reason)));
    }

    async fn request(&self, request: Request) -> Result<(), Ending> {
        let is_sent = self.context.requests.send(request).await;
        is_sent.map_err(|_| Ending::Closed(SERVER_SHUTTING_DOWN))
    }

    /// Asks the exchange and waits for its answer.
    pub(super) async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<T>) -> Request,
    ) -> Result<T, Ending> {
        let (reply, answer) = oneshot::channel();
        self.request(request(reply)).await?;
        answer.await.map_err(|_| Ending::Closed(SERVER_SHUTTING_DOWN))
    }
}

async fn say_goodbye(mut link: Link, ending: Ending) {
    match ending {
        Ending::Lost => return,
        Ending::Closed(reason) if link.version == ProtocolVersion::V5 => {
            link.queue(&Packet::Disconnect(Disconnect {
                reason,
                ..Disconnect::default()
            }));
        }
        Ending::Closed(_) | Ending::Left { .. } | Ending::Fault => {}
    }
    link.close().await;
}

fn ack(packet_id: u16, reason: ReasonCode) -> Ack {
    Ack {
        packet_id,
        reason,
        ..Ack::default()
    }
}
