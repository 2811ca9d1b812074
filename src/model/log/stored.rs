//! What all blocks of messages have in common: finding one, and taking the bytes behind a header apart.

use super::{
    header::{Flags, Header},
    segment::Parts,
};

/// The first of `count` in order that is not `before` what is looked for.
pub(super) fn bisect(count: u32, before: impl Fn(u32) -> bool) -> u32 {
    let mut range = 0..count;
    while range.start < range.end {
        let middle = range.start.midpoint(range.end);
        if before(middle) {
            range.start = middle + 1;
        } else {
            range.end = middle;
        }
    }
    range.start
}

/// A message's stored bytes, taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stored<'a> {
    pub(super) parts: Parts<'a>,
    pub(super) true_payload_len: u32,
}

/// Takes stored bytes apart as the header says. Those of a truncated payload begin with its true length.
pub(super) fn split<'a>(header: &Header, bytes: &'a [u8]) -> Stored<'a> {
    let mut true_payload_len = header.payload_len;
    let (mut true_len, mut rest) = (&[][..], bytes);
    if header.flags.has(Flags::TRUNCATED)
        && !header.flags.has(Flags::GIVEN_UP)
        && let Some((len, bytes)) = bytes.split_first_chunk()
    {
        true_payload_len = u32::from_le_bytes(*len);
        (true_len, rest) = (len, bytes);
    }
    let (topic, rest) = rest
        .split_at_checked(header.topic_len as usize)
        .unwrap_or((&[], rest));
    let (properties, payload) = rest
        .split_at_checked(header.properties_len as usize)
        .unwrap_or((&[], rest));
    Stored {
        parts: Parts {
            true_len,
            topic,
            properties,
            payload,
        },
        true_payload_len,
    }
}
