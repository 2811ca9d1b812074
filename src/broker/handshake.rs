//! CONNECT to CONNACK (MQTT 5 §3.1, §3.2, §4.1).

use std::time::Duration;

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{
    Fault,
    connection::Context,
    exchange::Request,
    inbound::{RECEIVE_MAXIMUM, TOPIC_ALIAS_MAXIMUM},
    link::{Link, violation},
    session::{Admission, Arrival, CONTROLS, Control, DelayedWill, FOR_EVER, SessionKey, Transit},
    users,
};
use crate::{
    mqtt::{Message, Properties, Property, ProtocolVersion, ReasonCode, TopicName},
    wire::{Connack, Connect, ConnectWill, Decoded, Packet, PacketType},
};

/// How long a client has to send CONNECT.
const PATIENCE: Duration = Duration::from_secs(10);

const IDENTIFIER_NOT_VALID: ReasonCode = ReasonCode(0x85);
const IDENTIFIER_REJECTED: ReasonCode = ReasonCode(2);
const UNACCEPTABLE_VERSION: ReasonCode = ReasonCode(1);
const BAD_AUTHENTICATION_METHOD: ReasonCode = ReasonCode(0x8C);

/// A client that is let in.
pub(super) struct Guest {
    pub(super) key: SessionKey,
    pub(super) connect: Connect,
    pub(super) transit: Transit,
    pub(super) controls: mpsc::Receiver<Control>,
}

/// `None`: there will be no session; what the client is told is queued on the link.
pub(super) async fn welcome(link: &mut Link, context: &Context, fault: Option<&Fault>) -> Option<Guest> {
    if let Some(action) = fault.and_then(Fault::at_once)
        && !link.suffer(action)
    {
        return None;
    }
    if link.is_deaf {
        return stay_silent(link).await;
    }
    let decoded = timeout(PATIENCE, first_frame(link)).await.ok()??;
    match fault {
        Some(Fault::CloseWithoutConnack) => return None,
        Some(Fault::Silence) => return stay_silent(link).await,
        _ => {}
    }
    let connect = match examine(decoded) {
        Ok(connect) => connect,
        Err(refusal) => {
            if let Some((version, code)) = refusal {
                refuse(link, version, code, None);
            }
            return None;
        }
    };
    link.version = connect.version;
    if let Some(Fault::Refuse { code, reason_string }) = fault {
        refuse(link, connect.version, *code, reason_string.clone());
        return None;
    }
    if let Some(code) = users::refusal(&context.users, &connect) {
        refuse(link, connect.version, code, None);
        return None;
    }
    admit(link, context, connect).await
}

/// Until the client has had enough.
async fn stay_silent(link: &mut Link) -> Option<Guest> {
    while link.progress(true).await.is_ok_and(|is_open| is_open) {}
    None
}

/// `None`: it will not come, or is no CONNECT (MQTT-3.1.0-1).
async fn first_frame(link: &mut Link) -> Option<Decoded> {
    loop {
        if link.next_type().is_some_and(|kind| kind != PacketType::Connect) {
            return None;
        }
        if let Some(decoded) = link.next_frame().ok()? {
            return Some(decoded);
        }
        if !link.progress(true).await.ok()? {
            return None;
        }
    }
}

/// What answers a CONNECT that is refused; `None`: the connection is closed without a word (MQTT-3.1.4-1).
type Refusal = Option<(ProtocolVersion, ReasonCode)>;

fn examine(decoded: Decoded) -> Result<Connect, Refusal> {
    let fault = violation(&decoded);
    match (decoded.packet, fault) {
        (Some(Packet::Connect(connect)), None) if has_authentication(&connect.properties) => {
            Err(Some((connect.version, BAD_AUTHENTICATION_METHOD)))
        }
        (Some(Packet::Connect(connect)), None) => Ok(*connect),
        (Some(Packet::Connect(connect)), Some(code)) => Err(refusal(connect.version, code)),
        // A version of the future: what can be said of it is said as 3.1.1 does.
        (None, Some(ReasonCode::UNSUPPORTED_PROTOCOL_VERSION)) => Err(refusal(
            ProtocolVersion::V311,
            ReasonCode::UNSUPPORTED_PROTOCOL_VERSION,
        )),
        _ => Err(None),
    }
}

