//! Payload bytes → what people read: which kind it is, one-line previews, and lines on demand.
//!
//! Knows no topic, screen or terminal: tokens carry the payload's own bytes, and whoever draws them passes
//! them through `text` ([`Token::shown`]). Depth decided by the network is walked, never recursed on; nothing
//! is allocated from a claimed length.
//!
//! [`sniff`] decides in this order: empty · number, true/false · JSON · printable UTF-8 · magic bytes · CBOR,
//! MessagePack (never valid UTF-8, whole input consumed, at least 4 bytes, a map or array at the root) · mostly
//! text · binary. So readable text is never taken for a binary format.

mod cbor;
mod decoded;
mod hex;
mod image;
mod json;
mod kind;
mod line;
mod msgpack;
mod notation;
mod preview;
mod text_lines;

pub use decoded::Decoded;
pub use image::{Image, ImageFormat};
pub use kind::{Kind, Packed, glance, number, sniff};
pub use line::{Line, Token, TokenKind};
pub use preview::{preview, summary};
