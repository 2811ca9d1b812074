//! Forms: labelled fields one below the other, in pages where they are many, each with its own fault; what the
//! subscribe, the properties and the connection form have in common.

use crossterm::event::{KeyCode, KeyEvent};

use super::text_field::TextField;

/// Rows of a field of many lines, at the least and at the most.
const LINES: (usize, usize) = (2, 5);

/// What a field holds.
#[derive(Debug, Clone)]
pub enum Value {
    /// Text.
    Text(Box<TextField>),
    /// Text of many lines, an entry each.
    Lines(Box<TextField>),
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
    /// In front of it; no other field of the form has it.
    pub label: &'static str,
    /// Below it while it has the keys: what to write.
    pub help: &'static str,
    /// What it holds.
    pub value: Value,
    /// What is wrong with it.
    pub fault: Option<String>,
    /// The page it is on, by its place among [`Form::pages`].
    pub page: usize,
    /// Of no use as other fields stand: neither shown nor reached.
    pub is_hidden: bool,
    /// Its text when the form was opened.
    before: String,
}

impl FormField {
    /// Rows it takes.
    pub fn height(&self) -> usize {
        match &self.value {
            Value::Lines(text) => (text.lines().len() + 1).clamp(LINES.0, LINES.1),
            _ => 1,
        }
    }

    fn text(&self) -> String {
        match &self.value {
            Value::Text(text) | Value::Lines(text) => text.text(),
            Value::Choice { options, at } => options.get(*at).copied().unwrap_or_default().to_owned(),
            Value::Flag(is_set) => is_set.to_string(),
        }
    }
}

/// The fields and which one has the keys.
#[derive(Debug, Clone)]
pub struct Form {
    /// In its title.
    pub title: String,
    /// Names of the pages; none: a form of one page.
    pub pages: Vec<&'static str>,
    /// From top to bottom, page by page.
    pub fields: Vec<FormField>,
    /// Which one has the keys.
    pub at: usize,
}

