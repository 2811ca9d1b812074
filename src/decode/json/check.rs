//! The strict grammar (RFC 8259), as a state machine over lexemes; a line break separates documents (NDJSON).

use super::lex::{Lexeme, Lexer};

/// Where a document stops being JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::decode) struct Fault {
    /// Byte offset of what is wrong.
    pub offset: usize,
    /// Everything before this offset reads well: the start of the lexeme at fault.
    pub good: usize,
    /// Lexemes before the fault.
    pub lexemes: usize,
    /// In words: what was expected or is wrong.
    pub what: &'static str,
    /// A complete document stands before the fault.
    pub is_trailing: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Value,
    ValueOrClose,
    Name,
    NameOrClose,
    Colon,
    CommaOrClose,
    Done,
}

impl State {
    const fn expected(self) -> &'static str {
        match self {
            Self::Value => "expected a value",
            Self::ValueOrClose => "expected a value or `]`",
            Self::Name => "expected a name in quotes",
            Self::NameOrClose => "expected a name in quotes or `}`",
            Self::Colon => "expected `:`",
            Self::CommaOrClose => "expected `,` or a closing bracket",
            Self::Done => "expected nothing more",
        }
    }
}

/// `Err` with the first fault; an empty input is one.
pub(in crate::decode) fn check(bytes: &[u8]) -> Result<(), Fault> {
    let mut lexer = Lexer::new(bytes, 0);
    // One entry a level: whether it is an object. At most a byte for each byte of input.
    let mut levels: Vec<bool> = Vec::new();
    let (mut state, mut end, mut lexemes) = (State::Value, 0, 0);
    while let Some((lexeme, span)) = lexer.next() {
        if state == State::Done && lexer.slice(end..span.start).contains(&b'\n') {
            state = State::Value;
        }
        let text = lexer.slice(span.clone());
        let next = step(state, lexeme, text, &mut levels);
        let wrong = match (next, lexeme) {
            (None, _) => Some((0, state.expected())),
            (_, Lexeme::String) => string_fault(text),
            (_, Lexeme::Bare) => scalar_fault(text),
            _ => None,
        };
        if let Some((skip, what)) = wrong {
            return Err(Fault {
                offset: span.start + skip,
                good: span.start,
                lexemes,
                what,
                is_trailing: state == State::Done,
            });
        }
        state = next.unwrap_or(state);
        (end, lexemes) = (span.end, lexemes + 1);
    }
    match state {
        State::Done => Ok(()),
        _ => Err(Fault {
            offset: bytes.len(),
            good: bytes.len(),
            lexemes,
            what: "the document ends here, unfinished",
            is_trailing: false,
        }),
    }
}

fn step(state: State, lexeme: Lexeme, text: &[u8], levels: &mut Vec<bool>) -> Option<State> {
    use State::{Colon, CommaOrClose, Done, Name, NameOrClose, Value, ValueOrClose};
    let after = |levels: &[bool]| if levels.is_empty() { Done } else { CommaOrClose };
    match (state, lexeme) {
        (Value | ValueOrClose, Lexeme::Open) => {
            let is_object = text == b"{";
            levels.push(is_object);
            Some(if is_object { NameOrClose } else { ValueOrClose })
        }
        (Value | ValueOrClose, Lexeme::String | Lexeme::Bare) => Some(after(levels)),
        (Name | NameOrClose, Lexeme::String) => Some(Colon),
        (Colon, Lexeme::Colon) => Some(Value),
        (CommaOrClose, Lexeme::Comma) => Some(if levels.last() == Some(&true) { Name } else { Value }),
        (ValueOrClose | NameOrClose | CommaOrClose, Lexeme::Close) => {
            let is_object = levels.pop()?;
            (is_object == (text == b"}")).then(|| after(levels))
        }
        _ => None,
    }
}

