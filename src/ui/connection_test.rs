//! A connection's test: its stages as they come.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look,
    widgets::{frame, row::Row},
};
use crate::{app::connection_test::ConnectionTest, config::Meaning, event::Stage, text};

const WIDTH: u16 = 84;
const NAME: u16 = 11;
const TOOK: u16 = 9;

/// Draws the test over the panes.
pub fn render(buffer: &mut Buffer, area: Rect, look: &Look<'_>, test: &ConnectionTest) {
    let room = usize::from(WIDTH.min(area.width)).saturating_sub(usize::from(NAME + TOOK) + 7);
    let lines = lines(look, test, room);
    let title = format!("Test of {}", look.safe(&test.name));
    let height = (lines.len() as u16 + 2).max(9);
    let inner = frame::overlay(buffer, area, look, (WIDTH, height), &title, "Esc closes");
    // where not all fits it is the last stage that matters, and what to try
    let above = lines.len().saturating_sub(usize::from(inner.height));
    for (y, line) in lines.iter().skip(above).enumerate() {
        let mut row = Row::new(buffer, inner, y as u16);
        row.skip(1)
            .column(line.mark, 3, look.styles.fg(line.meaning))
            .column(line.name, NAME, look.styles.overlay())
            .right(&line.took, TOOK, look.styles.fg(Meaning::Dim))
            .skip(2)
            .put_whole_or_cut(&line.words, look.glyphs, look.styles.fg(line.words_meaning));
    }
    frame::out_of_view(buffer, inner, look, above, 0);
}

struct Line<'a> {
    mark: &'a str,
    meaning: Meaning,
    name: &'a str,
    took: String,
    words: String,
    words_meaning: Meaning,
}

impl Line<'_> {
    fn words(words: String, meaning: Meaning) -> Self {
        Self {
            mark: "",
            meaning,
            name: "",
            took: String::new(),
            words,
            words_meaning: meaning,
        }
    }
}

/// A text from outside in as many lines as it takes.
fn wrapped<'a>(look: &Look<'a>, text: &str, room: usize, meaning: Meaning) -> Vec<Line<'a>> {
    let safe = look.plain(&look.safe(text));
    let lines = text::wrap(&safe, room).into_iter();
    lines.map(|line| Line::words(line.to_owned(), meaning)).collect()
}

fn lines<'a>(look: &Look<'a>, test: &ConnectionTest, room: usize) -> Vec<Line<'a>> {
    let wrapped = |text: &str, meaning| wrapped(look, text, room, meaning);
    let mut lines = wrapped(&test.broker, Meaning::Dim);
    for stage in &test.stages.list {
        stage_lines(&mut lines, look, stage, &wrapped);
    }
    let waits = match (test.is_ok, test.connected_us, test.stages.current()) {
        (Some(_), ..) => None,
        (None, Some(_), _) => Some("SUBACK"),
        (None, None, Some((phase, _))) => Some(phase.name()),
        (None, None, None) => Some("…"),
    };
    if let Some(name) = waits {
        lines.push(Line {
            mark: look.pick("◐", "~"),
            meaning: Meaning::Info,
            name: if name == "…" {
                look.pick("…", "...")
            } else {
                name
            },
            ..Line::words(String::new(), Meaning::Dim)
        });
    }
    for note in &test.notes {
        lines.extend(wrapped(note, Meaning::Warn));
    }
    lines.extend(match test.is_ok {
        Some(true) => wrapped(
            "all stages passed; the test's connection is closed again",
            Meaning::Ok,
        ),
        Some(false) => Vec::new(),
        None => wrapped(
            "with a client id of its own; nothing received is kept",
            Meaning::Dim,
        ),
    });
    lines
}

fn stage_lines<'a>(
    lines: &mut Vec<Line<'a>>,
    look: &Look<'a>,
    stage: &Stage,
    wrapped: &impl Fn(&str, Meaning) -> Vec<Line<'a>>,
) {
    let (mark, meaning) = if stage.ok {
        (look.pick("✓", "ok"), Meaning::Ok)
    } else {
        (look.pick("✗", "x"), Meaning::Error)
    };
    let words_meaning = if stage.ok { Meaning::Text } else { Meaning::Error };
    let mut detail = wrapped(&stage.detail, words_meaning).into_iter();
    let first = detail.next().map_or_else(String::new, |line| line.words);
    lines.push(Line {
        mark,
        meaning,
        name: stage.name,
        took: text::latency(stage.took_us),
        words: first,
        words_meaning,
    });
    lines.extend(detail);
    if !stage.advice.is_empty() {
        lines.extend(wrapped(&stage.advice, Meaning::Info));
    }
}
