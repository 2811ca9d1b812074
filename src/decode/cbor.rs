//! CBOR (RFC 8949) as a stream of items.

use std::borrow::Cow;

use super::notation::{Item, Notation, write};

/// Whether the root may be taken for CBOR: a map or an array, perhaps behind tags.
pub(super) fn has_root(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(0x80..=0xdb))
}

/// Writes the whole input as notation; `None` if it is not one well-formed map or array.
pub(super) fn decode(bytes: &[u8], out: &mut Notation) -> Option<()> {
    let mut items = Items { rest: bytes };
    let root = Items { rest: bytes }
        .flatten()
        .find(|item| !matches!(item, Item::Tag(_)))?;
    matches!(root, Item::Array(_) | Item::Map(_)).then_some(())?;
    write(&mut items, out)
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
        let (major, info, argument) = self.head()?;
        Some(match (major, argument) {
            (0, Some(number)) => Item::Int(i128::from(number)),
            (1, Some(number)) => Item::Int(-1 - i128::from(number)),
            (2, Some(len)) => Item::Bytes(Cow::Borrowed(self.take(len)?)),
            (2, None) => Item::Bytes(Cow::Owned(self.parts(2)?)),
            (3, Some(len)) => Item::Text(Cow::Borrowed(std::str::from_utf8(self.take(len)?).ok()?)),
            (3, None) => Item::Text(Cow::Owned(String::from_utf8(self.parts(3)?).ok()?)),
            (4, len) => Item::Array(len),
            (5, len) => Item::Map(len),
            (6, Some(tag)) => Item::Tag(tag),
            (7, argument) => special(info, argument)?,
            _ => return None,
        })
    }

    /// Major type, additional information, and its argument (`None`: indefinite length or break).
    fn head(&mut self) -> Option<(u8, u8, Option<u64>)> {
        let [first, ..] = *self.take(1)? else {
            return None;
        };
        let (major, info) = (first >> 5, first & 31);
        let argument = match info {
            0..24 => Some(u64::from(info)),
            24..28 => {
                let bytes = self.take(1 << (info - 24))?;
                Some(
                    bytes
                        .iter()
                        .fold(0, |number, byte| number << 8 | u64::from(*byte)),
                )
            }
            31 => None,
            _ => return None,
        };
        Some((major, info, argument))
    }

    fn take(&mut self, len: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(len).ok()?)?;
        self.rest = rest;
        Some(taken)
    }

    /// The definite strings up to the break, joined.
    fn parts(&mut self, wanted: u8) -> Option<Vec<u8>> {
        let mut joined = Vec::new();
        loop {
            match self.head()? {
                (7, 31, None) => return Some(joined),
                (major, _, Some(len)) if major == wanted => joined.extend_from_slice(self.take(len)?),
                _ => return None,
            }
        }
    }
}

fn special(info: u8, argument: Option<u64>) -> Option<Item<'static>> {
    let bits = argument.unwrap_or_default();
    Some(match info {
        20 | 21 => Item::Bool(info == 21),
        22 => Item::Null,
        23 => Item::Undefined,
        0..20 => Item::Simple(info),
        // Below 32 the two-byte form is not well-formed (RFC 8949 §3.3).
        24 if bits >= 32 => Item::Simple(bits as u8),
        25 => Item::Float(half(bits as u16)),
        26 => Item::Float(f64::from(f32::from_bits(bits as u32))),
        27 => Item::Float(f64::from_bits(bits)),
        31 => Item::Break,
        _ => return None,
    })
}

