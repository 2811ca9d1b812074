//! Bytes ⇄ control packets of MQTT 3.1, 3.1.1 and 5, both directions: the frame scanner, the total
//! dissector (every field with its byte range, what is wrong as data), the encoder.
//!
//! ```text
//! frame   where a frame ends        walk/   the one walker over its bytes, told to a sink of `field`:
//! head    a PUBLISH, quickly                decode: nobody · dissect: a recorder · mask_secrets: a collector
//! packet  the packets as values     encode  packets → bytes
//! ```
//! Pure and total: no sockets, no clock, no panic on any bytes, no allocation from a claimed length.

mod anomaly;
mod decode;
mod encode;
mod field;
mod frame;
mod head;
mod packet;
mod walk;

pub use anomaly::Anomaly;
pub use decode::{Decoded, Dissection, decode, dissect, mask_secrets};
pub use encode::{EncodeError, encode};
pub use field::{Field, FieldValue};
pub use frame::{FrameHead, MAX_REMAINING_LENGTH, Scan, scan};
pub use head::{PublishHead, publish_head};
pub use packet::{
    Ack, Auth, Connack, Connect, ConnectWill, Direction, Disconnect, Packet, PacketType, Publish, Suback,
    Subscribe, SubscribeFilter, Unsubscribe,
};

#[cfg(test)]
mod tests;
