//! Reads a TOML text with line numbers and gathers every fault instead of stopping at the first.
//!
//! Knows TOML and nothing of what the keys mean.

use std::{cell::RefCell, ops::Range};

use toml_edit::{Document, Item, TableLike};

use super::{Fault, Faults};

/// One file being read. Getters return `None` for an absent key and for a bad one, which they note.
pub(super) struct Reader<'t> {
    file: String,
    text: &'t str,
    faults: RefCell<Vec<Fault>>,
}

/// A table with the reader it belongs to and its name as users write it (`tls`, `will`; empty at the top).
#[derive(Clone, Copy)]
pub(super) struct Section<'r> {
    reader: &'r Reader<'r>,
    table: &'r dyn TableLike,
    name: &'r str,
}

/// Parses `text` and hands its top table to `read`; the value counts only if no fault was noted.
pub(super) fn read_document<T>(
    file: &str,
    text: &str,
    read: impl FnOnce(Section<'_>) -> Option<T>,
) -> Result<T, Faults> {
    let reader = Reader {
        file: file.into(),
        text,
        faults: RefCell::default(),
    };
    let document = Document::parse(text).map_err(|error| {
        let what = error.message().trim().replace('\n', "; ");
        Faults(vec![reader.fault(error.span().as_ref(), what)])
    })?;
    let value = read(Section {
        reader: &reader,
        table: document.as_table(),
        name: "",
    });
    let mut faults = reader.faults.into_inner();
    faults.sort_by_key(|fault| fault.line);
    match value {
        Some(value) if faults.is_empty() => Ok(value),
        _ if faults.is_empty() => Err(Faults::of_file(file, "cannot be read")),
        _ => Err(Faults(faults)),
    }
}

impl Reader<'_> {
    fn fault(&self, span: Option<&Range<usize>>, what: String) -> Fault {
        Fault {
            file: self.file.clone(),
            line: span.map(|span| self.line(span.start)),
            what,
        }
    }

    fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        before.split(|&byte| byte == b'\n').count()
    }
}

#[allow(dead_code, reason = "profiles and settings use the rest")]
impl<'r> Section<'r> {
    /// Notes a fault at the line of `key`.
    pub fn fault(&self, key: &str, what: impl Into<String>) {
        let span = self.table.get_key_value(key).and_then(|(key, _)| key.span());
        self.note(span.as_ref(), what.into());
    }

    /// Notes a fault of the section as a whole.
    pub fn missing(&self, what: impl Into<String>) {
        self.note(None, what.into());
    }

    fn note(&self, span: Option<&Range<usize>>, what: String) {
        let fault = self.reader.fault(span, what);
        self.reader.faults.borrow_mut().push(fault);
    }

    /// Notes every key that is not one of `known`, with the nearest that is.
    pub fn only(&self, known: &[&str]) {
        for (key, _) in self.table.iter() {
            if !known.contains(&key) {
                let inside = if self.name.is_empty() {
                    String::new()
                } else {
                    format!(" in [{}]", self.name)
                };
                self.fault(
                    key,
                    format!("unknown key \"{key}\"{inside}{}", way_out(key, known)),
                );
            }
        }
    }

    /// The keys, in the order of the file.
    pub fn keys(&self) -> impl Iterator<Item = &'r str> {
        self.table.iter().map(|(key, _)| key)
    }

    /// Whether the key is there at all.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The line of a key, from 1.
    pub fn line_of(&self, key: &str) -> Option<usize> {
        let span = self.table.get_key_value(key).and_then(|(key, _)| key.span())?;
        Some(self.reader.line(span.start))
    }

    fn typed<T>(&self, key: &str, wanted: &str, read: impl FnOnce(&'r Item) -> Option<T>) -> Option<T> {
        let item = self.table.get(key).filter(|item| !item.is_none())?;
        let value = read(item);
        if value.is_none() {
            self.fault(
                key,
                format!("\"{key}\" is to be {wanted}, not {}", article(item.type_name())),
            );
        }
        value
    }

    /// A string.
    pub fn string(&self, key: &str) -> Option<&'r str> {
        self.typed(key, "a string", Item::as_str)
    }

    /// `true` or `false`.
    pub fn boolean(&self, key: &str) -> Option<bool> {
        self.typed(key, "true or false", Item::as_bool)
    }

    /// A whole number within a range.
    pub fn integer(&self, key: &str, range: Range<i64>) -> Option<i64> {
        let number = self.typed(key, "a whole number", Item::as_integer)?;
        if range.contains(&number) {
            return Some(number);
        }
        self.fault(
            key,
            format!(
                "\"{key}\" is to be {} to {}, not {number}",
                range.start,
                range.end - 1
            ),
        );
        None
    }

    /// A string that `parse` understands; its error is noted in its own words.
    pub fn parsed<T, E: ToString>(&self, key: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        match parse(self.string(key)?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(key, error.to_string());
                None
            }
        }
    }

    /// A table, `[name]` or inline.
    pub fn section(&self, key: &'r str) -> Option<Section<'r>> {
        let table = self.typed(key, "a table", Item::as_table_like)?;
        Some(Section {
            reader: self.reader,
            table,
            name: key,
        })
    }
}

/// `; did you mean "url"?`, or what there is.
pub(super) fn way_out(_wrong: &str, known: &[&str]) -> String {
    format!("; known: {}", known.join(", "))
}

fn article(type_name: &str) -> String {
    let article = if type_name.starts_with(['a', 'i']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {type_name}")
}
