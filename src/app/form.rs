//! Forms: labelled fields one below the other, each with its own fault; what the subscribe and the
//! connection form have in common.

use crossterm::event::{KeyCode, KeyEvent};

use super::text_field::TextField;

/// What a field holds.
#[derive(Debug, Clone)]
pub enum Value {
    /// Text.
    Text(Box<TextField>),
    /// One of a few words.
    Choice {
        /// The words.
        options: &'static [&'static str],
        /// Which one.
        at: usize,
    },
    /// Yes or no.
    Flag(bool),
}

/// A labelled field.
#[derive(Debug, Clone)]
pub struct FormField {
    /// In front of it.
    pub label: &'static str,
    /// Below it while it has the keys: what to write.
    pub help: &'static str,
    /// What it holds.
    pub value: Value,
    /// What is wrong with it.
    pub fault: Option<String>,
}

/// The fields and which one has the keys.
#[derive(Debug, Clone)]
pub struct Form {
    /// In its title.
    pub title: String,
    /// From top to bottom.
    pub fields: Vec<FormField>,
    /// Which one has the keys.
    pub at: usize,
}

impl Form {
    /// An empty form.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            fields: Vec::new(),
            at: 0,
        }
    }

    /// With one more text field.
    #[must_use]
    pub fn text(mut self, label: &'static str, text: &str, help: &'static str) -> Self {
        self.push(
            label,
            help,
            Value::Text(Box::new(TextField::single().with(text).selected())),
        );
        self
    }

    /// With one more text field that shows dots.
    #[must_use]
    pub fn secret(mut self, label: &'static str, help: &'static str) -> Self {
        self.push(label, help, Value::Text(Box::new(TextField::masked())));
        self
    }

    /// With one more choice.
    #[must_use]
    pub fn choice(
        mut self,
        label: &'static str,
        options: &'static [&'static str],
        at: usize,
        help: &'static str,
    ) -> Self {
        self.push(label, help, Value::Choice { options, at });
        self
    }

    /// With one more yes or no.
    #[must_use]
    pub fn flag(mut self, label: &'static str, is_set: bool, help: &'static str) -> Self {
        self.push(label, help, Value::Flag(is_set));
        self
    }

    fn push(&mut self, label: &'static str, help: &'static str, value: Value) {
        self.fields.push(FormField {
            label,
            help,
            value,
            fault: None,
        });
    }

    /// The field of that label.
    fn field(&self, label: &str) -> Option<&FormField> {
        self.fields.iter().find(|field| field.label == label)
    }

    /// A text field's text without spaces around it; empty for other fields.
    pub fn get(&self, label: &str) -> String {
        match self.field(label).map(|field| &field.value) {
            Some(Value::Text(text)) if text.is_masked() => text.text(),
            Some(Value::Text(text)) => text.text().trim().to_owned(),
            _ => String::new(),
        }
    }

    /// A choice's index; 0 for other fields.
    pub fn chosen(&self, label: &str) -> usize {
        match self.field(label).map(|field| &field.value) {
            Some(Value::Choice { at, .. }) => *at,
            _ => 0,
        }
    }

    /// Whether a flag is set.
    pub fn is_set(&self, label: &str) -> bool {
        matches!(
            self.field(label).map(|field| &field.value),
            Some(Value::Flag(true))
        )
    }

    /// Marks a field as wrong and goes there if it is the first.
    pub fn fault(&mut self, label: &str, what: impl Into<String>) {
        let is_first = self.fields.iter().all(|field| field.fault.is_none());
        if let Some(at) = self.fields.iter().position(|field| field.label == label) {
            if let Some(field) = self.fields.get_mut(at) {
                field.fault = Some(what.into());
            }
            if is_first {
                self.at = at;
            }
        }
    }

    /// Forgets all faults, before checking again.
    pub fn clear_faults(&mut self) {
        for field in &mut self.fields {
            field.fault = None;
        }
    }

    /// Whether a field is marked as wrong.
    pub fn has_faults(&self) -> bool {
        self.fields.iter().any(|field| field.fault.is_some())
    }

    /// The next or previous field, round and round.
    pub fn step(&mut self, by: isize) {
        let count = self.fields.len().max(1) as isize;
        self.at = (self.at as isize + by).rem_euclid(count) as usize;
    }

    /// Takes a key as typing.
    pub fn key(&mut self, event: KeyEvent) {
        let Some(field) = self.fields.get_mut(self.at) else {
            return;
        };
        field.fault = None;
        match (&mut field.value, event.code) {
            (Value::Text(text), _) => drop(text.key(event)),
            (Value::Choice { options, at }, KeyCode::Char(' ') | KeyCode::Right) => {
                *at = (*at + 1) % options.len();
            }
            (Value::Choice { options, at }, KeyCode::Left) => *at = (*at + options.len() - 1) % options.len(),
            (Value::Choice { options, at }, KeyCode::Char(c)) => {
                if let Some(found) = options.iter().position(|option| option.starts_with(c)) {
                    *at = found;
                }
            }
            (Value::Flag(is_set), KeyCode::Char(' ' | 'x')) => *is_set = !*is_set,
            _ => {}
        }
    }

    /// Inserts pasted text.
    pub fn paste(&mut self, pasted: &str) {
        if let Some(FormField {
            value: Value::Text(text),
            fault,
            ..
        }) = self.fields.get_mut(self.at)
        {
            text.paste(pasted);
            *fault = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_faulty_field_gets_the_keys() {
        let mut form = Form::new("New")
            .text("Name", "", "")
            .text("URL", "", "")
            .flag("Save", true, "");
        form.at = 2;
        form.fault("URL", "names no host");
        form.fault("Name", "is empty");
        assert_eq!((form.at, form.has_faults()), (1, true));
        form.paste("mqtt://pi\n");
        assert_eq!(
            (form.get("URL").as_str(), form.is_set("Save")),
            ("mqtt://pi", true)
        );
        form.clear_faults();
        assert!(!form.has_faults());
    }
}