/// Before MQTT 5 only two of the faults of a CONNECT have a code.
fn refusal(version: ProtocolVersion, code: ReasonCode) -> Refusal {
    match (version, code) {
        (ProtocolVersion::V5, _) => Some((version, code)),
        (_, ReasonCode::UNSUPPORTED_PROTOCOL_VERSION) => Some((version, UNACCEPTABLE_VERSION)),
        (_, IDENTIFIER_NOT_VALID) => Some((version, IDENTIFIER_REJECTED)),
        _ => None,
    }
}

fn has_authentication(properties: &Properties) -> bool {
    properties
        .0
        .iter()
        .any(|property| matches!(property, Property::AuthenticationMethod(_)))
}

fn refuse(link: &mut Link, version: ProtocolVersion, code: ReasonCode, reason: Option<String>) {
    link.version = version;
    link.queue(&Packet::Connack(Connack {
        session_present: false,
        code,
        properties: reason.map(Property::ReasonString).into_iter().collect(),
    }));
}

async fn admit(link: &mut Link, context: &Context, mut connect: Connect) -> Option<Guest> {
    let (controls, controls_rx) = mpsc::channel(CONTROLS);
    let arrival = Arrival {
        client_id: connect.client_id.clone(),
        clean_start: connect.clean_start,
        expiry: session_expiry(&connect),
        will: connect.will.take().and_then(will),
        controls,
    };
    let (reply, answer) = oneshot::channel();
    let request = Request::Connect(Box::new(arrival), reply);
    context.requests.send(request).await.ok()?;
    let Admission {
        key,
        assigned_id,
        is_resumed,
        transit,
    } = answer.await.ok()?;
    link.max_incoming = context.max_packet_size as usize;
    link.max_outgoing = connect
        .properties
        .maximum_packet_size()
        .map_or(link.max_outgoing, |most| most as usize);
    link.queue(&Packet::Connack(Connack {
        // 3.1 has no such flag.
        session_present: is_resumed && connect.version != ProtocolVersion::V31,
        code: ReasonCode::SUCCESS,
        properties: abilities(context, assigned_id),
    }));
    Some(Guest {
        key,
        connect,
        transit,
        controls: controls_rx,
    })
}

/// Before MQTT 5 a session either ends with its connection or stays (MQTT 5 §3.1.2.11.2).
pub(super) fn session_expiry(connect: &Connect) -> u32 {
    match connect.version {
        ProtocolVersion::V5 => connect.properties.session_expiry_interval().unwrap_or(0),
        _ if connect.clean_start => 0,
        _ => FOR_EVER,
    }
}

fn will(will: ConnectWill) -> Option<DelayedWill> {
    Some(DelayedWill {
        delay: will.properties.will_delay_interval().unwrap_or(0),
        message: Message {
            topic: TopicName::new(&will.topic).ok()?,
            payload: will.payload,
            qos: will.qos,
            retain: will.retain,
            properties: will.properties,
        },
    })
}

/// Where this broker differs from what a client assumes: the rest of MQTT 5 is there.
fn abilities(context: &Context, assigned_id: Option<String>) -> Properties {
    let mut abilities: Properties = [
        Property::ReceiveMaximum(RECEIVE_MAXIMUM),
        Property::TopicAliasMaximum(TOPIC_ALIAS_MAXIMUM),
        Property::MaximumPacketSize(context.max_packet_size),
    ]
    .into_iter()
    .collect();
    if let Some(id) = assigned_id {
        abilities.push(Property::AssignedClientIdentifier(id));
    }
    abilities
}
