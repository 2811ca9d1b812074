//! Tokens → the tree.

use regex::bytes::{Regex, RegexBuilder};

use super::{
    FilterError,
    ast::{Expr, Test},
    expression,
    token::{Token, tokens},
};
use crate::mqtt::TopicFilter;

/// Memory one compiled pattern may take.
const PATTERN_LIMIT: usize = 1 << 20;

pub(super) fn parse(text: &str) -> Result<Expr, FilterError> {
    let tokens = tokens(text)?;
    expression::refuse(&tokens)?;
    let (mut topics, mut all) = (Vec::new(), Vec::new());
    for token in tokens
        .iter()
        .filter(|token| token.is_topic || !token.text.is_empty())
    {
        let part = Expr::Test(test(token)?);
        match (&part, token.is_excluded) {
            (_, true) => all.push(Expr::Not(Box::new(part))),
            (Expr::Test(Test::Topic(_)), false) => topics.push(part),
            (_, false) => all.push(part),
        }
    }
    if !topics.is_empty() {
        // First, because they cost least.
        all.insert(0, Expr::Any(topics));
    }
    Ok(Expr::All(all))
}

fn test(token: &Token) -> Result<Test, FilterError> {
    if token.is_topic {
        return topic(token);
    }
    if token.is_quoted {
        return literal(token, false);
    }
    if let Some((pattern, flags)) = as_regex(&token.text) {
        return regex(token, pattern, flags);
    }
    let has_wildcard = token.text.contains(['+', '#']);
    if has_wildcard && (token.text.contains('/') || token.text.len() == 1) {
        return topic(token);
    }
    literal(token, !token.text.chars().any(char::is_uppercase))
}

fn topic(token: &Token) -> Result<Test, FilterError> {
    let hint = if token.is_topic {
        "write it as in a subscription, for example topic:home/+/set"
    } else {
        "to search for this very text put it in quotes"
    };
    TopicFilter::new(&token.text)
        .map(Test::Topic)
        .map_err(|error| FilterError::new(&token.span, error.to_string(), hint))
}

fn literal(token: &Token, any_case: bool) -> Result<Test, FilterError> {
    RegexBuilder::new(&regex::escape(&token.text))
        .case_insensitive(any_case)
        .size_limit(PATTERN_LIMIT)
        .build()
        .map(Test::Text)
        .map_err(|_| FilterError::new(&token.span, "the word is too long", "search for a part of it"))
}

/// The pattern and flags of `/pattern/flags`; only a token that ends so is one.
fn as_regex(text: &str) -> Option<(&str, &str)> {
    let (pattern, flags) = text.strip_prefix('/')?.rsplit_once('/')?;
    let is_flag = |c: char| matches!(c, 'i' | 'm' | 's' | 'x');
    (!pattern.is_empty() && flags.chars().all(is_flag)).then_some((pattern, flags))
}

fn regex(token: &Token, pattern: &str, flags: &str) -> Result<Test, FilterError> {
    let build = |pattern: &str| -> Result<Regex, regex::Error> {
        RegexBuilder::new(pattern)
            .case_insensitive(flags.contains('i'))
            .multi_line(flags.contains('m'))
            .dot_matches_new_line(flags.contains('s'))
            .ignore_whitespace(flags.contains('x'))
            .size_limit(PATTERN_LIMIT)
            .build()
    };
    build(pattern).map(Test::Text).map_err(|error| {
        let message = match &error {
            regex::Error::CompiledTooBig(_) => "the regular expression is too large".to_owned(),
            _ => last_line(&error.to_string()),
        };
        FilterError::new(
            &token.span,
            message,
            "a blank is written `\\s`; a topic that begins and ends with `/` is written topic:/a/",
        )
    })
}

