//! Tells a comparison from words, so that `qos == 1` is refused and not searched for as text.

use super::{FilterError, token::Token};

/// Names on the left of a comparison, as the filter language has them.
const FIELDS: [&str; 24] = [
    "topic", "payload", "value", "json", "qos", "retain", "dup", "size", "len", "type", "dir", "conn",
    "client", "user", "time", "age", "delta", "rate", "count", "level", "mid", "props", "up", "reason",
];
/// Operators that are words.
const WORD_OPERATORS: [&str; 13] = [
    "contains",
    "matches",
    "startswith",
    "endswith",
    "in",
    "eq",
    "ne",
    "lt",
    "gt",
    "le",
    "ge",
    "is",
    "has",
];
const SIGNS: [&str; 10] = ["==", "!=", ">=", "<=", ">", "<", "~", "=", "&&", "||"];

/// An error for the first token that only makes sense in a comparison.
pub(super) fn refuse(tokens: &[Token]) -> Result<(), FilterError> {
    for (index, token) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| tokens.get(index));
        let after = tokens.get(index + 1);
        if token.is_quoted || token.is_topic {
            continue;
        }
        if matches!(token.text.as_str(), "and" | "or") && before.is_some() && after.is_some() {
            return Err(joined(token));
        }
        if token.text == "not" && after.is_some_and(is_test) {
            return Err(FilterError::new(
                &token.span,
                "`not` is not understood yet",
                "put `-` or `!` in front of what to leave out, as in `-debug` or `!a/#`",
            ));
        }
        if is_comparison(token, before, after) {
            return Err(FilterError::new(
                &token.span,
                "comparisons are not understood yet",
                "use words, -word, \"a phrase\", /regex/ or a topic filter; to search for this very text put it in quotes",
            ));
        }
    }
    Ok(())
}

fn joined(token: &Token) -> FilterError {
    let hint = if token.text == "and" {
        "leave it out: all words must occur anyway; to search for the word write \"and\""
    } else {
        "use a regex, as in `/pump|valve/`; to search for the word write \"or\""
    };
    FilterError::new(
        &token.span,
        format!("`{}` is not understood yet", token.text),
        hint,
    )
}

fn is_test(token: &Token) -> bool {
    let text = token.text.as_str();
    token.is_topic
        || text.starts_with('(')
        || matches!(text, "retain" | "dup" | "changed" | "first")
        || (text.contains('/') && text.contains(['+', '#']))
}

fn is_comparison(token: &Token, before: Option<&Token>, after: Option<&Token>) -> bool {
    let text = token.text.as_str();
    let follows_field = before.is_some_and(|before| is_field(&before.text));
    if SIGNS.contains(&text) {
        // A lone `=` or `~` is text in a log line; behind a field it is an operator.
        return follows_field || (before.is_some() && after.is_some() && !matches!(text, "=" | "~"));
    }
    if WORD_OPERATORS.contains(&text) {
        return follows_field && after.is_some();
    }
    SIGNS.iter().any(|sign| {
        text.split_once(sign)
            .is_some_and(|(left, right)| compares(left, sign, right))
    })
}

/// `json.t>21`, `a==b`; but not `<html>`, `->`, `key=value` or Base64's `YWJj==`.
fn compares(left: &str, sign: &str, right: &str) -> bool {
    match sign {
        "=" | "~" => is_field(left) && sign == "~",
        ">" | "<" => is_name(left) && (!right.is_empty() || is_field(left)),
        "&&" | "||" => is_name(left) && !right.is_empty(),
        _ => !left.is_empty() && (!right.is_empty() || is_field(left)),
    }
}

/// A known field, with or without a path: `json.a.b[0]`.
fn is_field(text: &str) -> bool {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    text.get(..end).is_some_and(|name| FIELDS.contains(&name)) && is_name(text)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '[' | ']'))
}
