//! Reads a TOML text with line numbers and gathers every fault instead of stopping at the first.
//!
//! Knows TOML and nothing of what the keys mean.

use std::{cell::RefCell, ops::Range};

use toml_edit::{Document, Item, TableLike, Value};

use super::{Fault, Faults};
use crate::text;

/// One file being read. Getters return `None` for an absent key and for a bad one, which they note.
pub(super) struct Reader<'t> {
    file: String,
    text: &'t str,
    faults: RefCell<Vec<Fault>>,
}

/// A table with the reader it belongs to and its name as users write it (`tls`, `will`; empty at the top).
#[derive(Clone)]
pub(super) struct Section<'r> {
    reader: &'r Reader<'r>,
    table: &'r dyn TableLike,
    name: String,
    span: Option<Range<usize>>,
}

/// One element of a list that holds strings or tables.
pub(super) enum Entry<'r> {
    Text(&'r str, Mark<'r>),
    Table(Section<'r>),
}

/// A place in the file that is not a key's.
pub(super) struct Mark<'r> {
    reader: &'r Reader<'r>,
    span: Option<Range<usize>>,
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
        name: String::new(),
        span: None,
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

impl Mark<'_> {
    /// Notes a fault here.
    pub fn fault(&self, what: impl Into<String>) {
        let fault = self.reader.fault(self.span.as_ref(), what.into());
        self.reader.faults.borrow_mut().push(fault);
    }

    /// From 1.
    pub fn line(&self) -> usize {
        self.span.as_ref().map_or(1, |span| self.reader.line(span.start))
    }
}

impl<'r> Section<'r> {
    /// Notes a fault at the line of `key`.
    pub fn fault(&self, key: &str, what: impl Into<String>) {
        let span = self.table.get_key_value(key).and_then(|(key, _)| key.span());
        self.note(span.as_ref(), what.into());
    }

    /// Notes a fault of the section as a whole.
    pub fn missing(&self, what: impl Into<String>) {
        self.note(self.span.as_ref(), what.into());
    }

    fn note(&self, span: Option<&Range<usize>>, what: String) {
        self.mark(span.cloned()).fault(what);
    }

    fn mark(&self, span: Option<Range<usize>>) -> Mark<'r> {
        Mark {
            reader: self.reader,
            span,
        }
    }

    /// Notes every key that is not one of `known`, with the nearest that is.
    pub fn only<K: AsRef<str>>(&self, known: &[K]) {
        let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();

        for (key, _) in self.table.iter() {
            if !known.contains(&key) {
                let inside = if self.name.is_empty() {
                    String::new()
                } else {
                    format!(" in [{}]", self.name)
                };
                self.fault(
                    key,
                    format!("unknown key \"{key}\"{inside}{}", way_out(key, &known)),
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

    /// Whether the key's value is a table, `[name]` or inline.
    pub fn has_table(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(Item::is_table_like)
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

    /// A string, whole number or truth value as text: one of `kinds`, which are `wanted` in words.
    pub fn scalar(&self, key: &str, (wanted, kinds): (&str, &[&str])) -> Option<String> {
        let text = |item: &Item| match item.as_value()? {
            Value::String(text) => Some(text.value().clone()),
            Value::Integer(number) => Some(number.value().to_string()),
            Value::Boolean(is_set) => Some(is_set.value().to_string()),
            _ => None,
        };
        self.typed(key, wanted, |item| {
            text(item).filter(|_| kinds.contains(&item.type_name()))
        })
    }

    /// A list of pairs of strings, `[["name", "value"], …]`.
    pub fn pairs(&self, key: &str) -> Option<Vec<(String, String)>> {
        let list = self.typed(key, "a list of pairs, [[\"name\", \"value\"]]", Item::as_array)?;
        let mut pairs = Vec::new();
        for value in list {
            let mut texts = value.as_array().into_iter().flatten().map(Value::as_str);
            match (texts.next(), texts.next(), texts.next()) {
                (Some(Some(name)), Some(Some(value)), None) => {
                    pairs.push((name.to_owned(), value.to_owned()));
                }
                _ => self.note(
                    value.span().as_ref(),
                    format!("an element of \"{key}\" is a pair of strings, [\"name\", \"value\"]"),
                ),
            }
        }
        Some(pairs)
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
        let span = self.table.get(key).and_then(Item::span);
        Some(self.inner(key, table, span))
    }

    fn inner(&self, key: &str, table: &'r dyn TableLike, span: Option<Range<usize>>) -> Section<'r> {
        let name = match self.name.as_str() {
            "" => key.to_owned(),
            outer => format!("{outer}.{key}"),
        };
        Section {
            reader: self.reader,
            table,
            name,
            span,
        }
    }

    /// The elements of `key = [ … ]` or of its `[[key]]` tables; others than strings and tables are noted.
    pub fn entries(&self, key: &'r str) -> Option<Vec<Entry<'r>>> {
        let item = self.table.get(key)?;
        if let Some(tables) = item.as_array_of_tables() {
            let sections = tables.iter().map(|table| self.inner(key, table, table.span()));
            return Some(sections.map(Entry::Table).collect());
        }
        let values = self.typed(key, "a list", Item::as_array)?;
        Some(values.iter().filter_map(|value| self.entry(key, value)).collect())
    }

    fn entry(&self, key: &'r str, value: &'r Value) -> Option<Entry<'r>> {
        match value {
            Value::String(text) => Some(Entry::Text(text.value(), self.mark(value.span()))),
            Value::InlineTable(table) => Some(Entry::Table(self.inner(key, table, value.span()))),
            other => {
                let kind = article(other.type_name());
                self.note(value.span().as_ref(), format!("\"{key}\" cannot hold {kind}"));
                None
            }
        }
    }

    /// The elements of a list of strings, each with its place.
    pub fn strings(&self, key: &'r str) -> Option<Vec<(&'r str, Mark<'r>)>> {
        let mut strings = Vec::new();
        for entry in self.entries(key)? {
            match entry {
                Entry::Text(text, mark) => strings.push((text, mark)),
                Entry::Table(section) => section.missing(format!("\"{key}\" is a list of strings")),
            }
        }
        Some(strings)
    }

    /// A string as a list of one, or a list of strings.
    pub fn string_or_strings(&self, key: &'r str) -> Option<Vec<(&'r str, Mark<'r>)>> {
        match self.table.get(key)?.as_value() {
            Some(Value::String(text)) => {
                let span = self.table.get(key).and_then(Item::span);
                Some(vec![(text.value(), self.mark(span))])
            }
            _ => self.strings(key),
        }
    }
}

/// `; did you mean "url"?`, or what there is to choose from.
pub(super) fn way_out(wrong: &str, known: &[&str]) -> String {
    match text::nearest(wrong, known.iter().copied()) {
        Some(meant) => format!("; did you mean \"{meant}\"?"),
        None => format!("; known: {}", known.join(", ")),
    }
}

fn article(type_name: &str) -> String {
    let article = if type_name.starts_with(['a', 'i']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {type_name}")
}
