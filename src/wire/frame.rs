//! Where one control packet ends and the next begins (MQTT 5 §2.1).

/// The largest remaining length four bytes can say (MQTT 5 §1.5.5).
pub const MAX_REMAINING_LENGTH: usize = 268_435_455;

/// The fixed header of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHead {
    /// Packet type and flags.
    pub first_byte: u8,
    /// Bytes of the fixed header: 2 to 5.
    pub header_len: u8,
    /// Bytes behind the fixed header.
    pub remaining_len: u32,
}

impl FrameHead {
    /// Bytes of the whole frame.
    pub const fn frame_len(self) -> usize {
        self.header_len as usize + self.remaining_len as usize
    }
}

/// What the start of a buffer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scan {
    /// A whole fixed header; the frame may reach beyond the buffer.
    Head(FrameHead),
    /// Too few bytes to say.
    Incomplete,
    /// A fifth length byte would follow: no frame boundary can be found from here on (MQTT 5 §1.5.5).
    Malformed,
}

/// Reads the fixed header at the start of `bytes`.
pub fn scan(bytes: &[u8]) -> Scan {
    let Some((&first_byte, rest)) = bytes.split_first() else {
        return Scan::Incomplete;
    };
    let mut remaining_len = 0u32;
    for (index, &byte) in rest.iter().take(4).enumerate() {
        remaining_len |= u32::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Scan::Head(FrameHead {
                first_byte,
                header_len: index as u8 + 2,
                remaining_len,
            });
        }
    }
    if rest.len() < 4 {
        Scan::Incomplete
    } else {
        Scan::Malformed
    }
}
