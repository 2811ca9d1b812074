//! A buffer of cells as an SVG picture: a grid of monospace cells in the theme's own colours, on its own
//! background, so that it reads on any page. Runs of one style are one text, stretched to their cells.
#![allow(
    dead_code,
    clippy::indexing_slicing,
    missing_docs,
    reason = "each test binary uses a part; a test fails by panicking"
)]

use std::fmt::Write;

use mqttscope::config::{Color as ThemeColor, Meaning, Theme};
use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr;

const WIDTH: f32 = 8.4;
const HEIGHT: f32 = 18.0;
const FONT: f32 = 14.0;
/// Around the screen.
const MARGIN: f32 = 10.0;

/// The picture of a buffer drawn in `theme`, whose colours must be given as `#rrggbb`.
pub fn svg(buffer: &Buffer, theme: &Theme) -> String {
    let colors = Colors::of(theme);
    let (width, height) = (
        f32::from(buffer.area.width).mul_add(WIDTH, 2.0 * MARGIN),
        f32::from(buffer.area.height).mul_add(HEIGHT, 2.0 * MARGIN),
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"{}\"/>\n\
         <g font-family=\"'DejaVu Sans Mono','JetBrains Mono','Cascadia Mono',Menlo,Consolas,monospace\" font-size=\"{FONT}\" xml:space=\"preserve\">\n",
        colors.background
    );
    let runs: Vec<Run> = (0..buffer.area.height)
        .flat_map(|y| runs(buffer, y, &colors))
        .collect();
    for run in &runs {
        run.background(&mut out, &colors);
    }
    for run in &runs {
        run.foreground(&mut out);
    }
    out.push_str("</g>\n</svg>\n");
    out
}

struct Colors {
    text: String,
    background: String,
}

impl Colors {
    fn of(theme: &Theme) -> Self {
        let hex = |meaning| match theme.color(meaning) {
            ThemeColor::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
            other => panic!("{meaning:?} is {other:?}: a picture needs a theme in #rrggbb"),
        };
        Self {
            text: hex(Meaning::Text),
            background: hex(Meaning::Background),
        }
    }

    /// Foreground and background of a cell.
    fn pair(&self, cell: &Cell) -> (String, String) {
        let hex = |color, otherwise: &str| match color {
            Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
            _ => otherwise.to_owned(),
        };
        let (fg, bg) = (hex(cell.fg, &self.text), hex(cell.bg, &self.background));
        if cell.modifier.contains(Modifier::REVERSED) {
            (bg, fg)
        } else {
            (fg, bg)
        }
    }
}

/// Cells of one style next to each other.
struct Run {
    x: u16,
    y: u16,
    cells: u16,
    text: String,
    fg: String,
    bg: String,
    modifier: Modifier,
}

/// ASCII cells of one style together; every other character for itself, whatever font it comes from.
fn runs(buffer: &Buffer, y: u16, colors: &Colors) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut x = 0;
    while x < buffer.area.width {
        let cell = &buffer[(x, y)];
        let cells = cell.symbol().width().max(1) as u16;
        let (fg, bg) = colors.pair(cell);
        let joins = runs.last().is_some_and(|run| {
            run.text.is_ascii()
                && cell.symbol().is_ascii()
                && (&run.fg, &run.bg, run.modifier) == (&fg, &bg, cell.modifier)
        });
        match runs.last_mut() {
            Some(run) if joins => {
                run.text.push_str(cell.symbol());
                run.cells += cells;
            }
            _ => runs.push(Run {
                x,
                y,
                cells,
                text: cell.symbol().to_owned(),
                fg,
                bg,
                modifier: cell.modifier,
            }),
        }
        x += cells;
    }
    runs
}

impl Run {
    fn left(&self) -> f32 {
        f32::from(self.x).mul_add(WIDTH, MARGIN)
    }

    fn top(&self) -> f32 {
        f32::from(self.y).mul_add(HEIGHT, MARGIN)
    }

    fn background(&self, out: &mut String, colors: &Colors) {
        if self.bg != colors.background {
            let (x, y, width) = (self.left(), self.top(), f32::from(self.cells) * WIDTH);
            let _ = writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{HEIGHT}\" fill=\"{}\"/>",
                self.bg
            );
        }
    }

    fn foreground(&self, out: &mut String) {
        if let Some(path) = self.border() {
            out.push_str(&path);
            return;
        }
        let skipped = self.text.len() - self.text.trim_start().len();
        let text = self.text.trim();
        if text.is_empty() {
            return;
        }
        let x = (skipped as f32).mul_add(WIDTH, self.left());
        let baseline = self.top() + HEIGHT * 0.74;
        let length = text.width() as f32 * WIDTH;
        let mut style = String::new();
        if self.modifier.contains(Modifier::BOLD) {
            style.push_str(" font-weight=\"bold\"");
        }
        if self.modifier.contains(Modifier::UNDERLINED) {
            style.push_str(" text-decoration=\"underline\"");
        }
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{baseline:.1}\" textLength=\"{length:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"{style}>{}</text>",
            self.fg,
            escape(text)
        );
    }

    /// Borders as lines from edge to edge of their cell, so that they join in every font.
    fn border(&self) -> Option<String> {
        let (left, top) = (self.left(), self.top());
        let (right, bottom) = (left + WIDTH, top + HEIGHT);
        let (x, y) = (left + WIDTH / 2.0, top + HEIGHT / 2.0);
        let path = match self.text.as_str() {
            "─" | "━" | "┄" => format!("M{left:.1} {y}H{right:.1}"),
            "│" | "┃" => format!("M{x:.1} {top}V{bottom}"),
            "┌" | "┏" => format!("M{right:.1} {y}H{x:.1}V{bottom}"),
            "┐" | "┓" => format!("M{left:.1} {y}H{x:.1}V{bottom}"),
            "└" | "┗" => format!("M{right:.1} {y}H{x:.1}V{top}"),
            "┘" | "┛" => format!("M{left:.1} {y}H{x:.1}V{top}"),
            _ => return None,
        };
        let width = if "━┃┏┓┗┛".contains(self.text.as_str()) {
            2.2
        } else {
            1.0
        };
        let dash = if self.text == "┄" {
            " stroke-dasharray=\"3 2\""
        } else {
            ""
        };
        Some(format!(
            "<path d=\"{path}\" stroke=\"{}\" stroke-width=\"{width}\" fill=\"none\"{dash}/>\n",
            self.fg
        ))
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
