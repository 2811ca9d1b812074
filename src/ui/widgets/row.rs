//! One line of cells, written from left to right; what does not fit is cut.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::text;

/// A line being written. All texts given to it are sanitised already.
pub struct Row<'a> {
    buffer: &'a mut Buffer,
    x: u16,
    end: u16,
    y: u16,
}

impl<'a> Row<'a> {
    /// The line `y` (from the top of `area`); a line outside it takes nothing.
    pub fn new(buffer: &'a mut Buffer, area: Rect, y: u16) -> Self {
        let is_inside = y < area.height;
        let area = area.intersection(buffer.area);
        let y = area.y.saturating_add(y).min(area.bottom().saturating_sub(1));
        Self {
            buffer,
            x: area.x,
            end: if is_inside { area.right() } else { area.x },
            y,
        }
    }

    /// Columns left.
    pub const fn left(&self) -> u16 {
        self.end.saturating_sub(self.x)
    }

    /// Writes a text.
    pub fn put(&mut self, text: &str, style: Style) -> &mut Self {
        if self.left() > 0 && !text.is_empty() {
            let (x, _) = self
                .buffer
                .set_stringn(self.x, self.y, text, usize::from(self.left()), style);
            self.x = x;
        }
        self
    }

    /// Writes a text; where it does not fit, its end shows that it was cut.
    pub fn put_whole_or_cut(&mut self, text: &str, glyphs: text::Glyphs, style: Style) -> &mut Self {
        let cut = text::truncate_end(text, usize::from(self.left()), glyphs);
        self.put(&cut, style)
    }

    /// Writes a text in exactly `width` columns, cut or padded behind.
    pub fn column(&mut self, text: &str, width: u16, style: Style) -> &mut Self {
        let width = width.min(self.left());
        let end = self.x + width;
        self.buffer
            .set_stringn(self.x, self.y, text, usize::from(width), style);
        self.x = end;
        self
    }

    /// Writes a text at the right edge of `width` columns, cut or padded in front.
    pub fn right(&mut self, text: &str, width: u16, style: Style) -> &mut Self {
        let used = text::width(text).min(usize::from(width)) as u16;
        self.skip(width - used).column(text, used, style)
    }

    /// Leaves columns as they are.
    pub fn skip(&mut self, columns: u16) -> &mut Self {
        self.x = self.x.saturating_add(columns).min(self.end);
        self
    }

    /// Writes a text so that it ends where the line ends; nothing if it does not fit whole.
    pub fn flush_right(&mut self, text: &str, style: Style) -> &mut Self {
        let used = text::width(text);
        if used > 0 && used <= usize::from(self.left()) {
            let x = self.end - used as u16;
            self.buffer.set_stringn(x, self.y, text, used, style);
            self.end = x;
        }
        self
    }

    /// Restyles the whole line within `area`.
    pub fn style_line(buffer: &mut Buffer, area: Rect, y: u16, style: Style) {
        if y < area.height {
            buffer.set_style(
                Rect {
                    y: area.y + y,
                    height: 1,
                    ..area
                },
                style,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(width: u16, write: impl Fn(&mut Row<'_>)) -> String {
        let area = Rect::new(0, 0, width, 1);
        let mut buffer = Buffer::empty(area);
        write(&mut Row::new(&mut buffer, area, 0));
        buffer
            .content()
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect()
    }

    #[test]
    fn columns_cut_and_pad() {
        let none = Style::new();
        let cut = line(10, |row| {
            row.column("abcdef", 3, none)
                .right("7", 4, none)
                .put("xyzw", none);
        });
        assert_eq!(cut, "abc   7xyz");
        let both = line(6, |row| {
            row.put("ab", none).flush_right("z", none).put("cdefgh", none);
        });
        assert_eq!(both, "abcdez");
    }

    #[test]
    fn a_line_outside_its_area_takes_nothing() {
        let area = Rect::new(0, 0, 3, 1);
        let mut buffer = Buffer::empty(area);
        Row::new(&mut buffer, area, 5).put("abc", Style::new());
        assert_eq!(buffer, Buffer::empty(area));
    }
}
