//! What changed in a JSON value since the message before it on its topic: line by line of the pretty-printed form.

use std::collections::HashMap;

use crate::decode::{Decoded, Kind, Line, TokenKind};

/// Lines compared at the most: more than anybody reads at a glance.
const LINES: usize = 2_000;
/// Bytes of a payload compared at the most.
const BYTES: usize = 256 * 1024;

/// Line → what it was before, in words. Empty where either is no JSON or too large.
pub fn changes(before: &[u8], now: &[u8], decoded: &Decoded) -> HashMap<usize, String> {
    if decoded.kind() != Kind::Json || before.len() > BYTES || now.len() > BYTES {
        return HashMap::new();
    }
    let old = Decoded::new(before);
    if old.kind() != Kind::Json || old.fault().is_some() || decoded.fault().is_some() {
        return HashMap::new();
    }
    let old: HashMap<String, String> = scalars(&old.lines(before, 0..LINES))
        .into_iter()
        .map(|(_, path, value)| (path, value))
        .collect();
    scalars(&decoded.lines(now, 0..LINES))
        .into_iter()
        .filter_map(|(line, path, value)| Some((line, words(old.get(&path), &value)?)))
        .collect()
}

/// `was 21.3 (+0.1)`, `new`; `None` where nothing changed.
fn words(old: Option<&String>, new: &str) -> Option<String> {
    match old {
        None => Some("new".into()),
        Some(old) if old == new => None,
        Some(old) => Some(match (old.parse::<f64>(), new.parse::<f64>()) {
            (Ok(was), Ok(is)) => format!("was {old} ({:+})", rounded(is - was)),
            _ => format!("was {old}"),
        }),
    }
}

/// Without the noise of binary fractions.
fn rounded(difference: f64) -> f64 {
    (difference * 1e6).round() / 1e6
}

/// The lines that hold a scalar: line, path, text.
fn scalars(lines: &[Line<'_>]) -> Vec<(usize, String, String)> {
    let mut path: Vec<String> = Vec::new();
    let mut counts: Vec<usize> = Vec::new();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        path.truncate(line.depth.saturating_sub(1));
        counts.truncate(line.depth + 1);
        counts.resize(line.depth + 1, 0);
        let name = line.tokens.iter().find(|token| token.kind == TokenKind::Key);
        let place = match (name, counts.last_mut()) {
            (Some(key), _) => String::from_utf8_lossy(&key.bytes).into_owned(),
            (None, Some(count)) => {
                *count += 1;
                count.to_string()
            }
            (None, None) => String::new(),
        };
        let is_scalar = |kind| {
            matches!(
                kind,
                TokenKind::String | TokenKind::Number | TokenKind::Bool | TokenKind::Null
            )
        };
        let value = line.tokens.iter().find(|token| is_scalar(token.kind));
        path.push(place);
        if let Some(value) = value {
            found.push((
                index,
                path.join("\u{1f}"),
                String::from_utf8_lossy(&value.bytes).into_owned(),
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(before: &str, now: &str) -> Vec<(usize, String)> {
        let decoded = Decoded::new(now.as_bytes());
        let mut all: Vec<_> = changes(before.as_bytes(), now.as_bytes(), &decoded)
            .into_iter()
            .collect();
        all.sort();
        all
    }

    #[test]
    fn changed_scalars_say_what_they_were() {
        let before = r#"{"t":21.3,"h":48,"s":{"on":true,"n":"a"},"l":[1,2]}"#;
        let now = r#"{"t":21.4,"h":48,"s":{"on":false,"n":"a","x":1},"l":[1,3]}"#;
        let words = said(before, now);
        let texts: Vec<&str> = words.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["was 21.3 (+0.1)", "was true", "new", "was 2 (+1)"]);
    }

    #[test]
    fn same_key_in_two_objects_is_not_mixed_up() {
        assert_eq!(
            said(r#"{"a":{"v":1},"b":{"v":2}}"#, r#"{"a":{"v":2},"b":{"v":2}}"#),
            [(2, "was 1 (+1)".to_owned())]
        );
    }

    #[test]
    fn other_kinds_and_broken_json_have_no_changes() {
        assert_eq!(said("21", "22"), []);
        assert_eq!(said(r#"{"a":1"#, r#"{"a":2}"#), []);
        assert_eq!(said(r#"{"a":1}"#, "text"), []);
    }
}
