//! The text cut at blanks and quotes.

use std::ops::Range;

use super::FilterError;

/// What stands between two blanks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// `-` or `!` stood in front.
    pub is_excluded: bool,
    /// `topic:` stood in front.
    pub is_topic: bool,
    /// It was in quotes, so nothing in it has a meaning.
    pub is_quoted: bool,
    /// Without all of that.
    pub text: String,
    /// With all of that.
    pub span: Range<usize>,
}

const TOPIC: &str = "topic:";

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, FilterError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text
        .get(at..)
        .and_then(|rest| rest.find(|c: char| !c.is_whitespace()))
    {
        let token = token(text, at + start)?;
        at = token.span.end;
        found.push(token);
    }
    Ok(found)
}

fn token(text: &str, start: usize) -> Result<Token, FilterError> {
    let whole = text.get(start..).unwrap_or_default();
    // `->`, `--flag` and `!=` are text, or signs of their own.
    let is_signed =
        |rest: &&str| rest.starts_with(|c: char| !c.is_whitespace() && !matches!(c, '>' | '-' | '='));
    let unsigned = whole.strip_prefix(['-', '!']).filter(is_signed);
    let body = unsigned.unwrap_or(whole);
    let topic = body.strip_prefix(TOPIC);
    let rest = topic.unwrap_or(body);
    let (content, len, is_quoted) = if rest.starts_with('"') {
        let (content, len) = quoted(rest).ok_or_else(|| unclosed(text, start))?;
        (content, len, true)
    } else {
        let len = rest.find(char::is_whitespace).unwrap_or(rest.len());
        (rest.get(..len).unwrap_or(rest).to_owned(), len, false)
    };
    Ok(Token {
        is_excluded: unsigned.is_some(),
        is_topic: topic.is_some(),
        is_quoted,
        text: content,
        span: start..start + whole.len() - rest.len() + len,
    })
}

/// What is between the quotes (`\"` and `\\` stand for `"` and `\`), and the bytes it took.
fn quoted(text: &str) -> Option<(String, usize)> {
    let mut content = String::new();
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = letters.next() {
        match c {
            '"' => return Some((content, at + 1)),
            '\\' => {
                let escaped = letters.next_if(|(_, c)| matches!(c, '"' | '\\'));
                content.push(escaped.map_or('\\', |(_, c)| c));
            }
            _ => content.push(c),
        }
    }
    None
}

fn unclosed(text: &str, start: usize) -> FilterError {
    FilterError::new(
        &(start..text.len()),
        "the phrase has no end",
        "close it with `\"`, or write `\\\"` for a quote in a phrase",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_prefixes_and_quotes_are_taken_off() {
        let found = tokens(r#"  pump -"a \"b" topic:x/y !topic:"a b/+" - "#).unwrap();
        let read: Vec<_> = found
            .iter()
            .map(|t| {
                (
                    t.text.as_str(),
                    t.is_excluded,
                    t.is_topic,
                    t.is_quoted,
                    t.span.clone(),
                )
            })
            .collect();
        assert_eq!(
            read,
            [
                ("pump", false, false, false, 2..6),
                ("a \"b", true, false, true, 7..15),
                ("x/y", false, true, false, 16..25),
                ("a b/+", true, true, true, 26..40),
                ("-", false, false, false, 41..42),
            ]
        );
    }

    #[test]
    fn an_open_phrase_is_pointed_at() {
        assert_eq!(tokens("a \"b c").unwrap_err().span, 2..6);
    }
}