fn string_fault(text: &[u8]) -> Option<(usize, &'static str)> {
    let mut bytes = text.iter().copied().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return None,
            b'\\' => match bytes.next().map(|(_, byte)| byte) {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {}
                Some(b'u') => {
                    let digits = bytes
                        .by_ref()
                        .take(4)
                        .filter(|(_, byte)| byte.is_ascii_hexdigit());
                    if digits.count() < 4 {
                        return Some((at, "`\\u` takes four hexadecimal digits"));
                    }
                }
                Some(_) => return Some((at, "no such escape in JSON")),
                None => break,
            },
            0..0x20 => return Some((at, "a control character in a string must be escaped")),
            _ => {}
        }
    }
    Some((text.len(), "the document ends inside a string"))
}

fn scalar_fault(text: &[u8]) -> Option<(usize, &'static str)> {
    let is_value = matches!(text, b"true" | b"false" | b"null") || is_number(text);
    (!is_value).then_some((0, "not a JSON value"))
}

/// The number grammar of RFC 8259 §6.
fn is_number(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let (whole, rest) = split_digits(text);
    let (fraction, rest) = match rest.strip_prefix(b".") {
        Some(rest) => split_digits(rest),
        None => (&b"0"[..], rest),
    };
    let exponent = match rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) {
        Some(rest) => {
            let rest = rest.strip_prefix(b"+").or_else(|| rest.strip_prefix(b"-"));
            rest.unwrap_or_else(|| text_after_e(text))
        }
        None if rest.is_empty() => b"0",
        None => return false,
    };
    let (digits, end) = split_digits(exponent);
    let has_leading_zero = whole.len() > 1 && whole.starts_with(b"0");
    !whole.is_empty() && !has_leading_zero && !fraction.is_empty() && !digits.is_empty() && end.is_empty()
}

fn text_after_e(text: &[u8]) -> &[u8] {
    let at = text.iter().position(|byte| matches!(byte, b'e' | b'E'));
    at.and_then(|at| text.get(at + 1..)).unwrap_or_default()
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn faults_are_placed_and_worded() {
        for (text, offset, what) in [
            ("", 0, "the document ends here, unfinished"),
            ("{\"a\":1", 6, "the document ends here, unfinished"),
            ("{\"a\":1,}", 7, "expected a name in quotes"),
            ("{\"a\" 1}", 5, "expected `:`"),
            ("{a:1}", 1, "expected a name in quotes or `}`"),
            ("[1 2]", 3, "expected `,` or a closing bracket"),
            ("[1}", 2, "expected `,` or a closing bracket"),
            ("[1] x", 4, "expected nothing more"),
            ("[01]", 1, "not a JSON value"),
            ("[NaN]", 1, "not a JSON value"),
            ("[\"a\\x\"]", 3, "no such escape in JSON"),
            ("[\"\\u12g4\"]", 2, "`\\u` takes four hexadecimal digits"),
            ("[\"a\nb\"]", 3, "a control character in a string must be escaped"),
            ("[\"abc", 5, "the document ends inside a string"),
        ] {
            let fault = check(text.as_bytes()).unwrap_err();
            assert_eq!((fault.offset, fault.what), (offset, what), "{text}");
        }
    }

    #[test]
    fn documents_on_lines_of_their_own_are_fine() {
        assert_eq!(check(b"{\"a\":1}\n{\"a\":2}\n"), Ok(()));
        assert!(check(b"{\"a\":1} {\"a\":2}").is_err());
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = "[".repeat(1_000_000);
        assert_eq!(check(deep.as_bytes()).unwrap_err().offset, 1_000_000);
        assert_eq!(
            check(format!("{deep}{}", "]".repeat(1_000_000)).as_bytes()),
            Ok(())
        );
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json(text in "[\\[\\]{},:\" 0-9eE.+truefalsn\\\\-]{0,24}") {
            let ours = check(text.as_bytes()).is_ok();
            let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert_eq!(ours, theirs, "{}", text);
        }

        #[test]
        fn numbers_agree_with_serde_json(text in "-?[0-9]{0,3}(\\.[0-9]{0,2})?([eE][+-]?[0-9]{0,2})?") {
            let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert_eq!(check(text.as_bytes()).is_ok(), theirs, "{}", text);
        }
    }
}
