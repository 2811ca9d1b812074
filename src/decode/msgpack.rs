//! `MessagePack` as a stream of items.

use std::borrow::Cow;

use super::notation::{Item, Notation, write};

/// Whether the root may be taken for `MessagePack`: a map or an array.
pub(super) fn has_root(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(0x80..=0x9f | 0xdc..=0xdf))
}

/// Whether the root is a map whose first key is a string, as nearly all maps are.
pub(super) fn has_named_root(bytes: &[u8]) -> bool {
    let key = match bytes {
        [0x81..=0x8f, key, ..] | [0xde, _, _, key, ..] | [0xdf, _, _, _, _, key, ..] => *key,
        _ => return false,
    };
    matches!(key, 0xa0..=0xbf | 0xd9..=0xdb)
}

/// Writes the whole input as notation; `None` if it is not one well-formed map or array.
pub(super) fn decode(bytes: &[u8], out: &mut Notation) -> Option<()> {
    has_root(bytes).then_some(())?;
    write(&mut Items { rest: bytes }, out)
}

/// Yields `Some(None)` once where the input is malformed.
struct Items<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Items<'a> {
    type Item = Option<Item<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let item = self.item();
        if item.is_none() {
            self.rest = &[];
        }
        Some(item)
    }
}

impl<'a> Items<'a> {
    fn item(&mut self) -> Option<Item<'a>> {
        let marker = *self.take(1)?.first()?;
        Some(match marker {
            0x00..=0x7f => Item::Int(i128::from(marker)),
            0x80..=0x8f => Item::Map(Some(u64::from(marker & 15))),
            0x90..=0x9f => Item::Array(Some(u64::from(marker & 15))),
            0xa0..=0xbf => self.text(u64::from(marker & 31))?,
            0xc0 => Item::Null,
            0xc1 => return None,
            0xc2 | 0xc3 => Item::Bool(marker == 0xc3),
            0xc4..=0xc6 => {
                let len = self.uint(1 << (marker - 0xc4))?;
                Item::Bytes(Cow::Borrowed(self.take(len)?))
            }
            0xc7..=0xc9 => {
                let len = self.uint(1 << (marker - 0xc7))?;
                self.ext(len)?
            }
            0xca => Item::Float(f64::from(f32::from_bits(self.uint(4)? as u32))),
            0xcb => Item::Float(f64::from_bits(self.uint(8)?)),
            0xcc..=0xcf => Item::Int(i128::from(self.uint(1 << (marker - 0xcc))?)),
            0xd0..=0xd3 => self.int(1 << (marker - 0xd0))?,
            0xd4..=0xd8 => self.ext(1 << (marker - 0xd4))?,
            0xd9..=0xdb => {
                let len = self.uint(1 << (marker - 0xd9))?;
                self.text(len)?
            }
            0xdc | 0xdd => Item::Array(Some(self.uint(2 << (marker - 0xdc))?)),
            0xde | 0xdf => Item::Map(Some(self.uint(2 << (marker - 0xde))?)),
            0xe0..=0xff => Item::Int(i128::from(marker as i8)),
        })
    }

    fn take(&mut self, len: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(len).ok()?)?;
        self.rest = rest;
        Some(taken)
    }

    fn uint(&mut self, len: u64) -> Option<u64> {
        Some(
            self.take(len)?
                .iter()
                .fold(0, |number, byte| number << 8 | u64::from(*byte)),
        )
    }

    fn int(&mut self, len: u64) -> Option<Item<'a>> {
        let unused = 64 - 8 * len as u32;
        let bits = self.uint(len)? << unused;
        Some(Item::Int(i128::from(bits as i64 >> unused)))
    }

    /// Old writers put any bytes into strings: those are shown as bytes.
    fn text(&mut self, len: u64) -> Option<Item<'a>> {
        let bytes = self.take(len)?;
        Some(match std::str::from_utf8(bytes) {
            Ok(text) => Item::Text(Cow::Borrowed(text)),
            Err(_) => Item::Bytes(Cow::Borrowed(bytes)),
        })
    }

    fn ext(&mut self, len: u64) -> Option<Item<'a>> {
        let kind = *self.take(1)?.first()? as i8;
        Some(Item::Ext(kind, self.take(len)?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn notation(bytes: &[u8]) -> Option<String> {
        let mut out = Notation::new(1 << 20);
        decode(bytes, &mut out)?;
        Some(out.text)
    }

    #[test]
    fn every_form_is_read() {
        for (bytes, text) in [
            (
                &b"\x82\xa7compact\xc3\xa6schema\x00"[..],
                r#"{"compact":true,"schema":0}"#,
            ),
            (b"\x94\xcc\xff\xcd\x01\x00\xd0\x80\xe0", "[255,256,-128,-32]"),
            (
                b"\x92\xd3\x80\x00\x00\x00\x00\x00\x00\x00\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
                "[-9223372036854775808,18446744073709551615]",
            ),
            (
                b"\x92\xca\x3f\xc0\x00\x00\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00",
                "[1.5,1.5]",
            ),
            (
                b"\x92\xc4\x02\x01\xff\xd6\xff\x00\x00\x00\x01",
                "[h'01ff',ext-1(h'00000001')]",
            ),
            (b"\xdc\x00\x01\xd9\x01x", r#"["x"]"#),
            (b"\xdf\x00\x00\x00\x01\x01\xc0", "{1:null}"),
            (b"\x91\xa1\xff", "[h'ff']"),
        ] {
            assert_eq!(notation(bytes).as_deref(), Some(text));
        }
        for bytes in [
            &b"\x92\x01"[..],
            b"\x91\xc1",
            b"\x91\x01\x01",
            b"\xdd\xff\xff\xff\xff",
            b"\x01",
        ] {
            assert_eq!(notation(bytes), None, "{bytes:02x?}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_rmpv_on_any_bytes(root in 0x80_u8..0xa0, bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let bytes = [vec![root], bytes].concat();
            // It takes the one marker that is never used for nil; the specification has it as an error.
            prop_assume!(!bytes.contains(&0xc1));
            let mut rest = &bytes[..];
            let theirs = rmpv::decode::read_value_with_max_depth(&mut rest, 60);
            prop_assert_eq!(notation(&bytes).is_some(), theirs.is_ok() && rest.is_empty(), "{:02x?}", bytes);
        }
    }
}
