//! Command lines as people write them in one line: words between spaces, quotes around what has some.

/// Splits a line into words as a shell does, without expanding anything; `None` where a quote is not closed.
pub fn split_words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => word.get_or_insert_default().push(chars.next()?),
            (_, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (_, None) if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// Words as [`split_words`] reads them.
pub fn join_words<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted = words.into_iter().map(|word| {
        let is_plain = |c: char| !c.is_whitespace() && !matches!(c, '"' | '\'' | '\\');
        if !word.is_empty() && word.chars().all(is_plain) {
            return word.to_owned();
        }
        format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
    });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_as_they_were() {
        for words in [
            vec!["pass", "show", "mqtt/home"],
            vec!["sh", "-c", "echo \"a b\" | tail -1"],
            vec!["", "a'b", "c\\d"],
            vec![],
        ] {
            let line = join_words(words.iter().copied());
            assert_eq!(split_words(&line).unwrap(), words, "{line}");
        }
        assert_eq!(split_words(" a  'b c'd ").unwrap(), ["a", "b cd"]);
        assert_eq!(split_words("a \"b"), None);
    }
}
