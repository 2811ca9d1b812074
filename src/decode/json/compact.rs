//! A document on one line.

use super::lex::{Lexeme, Lexer};
use crate::text::{Glyphs, clip, truncate_end, width};

/// Appends at most `cells` columns of `bytes` without the blanks between lexemes; cut with `…}`.
///
/// `is_whole` is false where `bytes` is only the start of the document.
pub(in crate::decode) fn compact(
    bytes: &[u8],
    is_whole: bool,
    cells: usize,
    glyphs: Glyphs,
    out: &mut String,
) {
    let mut lexer = Lexer::new(bytes, 0);
    let (mut text, mut used, mut was_value) = (String::new(), 0, false);
    while used <= cells {
        let Some((lexeme, span)) = lexer.next() else {
            break;
        };
        let starts_value = matches!(lexeme, Lexeme::Open | Lexeme::String | Lexeme::Bare);
        if was_value && starts_value {
            text.push(' ');
            used += 1;
        }
        let piece = clip(lexer.slice(span), cells.saturating_add(1), glyphs);
        used += width(&piece);
        text.push_str(&piece);
        was_value = matches!(lexeme, Lexeme::Close | Lexeme::String);
    }
    if used <= cells && is_whole {
        out.push_str(&text);
        return;
    }
    let closer = match text.as_bytes().first() {
        Some(b'{') if cells > 3 => "}",
        Some(b'[') if cells > 3 => "]",
        _ => "",
    };
    text.push_str(glyphs.ellipsis());
    out.push_str(&truncate_end(&text, cells.saturating_sub(closer.len()), glyphs));
    out.push_str(closer);
}

/// How many members the outermost object or array has; `None` if `bytes` does not hold all of it.
pub(in crate::decode) fn members(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut commas, mut lexemes) = (0_usize, 0, 0);
    for (lexeme, _) in Lexer::new(bytes, 0) {
        match lexeme {
            Lexeme::Open => depth += 1,
            Lexeme::Close => depth = depth.checked_sub(1)?,
            Lexeme::Comma if depth == 1 => commas += 1,
            _ => {}
        }
        lexemes += 1;
        if depth == 0 {
            return Some(if lexemes == 2 { 0 } else { commas + 1 });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, cells: usize) -> String {
        let mut out = String::new();
        compact(text.as_bytes(), true, cells, Glyphs::Unicode, &mut out);
        out
    }

    #[test]
    fn blanks_go_and_what_does_not_fit_is_cut() {
        let text = "{ \"t\": 21.2,\n  \"h\": 48, \"name\": \"Küche\" }";
        for (cells, expected) in [
            (40, r#"{"t":21.2,"h":48,"name":"Küche"}"#),
            (32, r#"{"t":21.2,"h":48,"name":"Küche"}"#),
            (19, r#"{"t":21.2,"h":48,…}"#),
            (3, "{\"…"),
            (0, ""),
        ] {
            assert_eq!(line(text, cells), expected);
        }
        assert_eq!(line("{\"a\":\"\x1b[31m\"}", 20), "{\"a\":\"␛[31m\"}");
        assert_eq!(line("{}\n{}", 20), "{} {}");
    }

    #[test]
    fn members_are_counted_at_the_top_only() {
        for (text, count) in [
            ("{}", Some(0)),
            ("[ ]", Some(0)),
            (r#"{"a":[1,2,3],"b":{"c":1,"d":2}}"#, Some(2)),
            ("[1]", Some(1)),
            ("[1,2", None),
        ] {
            assert_eq!(members(text.as_bytes()), count, "{text}");
        }
    }
}
