//! Bytes ⇄ control packets of MQTT 3.1, 3.1.1 and 5, both directions: the frame scanner, the total
//! dissector (every field with its byte range, what is wrong as data), the encoder.
//!
//! Pure and total: no sockets, no clock, no panic on any bytes, no allocation from a claimed length.

mod decode;
mod encode;
mod frame;
mod packet;

pub use decode::{Anomaly, Decoded, PublishHead, decode, publish_head};
pub use encode::{EncodeError, encode};
pub use frame::{FrameHead, MAX_REMAINING_LENGTH, Scan, scan};
pub use packet::{
    Ack, Auth, Connack, Connect, ConnectWill, Direction, Disconnect, Packet, PacketType, Publish, Suback,
    Subscribe, SubscribeFilter, Unsubscribe,
};
