//! Buffers of cells as text for people: the characters, then the styles under the characters they belong to.
#![allow(
    dead_code,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "each test binary uses a part; a test fails by panicking"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use ratatui::{
    buffer::{Buffer, Cell},
    layout::Rect,
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr;

/// Each line's cells, the covered halves of wide characters left out.
fn cells(buffer: &Buffer, y: u16) -> impl Iterator<Item = (u16, &Cell)> {
    let mut covered_until = 0;
    (0..buffer.area.width).filter_map(move |x| {
        let cell = &buffer[(x, y)];
        if x < covered_until {
            return None;
        }
        covered_until = x + (cell.symbol().width().max(1)) as u16;
        Some((x, cell))
    })
}

/// The lines, without spaces at their ends.
pub fn lines(buffer: &Buffer) -> Vec<String> {
    (0..buffer.area.height)
        .map(|y| {
            let line: String = cells(buffer, y).map(|(_, cell)| cell.symbol()).collect();
            line.trim_end().to_owned()
        })
        .collect()
}

/// The lines of a part of the screen.
pub fn lines_in(buffer: &Buffer, area: Rect) -> Vec<String> {
    (area.y..area.bottom())
        .map(|y| {
            let line: String = cells(buffer, y)
                .filter(|(x, _)| (area.x..area.right()).contains(x))
                .map(|(_, cell)| cell.symbol())
                .collect();
            line.trim_end().to_owned()
        })
        .collect()
}

/// Fails on a cell that a terminal could obey, hide or reorder, and in ASCII on any that is not ASCII.
pub fn check(buffer: &Buffer, is_ascii: bool) {
    for y in 0..buffer.area.height {
        for (x, cell) in cells(buffer, y) {
            let bad = cell
                .symbol()
                .chars()
                .find(|&char| is_unsafe(char) || is_ascii && !char.is_ascii());
            if let Some(bad) = bad {
                panic!(
                    "U+{:04X} in the cell at {x},{y}:\n{}",
                    bad as u32,
                    lines(buffer).join("\n")
                );
            }
        }
    }
}

fn is_unsafe(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Size, text, styles, legend.
pub fn describe(buffer: &Buffer) -> String {
    let mut out = format!("{}×{}\n", buffer.area.width, buffer.area.height);
    for line in lines(buffer) {
        out.push_str(&line);
        out.push('\n');
    }
    let letters = letters(buffer);
    out.push_str("-- styles --\n");
    for (rows, line) in style_lines(buffer, &letters) {
        let _ = writeln!(out, "{rows:>5} {line}");
    }
    for (style, letter) in &letters {
        if *letter != ' ' {
            let _ = writeln!(out, "{letter} = {style}");
        }
    }
    out
}

/// The letters under each line that has any; equal lines that follow each other in one.
fn style_lines(buffer: &Buffer, letters: &BTreeMap<String, char>) -> Vec<(String, String)> {
    let mut lines: Vec<(u16, u16, String)> = Vec::new();
    for y in 0..buffer.area.height {
        let line: String = (0..buffer.area.width)
            .map(|x| letters[&style(&buffer[(x, y)])])
            .collect();
        match lines.last_mut() {
            Some((_, last, same)) if *same == line.trim_end() => *last = y,
            _ => lines.push((y, y, line.trim_end().to_owned())),
        }
    }
    lines
        .into_iter()
        .filter(|(_, _, line)| !line.is_empty())
        .map(|(first, last, line)| {
            let rows = if first == last {
                first.to_string()
            } else {
                format!("{first}-{last}")
            };
            (rows, line)
        })
        .collect()
}

/// Every style in the buffer, in words, with its letter. A style keeps its letter from screen to screen wherever
/// no two of one colour meet.
fn letters(buffer: &Buffer) -> BTreeMap<String, char> {
    let styles: BTreeSet<(String, char)> = buffer
        .content()
        .iter()
        .map(|cell| (style(cell), wanted_letter(cell)))
        .collect();
    let mut letters = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for (style, wanted) in styles {
        let upper = wanted.to_ascii_uppercase();
        let letter = if style.is_empty() {
            ' '
        } else {
            [wanted, upper]
                .into_iter()
                .chain('1'..='9')
                .chain('a'..='z')
                .find(|letter| !taken.contains(letter))
                .expect("fewer styles than letters")
        };
        taken.insert(letter);
        letters.insert(style, letter);
    }
    letters
}

fn wanted_letter(cell: &Cell) -> char {
    let by_color = match cell.fg {
        Color::Reset => 't',
        Color::Indexed(index) => "krgybmcwdepvfqus".chars().nth(index.into()).unwrap_or('i'),
        _ => 'x',
    };
    if cell.modifier.is_empty() {
        by_color
    } else {
        by_color.to_ascii_uppercase()
    }
}

/// `cyan bold on blue`; empty for the plain style.
fn style(cell: &Cell) -> String {
    let mut words = Vec::new();
    if cell.fg != Color::Reset {
        words.push(color(cell.fg));
    }
    let modifiers = [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::ITALIC, "italic"),
        (Modifier::UNDERLINED, "underlined"),
        (Modifier::REVERSED, "reversed"),
    ];
    words.extend(
        modifiers
            .iter()
            .filter(|(modifier, _)| cell.modifier.contains(*modifier))
            .map(|(_, name)| (*name).to_owned()),
    );
    if cell.bg != Color::Reset {
        words.push(format!("on {}", color(cell.bg)));
    }
    words.join(" ")
}

fn color(color: Color) -> String {
    const NAMES: [&str; 16] = [
        "black",
        "red",
        "green",
        "yellow",
        "blue",
        "magenta",
        "cyan",
        "white",
        "light-black",
        "light-red",
        "light-green",
        "light-yellow",
        "light-blue",
        "light-magenta",
        "light-cyan",
        "light-white",
    ];
    match color {
        Color::Indexed(index) => NAMES
            .get(usize::from(index))
            .map_or_else(|| index.to_string(), |name| (*name).to_owned()),
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        other => format!("{other:?}"),
    }
}
