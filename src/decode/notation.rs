//! Binary trees as JSON-like text: `{"t":21.4,1:h'0aff',"when":0("2026-01-01")}` (RFC 8949 §8's spelling).
//!
//! A format gives a stream of [`Item`]s; [`write`] checks that they make one whole tree and writes it. The depth
//! is bounded and walked on a stack of our own.

use std::{borrow::Cow, fmt::Write};

/// Nesting beyond this is no longer decoded.
const MAX_DEPTH: usize = 64;

/// One item of a binary format, in the order of the wire.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item<'a> {
    /// An integer; wider than any format's.
    Int(i128),
    Float(f64),
    Bool(bool),
    Null,
    Undefined,
    /// CBOR simple values without a name.
    Simple(u8),
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
    /// A `MessagePack` extension: its type and its bytes.
    Ext(i8, &'a [u8]),
    /// `None`: up to a [`Item::Break`].
    Array(Option<u64>),
    /// Pairs; `None`: up to a [`Item::Break`].
    Map(Option<u64>),
    /// Belongs to the next item.
    Tag(u64),
    Break,
}

/// Where the text goes: at most `limit` bytes of it; with a limit of 0 the input is only checked.
#[derive(Debug)]
pub(super) struct Notation {
    pub text: String,
    /// The limit was reached: the text is only the start.
    pub is_cut: bool,
    limit: usize,
}

impl Notation {
    pub fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            is_cut: limit == 0,
            limit,
        }
    }

    fn put(&mut self, text: &str) {
        if self.is_cut || self.text.len() + text.len() > self.limit {
            self.is_cut = true;
        } else {
            self.text.push_str(text);
        }
    }

    fn put_bytes(&mut self, bytes: &[u8]) {
        self.put("h'");
        for byte in bytes {
            if self.is_cut {
                return;
            }
            self.put(&format!("{byte:02x}"));
        }
        self.put("'");
    }

    fn put_text(&mut self, text: &str) {
        self.put("\"");
        let mut piece = [0; 4];
        for c in text.chars() {
            if self.is_cut {
                return;
            }
            match c {
                '"' => self.put("\\\""),
                '\\' => self.put("\\\\"),
                '\n' => self.put("\\n"),
                '\r' => self.put("\\r"),
                '\t' => self.put("\\t"),
                '\0'..='\x1f' => self.put(&format!("\\u{:04x}", u32::from(c))),
                _ => self.put(c.encode_utf8(&mut piece)),
            }
        }
        self.put("\"");
    }

    fn put_scalar(&mut self, item: &Item<'_>) {
        if self.is_cut {
            return;
        }
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = match item {
            Item::Text(text) => return self.put_text(text),
            Item::Bytes(bytes) => return self.put_bytes(bytes),
            Item::Ext(kind, bytes) => {
                self.put(&format!("ext{kind}("));
                self.put_bytes(bytes);
                return self.put(")");
            }
            Item::Int(number) => write!(text, "{number}"),
            Item::Float(number) if number.is_infinite() => {
                write!(text, "{}Infinity", if *number < 0.0 { "-" } else { "" })
            }
            Item::Float(number) => write!(text, "{number:?}"),
            Item::Bool(value) => write!(text, "{value}"),
            Item::Simple(number) => write!(text, "simple({number})"),
            Item::Undefined => write!(text, "undefined"),
            _ => write!(text, "null"),
        };
        self.put(&text);
    }
}

/// An open container.
struct Level {
    is_map: bool,
    /// Items still to come; `None`: up to a break.
    left: Option<u64>,
    seen: u64,
    /// Tags around the container, closed behind it.
    tags: usize,
}

/// Writes the one tree that `items` are; `None` if they are not exactly that, or nested too deeply.
pub(super) fn write<'a>(
    items: &mut impl Iterator<Item = Option<Item<'a>>>,
    out: &mut Notation,
) -> Option<()> {
    let mut levels: Vec<Level> = Vec::new();
    let mut tags = 0;
    loop {
        let item = items.next()??;
        if item == Item::Break {
            let level = levels
                .last_mut()
                .filter(|level| level.left.is_none() && tags == 0)?;
            if level.is_map && level.seen % 2 == 1 {
                return None;
            }
            level.left = Some(0);
        } else {
            if tags == 0 {
                separate(levels.last_mut(), out);
            }
            match item {
                Item::Tag(number) if levels.len() + tags < MAX_DEPTH => {
                    if !out.is_cut {
                        out.put(&format!("{number}("));
                    }
                    tags += 1;
                    continue;
                }
                Item::Array(_) | Item::Map(_) if levels.len() + tags < MAX_DEPTH => {
                    levels.push(open(&item, std::mem::take(&mut tags), out)?);
                }
                Item::Tag(_) | Item::Array(_) | Item::Map(_) => return None,
                scalar => {
                    out.put_scalar(&scalar);
                    close_tags(std::mem::take(&mut tags), out);
                }
            }
        }
        while let Some(level) = levels.pop_if(|level| level.left == Some(0)) {
            out.put(if level.is_map { "}" } else { "]" });
            close_tags(level.tags, out);
        }
        if levels.is_empty() {
            return items.next().is_none().then_some(());
        }
    }
}

fn separate(level: Option<&mut Level>, out: &mut Notation) {
    if let Some(level) = level {
        if level.is_map && level.seen % 2 == 1 {
            out.put(":");
        } else if level.seen > 0 {
            out.put(",");
        }
        level.seen += 1;
        level.left = level.left.map(|left| left.saturating_sub(1));
    }
}

fn open(item: &Item<'_>, tags: usize, out: &mut Notation) -> Option<Level> {
    let (is_map, left) = match item {
        Item::Map(Some(pairs)) => (true, Some(pairs.checked_mul(2)?)),
        Item::Map(None) => (true, None),
        Item::Array(left) => (false, *left),
        _ => return None,
    };
    out.put(if is_map { "{" } else { "[" });
    Some(Level {
        is_map,
        left,
        seen: 0,
        tags,
    })
}

fn close_tags(tags: usize, out: &mut Notation) {
    for _ in 0..tags {
        out.put(")");
    }
}