/// The crate's messages draw a picture first; their last line says what is wrong.
fn last_line(message: &str) -> String {
    let line = message.lines().last().unwrap_or(message);
    line.trim().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::filter::{Filter, Subject, TopicVerdict};

    struct Message<'a>(&'a str, &'a [u8]);

    impl Subject for Message<'_> {
        fn topic(&self) -> &str {
            self.0
        }
        fn payload(&self) -> &[u8] {
            self.1
        }
    }

    #[test]
    fn filters_show_what_they_say() {
        let kitchen = ("home/kitchen/climate", r#"{"t":21.4,"state":"Fail"}"#);
        let system = ("$SYS/broker/uptime", "60 seconds");
        for (filter, (topic, payload), shown) in [
            ("", kitchen, true),
            ("   ", kitchen, true),
            ("kitchen", kitchen, true),
            ("KITCHEN", kitchen, false),
            ("fail", kitchen, true),
            ("Fail", kitchen, true),
            ("FAIL", kitchen, false),
            ("kitchen fail", kitchen, true),
            ("kitchen pump", kitchen, false),
            ("-pump", kitchen, true),
            ("-fail", kitchen, false),
            ("kitchen -climate", kitchen, false),
            ("\"t\\\":21.4\"", kitchen, true),
            ("\"state\"", kitchen, true),
            ("\"STATE\"", kitchen, false),
            ("\"\"", kitchen, true),
            ("/^home/", kitchen, true),
            ("/2[12]\\.\\d/", kitchen, true),
            ("/STATE/", kitchen, false),
            ("/STATE/i", kitchen, true),
            ("-/t\":\\d+/", kitchen, false),
            ("home/+/climate", kitchen, true),
            ("home/+", kitchen, false),
            ("home/#", kitchen, true),
            ("!home/#", kitchen, false),
            ("-home/garage/#", kitchen, true),
            ("garage/# home/#", kitchen, true),
            ("home/# pump", kitchen, false),
            ("#", kitchen, true),
            ("#", system, false),
            ("$SYS/#", system, true),
            ("topic:home/kitchen/climate", kitchen, true),
            ("topic:home/kitchen", kitchen, false),
            ("home/kitchen", kitchen, true),
            ("topic:/home/", kitchen, false),
            ("60 seconds", system, true),
            ("seconds and", system, false),
            ("not authorized", ("log", "not authorized"), true),
            ("-", ("a", "b-c"), true),
            ("key=value", ("a", "key=value"), true),
            ("-> <html>", ("a", "<html> ->"), true),
            ("YWJj==", ("a", "YWJj=="), true),
            ("\"a == b\"", ("a", "if a == b"), true),
            ("küche", ("a", "KÜCHE"), true),
        ] {
            let parsed = Filter::parse(filter).unwrap();
            let message = Message(topic, payload.as_bytes());
            assert_eq!(parsed.matches(&message), shown, "{filter} ~ {topic} {payload}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_searched_too() {
        let filter = Filter::parse("pump").unwrap();
        assert!(filter.matches(&Message("a", b"\xff\x00pump\xfe")));
    }

    #[test]
    fn what_is_not_understood_is_said_with_its_place_and_the_way_out() {
        for (filter, span, message) in [
            ("json.t == 21", 7..9, "comparisons are not understood yet"),
            ("json.t > 21", 7..8, "comparisons are not understood yet"),
            ("a json.t>21", 2..11, "comparisons are not understood yet"),
            ("qos=1 qos==1", 6..12, "comparisons are not understood yet"),
            ("size >", 5..6, "comparisons are not understood yet"),
            ("topic ~ sensor", 6..7, "comparisons are not understood yet"),
            ("payload contains x", 8..16, "comparisons are not understood yet"),
            ("a!=b", 0..4, "comparisons are not understood yet"),
            ("retain and size > 10k", 7..10, "`and` is not understood yet"),
            ("pump or valve", 5..7, "`or` is not understood yet"),
            ("not a/#", 0..3, "`not` is not understood yet"),
            ("ok \"open", 3..8, "the phrase has no end"),
            ("/a(/", 0..4, "unclosed group"),
            ("/(a{1000}){1000}/", 0..17, "the regular expression is too large"),
            (
                "topic:",
                0..6,
                "a topic needs at least one character (MQTT-4.7.3-1)",
            ),
            (
                "x a/#/b",
                2..7,
                "`#` must be alone in the last level, as in `a/#` (MQTT-4.7.1-1)",
            ),
        ] {
            let error = Filter::parse(filter).unwrap_err();
            assert_eq!((error.span, error.message.as_str()), (span, message), "{filter}");
            assert!(!error.hint.is_empty());
        }
        assert_eq!(
            Filter::parse("a or b").unwrap_err().to_string(),
            "filter, column 3: `or` is not understood yet; use a regex, as in `/pump|valve/`; to search for the word write \"or\""
        );
    }

    #[test]
    fn a_topic_decides_alone_where_it_can() {
        use TopicVerdict::{Always, NeedsPayload, Never};
        for (filter, topic, verdict) in [
            ("", "a", Always),
            ("a/#", "a/b", Always),
            ("a/#", "c", Never),
            ("!a/#", "a/b", Never),
            ("!a/#", "c", Always),
            ("pump", "line/pump", Always),
            ("pump", "line", NeedsPayload),
            ("-pump", "line/pump", Never),
            ("-pump", "line", NeedsPayload),
            ("a/# pump", "c", Never),
            ("a/# pump", "a/b", NeedsPayload),
            ("line pump", "line", NeedsPayload),
        ] {
            assert_eq!(
                Filter::parse(filter).unwrap().matches_topic(topic),
                verdict,
                "{filter} ~ {topic}"
            );
        }
    }

    #[test]
    fn highlights_point_at_what_was_asked_for() {
        let filter = Filter::parse("an \"B\" -x a/#").unwrap();
        assert_eq!(filter.highlights("Banan x"), [0..1, 1..3, 3..5]);
    }

    proptest! {
        #[test]
        fn any_text_is_a_filter_or_an_error_inside_it(text in "\\PC{0,30}", syntax in "[-!a/#+\"\\\\=<>~ (n)dortpic:]{0,20}") {
            for text in [text, syntax] {
                if let Err(error) = Filter::parse(&text) {
                    prop_assert!(text.get(error.span.clone()).is_some_and(|part| !part.is_empty()), "{} {:?}", text, error);
                }
            }
        }

        #[test]
        fn a_topic_never_decides_against_the_message(
            filter in "([-!]?([ab]|a/#|\\+/b|/a./|\"b a\") ?){0,4}", topic in "[ab]/[ab]", payload in "[ab ]{0,6}",
        ) {
            let Ok(filter) = Filter::parse(&filter) else { return Ok(()) };
            let shown = filter.matches(&Message(&topic, payload.as_bytes()));
            match filter.matches_topic(&topic) {
                TopicVerdict::Always => prop_assert!(shown),
                TopicVerdict::Never => prop_assert!(!shown),
                TopicVerdict::NeedsPayload => {}
            }
        }

        #[test]
        fn words_are_a_plain_search(words in prop::collection::vec("[a-cA-C]{1,2}", 1..4), payload in "[a-cA-C]{0,8}") {
            let filter = Filter::parse(&words.join(" ")).unwrap();
            let naive = words.iter().all(|word| {
                let has_capital = word.chars().any(char::is_uppercase);
                if has_capital { payload.contains(word.as_str()) } else { payload.to_lowercase().contains(word.as_str()) }
            });
            prop_assert_eq!(filter.matches(&Message("-", payload.as_bytes())), naive);
        }
    }
}
