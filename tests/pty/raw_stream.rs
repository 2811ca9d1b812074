//! The bytes a terminal gets: nothing of what the network sends may act on it.

use super::Scene;

/// What is wrong with a stream, if anything: a control character or a sequence that is not one of ours.
pub fn intruder(raw: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(raw) {
        Ok(text) => text,
        Err(error) => return Some(format!("no UTF-8 at {}", error.valid_up_to())),
    };
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        if char == '\x1b' {
            let (Some('['), after) = (rest.next(), rest.as_str()) else {
                return Some(format!(
                    "an escape that is no CSI before {:?}",
                    head(rest.as_str())
                ));
            };
            let length = after
                .find(|c: char| !matches!(c, '0'..='9' | ';' | '?'))
                .unwrap_or(after.len());
            if !matches!(
                after[length..].chars().next(),
                Some('H' | 'G' | 'A'..='D' | 'J' | 'K' | 'X' | 'd' | 'm' | 'h' | 'l')
            ) {
                return Some(format!("a CSI of somebody else: {:?}", head(after)));
            }
            rest = after[length + 1..].chars();
        } else if is_hostile(char) {
            return Some(format!("{:?} before {:?}", char, head(rest.as_str())));
        }
    }
    None
}

fn head(text: &str) -> String {
    text.chars().take(20).collect()
}

const fn is_hostile(char: char) -> bool {
    matches!(char, '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[test]
fn intruders_are_recognised() {
    assert_eq!(
        intruder("\x1b[2J\x1b[?2026h\x1b[1;2Hé ␛ \x1b[0;38;5;1m".as_bytes()),
        None
    );
    for hostile in [
        "\x1b]52;c;aa\x07",
        "a\x07",
        "\u{9b}31m",
        "\u{202e}abc",
        "\r",
        "\x1bc",
        "\x1b[6n",
    ] {
        assert!(intruder(hostile.as_bytes()).is_some(), "{hostile:?}");
    }
}

#[test]
fn no_control_character_of_the_network_reaches_the_terminal() {
    let scene = Scene::new();
    let mut terminal = scene.connected();
    let mut client = scene.client();
    let evil = "\x1b]52;c;ZXZpbA==\x07\x1b[2J\x1bc\u{9b}31m\u{90}q\u{202e}txt\u{2066}\u{200b}\u{feff}\r\n\x08\x7f\u{85}";
    client.publish("evil/\x1b]0;title\x07/\u{202e}\u{9b}6n", evil.as_bytes());
    client.publish(
        "evil/json",
        format!("{{\"{}\":1}}", "k\u{202e}\u{9d}0;x").as_bytes(),
    );
    client.publish("evil/bytes", b"\x9b6n\x1b[c\x90\x05\xff\xfe\x1bP+q\x1b\\");
    client.publish("evil/last", b"done");
    terminal.wait_for(&["rx 4", "done"]);
    // Through every row of tree and log, so that every view of the details is drawn for each.
    for pane in ["2", "3"] {
        terminal.keys(pane);
        terminal.keys("G");
        for _ in 0..8 {
            terminal.keys("k4]]]]]");
            terminal.keys(pane);
        }
    }
    terminal.keys("3gk");
    terminal.keys("p");
    terminal.wait_for(&["5 Publish"]);
    terminal.keys("\x1b");
    terminal.wait_without("5 Publish");
    terminal.keys("q");
    assert_eq!(terminal.ended().exit_code(), 0);
    let output = terminal.output();
    let end = output
        .raw
        .windows(8)
        .rposition(|at| at == b"\x1b[?1049l")
        .unwrap();
    assert_eq!(intruder(&output.raw[..end]), None);
    let shown = String::from_utf8_lossy(&output.raw);
    assert!(shown.contains('␛'), "control characters are made visible");
}

#[test]
fn no_colour_where_none_is_wanted() {
    let scene = Scene::new();
    let mut terminal = Scene::connected_by(scene.start(&[&scene.url()]).env("NO_COLOR", "1"));
    scene.client().publish("a/b", br#"{"t":1}"#);
    terminal.wait_for(&["rx 1"]);
    terminal.keys("3kk4]]/a\r");
    terminal.keys("q");
    terminal.ended();
    let raw = terminal.output().raw.clone();
    assert_eq!(colours(&raw), Vec::<String>::new());
}

#[test]
fn colours_are_used_otherwise() {
    let scene = Scene::new();
    let terminal = scene.connected();
    assert!(!colours(&terminal.output().raw).is_empty());
}

/// The SGR parameters in a stream that set a colour.
fn colours(raw: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(raw);
    let sequences = text.split("\x1b[").skip(1);
    let styles = sequences.filter_map(|at| {
        let end = at.find(|c: char| c.is_ascii_alphabetic())?;
        at[end..].starts_with('m').then(|| &at[..end])
    });
    let sets_colour = |style: &&str| {
        style
            .split(';')
            .filter_map(|number| number.parse::<u16>().ok())
            .any(|number| matches!(number, 30..=38 | 40..=48 | 90..=107))
    };
    styles.filter(sets_colour).map(str::to_owned).collect()
}
