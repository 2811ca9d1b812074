//! Keys → actions: the default map, the user's changes to it, and keys spelled for people.

use std::{collections::BTreeMap, fmt};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::{Action, Layer};
use crate::config::{BoundKey, Fault, Faults, KeyBindings};

/// The default bindings, which are also their documentation.
pub const DEFAULT_KEYS: &str = include_str!("default-keys.toml");

/// One key press that can be bound: a code, perhaps with Ctrl. Shift is in the character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd)]
pub struct Key {
    code: KeyCode,
    has_ctrl: bool,
}

const NAMED: &[(&str, KeyCode)] = &[
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("esc", KeyCode::Esc),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
];

impl Key {
    /// The key of a press; Alt is ignored (nothing is bound to it).
    pub fn of(event: KeyEvent) -> Self {
        let code = match event.code {
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        Self {
            code,
            has_ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
        }
    }

    /// As the key files write it: `ctrl-u`, `space`, `G`.
    pub fn parse(text: &str) -> Option<Self> {
        let (has_ctrl, rest) = match text.strip_prefix("ctrl-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(only), None) => KeyCode::Char(only),
            _ => NAMED.iter().find(|(name, _)| *name == rest)?.1,
        };
        Some(Self { code, has_ctrl })
    }
}

impl fmt::Display for Key {
    /// As the screen writes it: `Ctrl-u`, `Space`, `G`, `↑`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.has_ctrl {
            f.write_str("Ctrl-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(char) => write!(f, "{char}"),
            KeyCode::BackTab => f.write_str("Shift-Tab"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            KeyCode::Left => f.write_str("←"),
            KeyCode::Right => f.write_str("→"),
            KeyCode::Enter => f.write_str("Enter"),
            KeyCode::Esc => f.write_str("Esc"),
            KeyCode::Tab => f.write_str("Tab"),
            KeyCode::Backspace => f.write_str("Backspace"),
            KeyCode::Delete => f.write_str("Del"),
            KeyCode::Insert => f.write_str("Ins"),
            KeyCode::Home => f.write_str("Home"),
            KeyCode::End => f.write_str("End"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// Which keys do what, in each layer.
#[derive(Debug, Clone)]
pub struct KeyMap {
    by_layer: BTreeMap<Layer, Vec<(Key, Action)>>,
}

impl Default for KeyMap {
    fn default() -> Self {
        let defaults = KeyBindings::read("default-keys.toml", DEFAULT_KEYS).expect("a checked file of ours");
        Self {
            by_layer: BTreeMap::new(),
        }
        .with(&defaults)
        .expect("a checked file of ours")
    }
}

impl KeyMap {
    /// This map with the user's bindings put over it, or everything that is wrong with them.
    pub fn with(mut self, bindings: &KeyBindings) -> Result<Self, Faults> {
        let mut faults = Vec::new();
        for (layer, actions) in &bindings.layers {
            for (action, keys) in actions {
                match resolve(bindings, layer, action, keys) {
                    Ok((action, keys)) => self.bind(action, &keys),
                    Err(mut errors) => faults.append(&mut errors),
                }
            }
        }
        faults.extend(self.conflicts(bindings));
        faults.sort();
        faults.dedup();
        if faults.is_empty() {
            return Ok(self);
        }
        let fault = |(line, what): (usize, String)| Fault {
            file: bindings.file.clone(),
            line: Some(line),
            what,
        };
        Err(Faults(faults.into_iter().map(fault).collect()))
    }

    fn bind(&mut self, action: Action, keys: &[Key]) {
        let layer = self.by_layer.entry(action.layer()).or_default();
        layer.retain(|(_, bound)| *bound != action);
        layer.extend(keys.iter().map(|&key| (key, action)));
    }

    /// Two actions of one layer on one key.
    fn conflicts(&self, bindings: &KeyBindings) -> Vec<(usize, String)> {
        let mut faults = Vec::new();
        for (layer, bound) in &self.by_layer {
            for (index, (key, action)) in bound.iter().enumerate() {
                let earlier = bound
                    .iter()
                    .take(index)
                    .find(|(earlier, other)| earlier == key && other != action);
                if let Some((_, other)) = earlier {
                    let (layer, other, action) = (layer.name(), other.name(), action.name());
                    let line = bindings
                        .line(layer, action)
                        .max(bindings.line(layer, other))
                        .unwrap_or(1);
                    faults.push((line, format!("[{layer}] {key} is bound to both \"{other}\" and \"{action}\"; give one another key")));
                }
            }
        }
        faults
    }

    /// What `key` does, asking `layers` in order.
    pub fn action(&self, key: Key, layers: &[Layer]) -> Option<Action> {
        layers
            .iter()
            .find_map(|layer| self.by_layer.get(layer)?.iter().find(|(bound, _)| *bound == key))
            .map(|found| found.1)
    }

    /// The keys of an action, in the order they were written.
    pub fn keys(&self, action: Action) -> impl Iterator<Item = Key> {
        self.by_layer
            .get(&action.layer())
            .into_iter()
            .flatten()
            .filter(move |(_, bound)| *bound == action)
            .map(|(key, _)| *key)
    }
}

/// A line and what is wrong there.
type LineFault = (usize, String);

/// Names → values, or everything that is wrong with them.
fn resolve(
    bindings: &KeyBindings,
    layer_name: &str,
    action_name: &str,
    keys: &[BoundKey],
) -> Result<(Action, Vec<Key>), Vec<LineFault>> {
    let Some(layer) = Layer::from_name(layer_name) else {
        let what = unknown("table", layer_name, Layer::ALL.iter().map(|layer| layer.name()));
        return Err(vec![(bindings.line(layer_name, "").unwrap_or(1), what)]);
    };
    let in_layer = || Action::ALL.iter().filter(|action| action.layer() == layer);
    let Some(&action) = in_layer().find(|action| action.name() == action_name) else {
        let what = unknown("action", action_name, in_layer().map(|action| action.name()));
        return Err(vec![(bindings.line(layer_name, action_name).unwrap_or(1), what)]);
    };
    let say =
        |text: &String| format!("unknown key \"{text}\"; write a character, ctrl-x, or a name like \"pgup\"");
    let bad: Vec<_> = keys
        .iter()
        .filter(|(text, _)| Key::parse(text).is_none())
        .collect();
    if !bad.is_empty() {
        return Err(bad.into_iter().map(|(text, line)| (*line, say(text))).collect());
    }
    Ok((
        action,
        keys.iter().filter_map(|(text, _)| Key::parse(text)).collect(),
    ))
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    match crate::text::nearest(name, known) {
        Some(nearest) => format!("unknown {what} \"{name}\"; did you mean \"{nearest}\"?"),
        None => format!("unknown {what} \"{name}\"; ? in the program lists them all"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> KeyBindings {
        KeyBindings::read("keys.toml", text).unwrap()
    }

    #[test]
    fn every_action_has_a_default_key() {
        let map = KeyMap::default();
        for action in Action::ALL {
            assert!(map.keys(*action).next().is_some(), "{action:?} has no key");
        }
    }

    #[test]
    fn nothing_is_only_on_keys_that_multiplexers_take() {
        for text in ["ctrl-a", "ctrl-b"] {
            let key = Key::parse(text).unwrap();
            assert_eq!(KeyMap::default().action(key, Layer::ALL), None, "{text}");
        }
    }

    #[test]
    fn a_users_binding_replaces_the_default() {
        let map = KeyMap::default().with(&read("[topics]\ncopy = [\"w\"]")).unwrap();
        assert_eq!(
            map.action(Key::parse("w").unwrap(), &[Layer::Topics]),
            Some(Action::TopicCopy)
        );
        assert_eq!(map.action(Key::parse("y").unwrap(), &[Layer::Topics]), None);
    }

    #[test]
    fn all_bad_bindings_are_told_at_once() {
        let text = "[topcs]\ncopy = [\"w\"]\n[topics]\ncpy = [\"w\"]\ncopy = [\"hyper-w\"]\nsort = [\"f\"]\n";
        let faults = KeyMap::default().with(&read(text)).unwrap_err();
        let words: Vec<_> = faults.0.iter().map(ToString::to_string).collect();
        assert_eq!(
            words,
            [
                "keys.toml:1: unknown table \"topcs\"; did you mean \"topics\"?",
                "keys.toml:4: unknown action \"cpy\"; did you mean \"copy\"?",
                "keys.toml:5: unknown key \"hyper-w\"; write a character, ctrl-x, or a name like \"pgup\"",
                "keys.toml:6: [topics] f is bound to both \"fresh\" and \"sort\"; give one another key",
            ]
        );
    }

    #[test]
    fn keys_are_spelled_for_people() {
        for (text, shown) in [
            ("ctrl-u", "Ctrl-u"),
            ("space", "Space"),
            ("G", "G"),
            ("pgup", "PgUp"),
            ("backtab", "Shift-Tab"),
        ] {
            assert_eq!(Key::parse(text).unwrap().to_string(), shown);
        }
    }
}
