//! `keys.toml`: which keys the user binds to which action. Still text with line numbers: `app::keys` knows the
//! actions and the keys.

use std::{collections::BTreeMap, fs, io::ErrorKind, path::Path};

use super::{
    Faults,
    reader::{Section, read_document},
};

/// A key as written, and its line.
pub type BoundKey = (String, usize);

/// `[layer] action = ["key", …]`: an empty list unbinds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyBindings {
    /// The file as faults name it.
    pub file: String,
    /// Layer → action → keys.
    pub layers: BTreeMap<String, BTreeMap<String, Vec<BoundKey>>>,
    /// The line of each layer's and action's own name: `(layer, "")` and `(layer, action)`.
    pub lines: BTreeMap<(String, String), usize>,
}

impl KeyBindings {
    /// Reads the file; one that is not there binds nothing.
    pub fn load(path: &Path) -> Result<Self, Faults> {
        let file = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => Self::read(&file, &text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Faults::of_file(file, error.to_string())),
        }
    }

    /// Reads a text; `file` is how faults name it.
    pub fn read(file: &str, text: &str) -> Result<Self, Faults> {
        read_document(file, text, |top| {
            let mut bindings = Self {
                file: file.into(),
                ..Self::default()
            };
            for layer in top.keys() {
                bindings.remember_line(layer, "", top.line_of(layer));
                if let Some(section) = top.section(layer) {
                    let actions = bindings.read_layer(layer, &section);
                    bindings.layers.insert(layer.into(), actions);
                }
            }
            Some(bindings)
        })
    }

    fn read_layer(&mut self, layer: &str, section: &Section<'_>) -> BTreeMap<String, Vec<BoundKey>> {
        let mut actions = BTreeMap::new();
        for action in section.keys() {
            self.remember_line(layer, action, section.line_of(action));
            let keys = section.string_or_strings(action).unwrap_or_default();
            let keys = keys.into_iter().map(|(key, mark)| (key.to_owned(), mark.line()));
            actions.insert(action.to_owned(), keys.collect());
        }
        actions
    }

    fn remember_line(&mut self, layer: &str, action: &str, line: Option<usize>) {
        self.lines
            .insert((layer.into(), action.into()), line.unwrap_or(1));
    }

    /// The line where `[layer]` (with an empty action) or `action` stands.
    pub fn line(&self, layer: &str, action: &str) -> Option<usize> {
        self.lines.get(&(layer.into(), action.into())).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_lines() {
        let text = "[topics]\nclear_retained = [\n  \"D\",\n  \"Ctrl-x\",\n]\nsort = \"s\"\nmark = []\n";
        let bindings = KeyBindings::read("keys.toml", text).unwrap();
        let topics = &bindings.layers["topics"];
        assert_eq!(topics["clear_retained"], [("D".into(), 3), ("Ctrl-x".into(), 4)]);
        assert_eq!(topics["sort"], [("s".into(), 6)]);
        assert_eq!(topics["mark"], []);
        assert_eq!(bindings.line("topics", "mark"), Some(7));
        assert_eq!(bindings.line("topics", ""), Some(1));
    }

    #[test]
    fn anything_but_strings_is_refused_with_all_lines() {
        let faults =
            KeyBindings::read("keys.toml", "x = 1\n[topics]\nsort = 5\nmark = [\"m\", 6]\n").unwrap_err();
        let lines: Vec<_> = faults.0.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [Some(1), Some(3), Some(4)], "{faults}");
    }
}