impl Form {
    /// An empty form.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            pages: Vec::new(),
            fields: Vec::new(),
            at: 0,
        }
    }

    /// The fields that follow are on a page of this name.
    #[must_use]
    pub fn page(mut self, name: &'static str) -> Self {
        self.pages.push(name);
        self
    }

    /// With one more text field.
    #[must_use]
    pub fn text(mut self, label: &'static str, text: &str, help: &'static str) -> Self {
        let field = TextField::single().with(text).selected();
        self.push(label, help, Value::Text(Box::new(field)));
        self
    }

    /// With one more field of many lines.
    #[must_use]
    pub fn lines(mut self, label: &'static str, lines: &[String], help: &'static str) -> Self {
        let field = TextField::multi().with(&lines.join("\n"));
        self.push(label, help, Value::Lines(Box::new(field)));
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
        let mut field = FormField {
            label,
            help,
            value,
            fault: None,
            page: self.pages.len().saturating_sub(1),
            is_hidden: false,
            before: String::new(),
        };
        field.before = field.text();
        self.fields.push(field);
    }

    /// The field of that label.
    fn field(&self, label: &str) -> Option<&FormField> {
        self.fields.iter().find(|field| field.label == label)
    }

    fn current(&self) -> Option<&FormField> {
        self.fields.get(self.at)
    }

    /// The page of the field with the keys.
    pub fn current_page(&self) -> usize {
        self.current().map_or(0, |field| field.page)
    }

    /// The fields of a page that are shown, each with its place among all.
    pub fn shown(&self, page: usize) -> impl Iterator<Item = (usize, &FormField)> {
        let fields = self.fields.iter().enumerate();
        fields.filter(move |(_, field)| field.page == page && !field.is_hidden)
    }

    /// Rows of the longest page.
    pub fn height(&self) -> usize {
        let pages = 0..self.pages.len().max(1);
        let rows = |page| self.shown(page).map(|(_, field)| field.height()).sum();
        pages.map(rows).max().unwrap_or(0)
    }

    /// A text field's text without spaces around it, a choice's word; empty for a field that is not there.
    pub fn get(&self, label: &str) -> String {
        match self.field(label) {
            Some(FormField {
                value: Value::Text(text),
                ..
            }) if text.is_masked() => text.text(),
            Some(field) => field.text().trim().to_owned(),
            None => String::new(),
        }
    }

    /// The same for what may be left out: `None` where nothing is written.
    pub fn some(&self, label: &str) -> Option<String> {
        Some(self.get(label)).filter(|text| !text.is_empty())
    }

    /// The lines of a field that are not empty.
    pub fn entries(&self, label: &str) -> Vec<String> {
        let lines = self.get(label);
        let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(Into::into).collect()
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

    /// Whether a field no longer holds what it held when the form was opened.
    pub fn is_changed(&self, label: &str) -> bool {
        self.field(label)
            .is_some_and(|field| field.text() != field.before)
    }

    /// Hides a field, or shows it again.
    pub fn hide(&mut self, label: &str, is_hidden: bool) {
        if let Some(field) = self.fields.iter_mut().find(|field| field.label == label) {
            field.is_hidden = is_hidden;
        }
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

    /// Takes a value, or marks the field as wrong.
    pub fn checked<T, E: ToString>(&mut self, label: &str, read: Result<T, E>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(label, error.to_string());
                None
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

    /// Whether a field of the page is marked as wrong.
    pub fn is_faulty(&self, page: usize) -> bool {
        self.shown(page).any(|(_, field)| field.fault.is_some())
    }

    /// The next or previous field, on to the next page, round and round.
    pub fn step(&mut self, by: isize) {
        let count = self.fields.len().max(1) as isize;
        for _ in 0..count {
            self.at = (self.at as isize + by).rem_euclid(count) as usize;
            if self.current().is_some_and(|field| !field.is_hidden) {
                break;
            }
        }
    }

    /// The first field of the next or previous page, round and round.
    pub fn step_page(&mut self, by: isize) {
        let count = self.pages.len().max(1) as isize;
        let page = (self.current_page() as isize + by).rem_euclid(count) as usize;
        let first = self.shown(page).next().map(|(at, _)| at);
        self.at = first.unwrap_or(self.at);
    }

    /// Whether a key that moves between fields or ends the form belongs to the field: in one of many lines Enter
    /// ends a line, and up and down move within.
    pub fn keeps(&self, event: KeyEvent) -> bool {
        let Some(Value::Lines(text)) = self.current().map(|field| &field.value) else {
            return false;
        };
        match event.code {
            KeyCode::Enter => true,
            KeyCode::Up => !text.is_at_top(),
            KeyCode::Down => !text.is_at_bottom(),
            _ => false,
        }
    }

    /// Takes a key as typing.
    pub fn key(&mut self, event: KeyEvent) {
        let Some(field) = self.fields.get_mut(self.at) else {
            return;
        };
        field.fault = None;
        match (&mut field.value, event.code) {
            (Value::Text(text) | Value::Lines(text), _) => drop(text.key(event)),
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
            value: Value::Text(text) | Value::Lines(text),
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
    use crossterm::event::KeyModifiers;

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

    fn paged() -> Form {
        Form::new("New")
            .page("One")
            .text("A", "a", "")
            .text("B", "", "")
            .page("Two")
            .lines("C", &["x".into(), "y".into()], "")
            .text("D", "", "")
    }

    #[test]
    fn fields_follow_each_other_over_pages_and_hidden_ones_are_passed() {
        let mut form = paged();
        form.hide("B", true);
        form.step(1);
        assert_eq!((form.at, form.current_page()), (2, 1));
        form.step_page(1);
        assert_eq!((form.at, form.current_page()), (0, 0));
        form.step(-1);
        assert_eq!(form.at, 3);
        assert_eq!(form.shown(0).count(), 1);
    }

    #[test]
    fn a_field_of_many_lines_keeps_enter_and_the_arrows_within() {
        let mut form = paged();
        form.step_page(1);
        let key = |code| KeyEvent::new(code, KeyModifiers::NONE);
        assert!(form.keeps(key(KeyCode::Enter)) && form.keeps(key(KeyCode::Up)));
        assert!(!form.keeps(key(KeyCode::Down)), "the cursor is in the last line");
        assert!(!form.is_changed("C"));
        form.key(key(KeyCode::Enter));
        form.paste(" z ");
        assert_eq!(form.entries("C"), ["x", "y", "z"]);
        assert!(form.is_changed("C") && !form.is_changed("A"));
    }
}