/// IEEE 754 binary16 (RFC 8949 appendix D).
fn half(bits: u16) -> f64 {
    let (exponent, mantissa) = (i32::from(bits >> 10 & 31), f64::from(bits & 0x3ff));
    let value = match exponent {
        0 => mantissa * 2_f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * 2_f64.powi(exponent - 25),
    };
    if bits & 0x8000 == 0 { value } else { -value }
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
    fn vectors_of_the_standard_read_as_it_prints_them() {
        for (bytes, text) in [
            (&b"\x83\x01\x02\x03"[..], "[1,2,3]"),
            (b"\xa2\x01\x02\x03\x04", "{1:2,3:4}"),
            (b"\xa2\x61a\x01\x61b\x82\x02\x03", r#"{"a":1,"b":[2,3]}"#),
            (b"\x9f\x01\x82\x02\x03\x9f\x04\x05\xff\xff", "[1,[2,3],[4,5]]"),
            (b"\xbf\x61a\x01\x61b\x9f\x02\x03\xff\xff", r#"{"a":1,"b":[2,3]}"#),
            (
                b"\x81\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
                "[18446744073709551615]",
            ),
            (
                b"\x81\x3b\xff\xff\xff\xff\xff\xff\xff\xff",
                "[-18446744073709551616]",
            ),
            (
                b"\x84\xf9\x3e\x00\xf9\x7c\x00\xf9\xfe\x00\xf9\x00\x01",
                "[1.5,Infinity,NaN,5.960464477539063e-8]",
            ),
            (
                b"\x86\xf4\xf5\xf6\xf7\xf0\xf8\xff",
                "[false,true,null,undefined,simple(16),simple(255)]",
            ),
            (
                b"\x82\x42\x01\xff\xc1\x1a\x51\x4b\x67\xb0",
                "[h'01ff',1(1363896240)]",
            ),
            (b"\x81\x5f\x42\x01\x02\x41\x03\xff", "[h'010203']"),
            (b"\xd9\xd9\xf7\x82\x01\xc0\x80", "55799([1,0([])])"),
            (b"\x81\x63a\"\n", r#"["a\"\n"]"#),
        ] {
            assert_eq!(notation(bytes).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_not_one_whole_tree_is_refused() {
        for bytes in [
            &b"\x83\x01\x02"[..],
            b"\x81\x01\x02",
            b"\x01",
            b"\xbf\x01\xff",
            b"\xff",
            b"\x81\xff",
            b"\x81\xc1",
            b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x81\x62\xff\xff",
            b"\x81\xf8\x10",
        ] {
            assert_eq!(notation(bytes), None, "{bytes:02x?}");
        }
    }

    #[test]
    fn depth_and_output_are_bounded() {
        let nested = |depth: usize| [vec![0x81; depth], vec![0x01]].concat();
        assert!(notation(&nested(64)).is_some());
        assert_eq!(notation(&nested(65)), None);
        assert_eq!(notation(&vec![0x81; 1_000_000]), None);
        assert_eq!(notation(&vec![0xc1; 1_000_000]), None);
        let mut out = Notation::new(10);
        let wide = [vec![0x9f], vec![0x01; 1000], vec![0xff]].concat();
        assert_eq!(decode(&wide, &mut out), Some(()));
        assert!(out.is_cut && out.text.len() <= 10);
    }

    proptest! {
        #[test]
        fn accepts_only_what_ciborium_accepts(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            // ciborium reads the first item only; ours must also be all of the input.
            let mut rest = &bytes[..];
            let theirs = ciborium::from_reader::<ciborium::Value, _>(&mut rest);
            if notation(&bytes).is_some() {
                prop_assert!(theirs.is_ok() && rest.is_empty(), "{:02x?}: {:?}", bytes, theirs);
            }
        }

        #[test]
        fn reads_what_ciborium_writes(numbers in prop::collection::vec(any::<i64>(), 0..5), text in any::<String>(), float in any::<f64>()) {
            let value = (numbers, text, float, serde_json::json!({"a": [true, null]}));
            let mut bytes = Vec::new();
            ciborium::into_writer(&value, &mut bytes).unwrap();
            let ours = notation(&bytes).unwrap();
            if float.is_finite() {
                let read: (Vec<i64>, String, f64, serde_json::Value) = serde_json::from_str(&ours).unwrap();
                prop_assert_eq!(read.0, value.0);
                prop_assert_eq!(read.1, value.1);
            }
        }
    }
}
