//! Themes, no colour, ASCII: the same screen, told otherwise.

use mqttscope::{
    app::effect::{Done, Effect},
    text::Glyphs,
};
use ratatui::style::{Color, Modifier};

use crate::screen::{Screen, screen, screen_with, theme};

/// Every state there is a colour for.
fn colorful(screen: Screen) -> Screen {
    screen
        .connected("home")
        .house()
        .opened("plant")
        .waiting(3, 9.0, "connection refused")
        .opened("lab")
        .refused("not authorized (0x87)", "check user name and password")
}

#[test]
fn harbor_is_drawn_in_its_own_colours_only() {
    let mut screen = colorful(screen_with(|setup| setup.theme = theme("harbor")));
    screen = screen.snapshot("looks-harbor");
    for keys in ["?", "<esc>p", "<esc>a", "<esc>1gji"] {
        screen = screen.keys(keys);
        let buffer = screen.buffer();
        let odd = buffer.content().iter().find(|cell| {
            !matches!(cell.bg, Color::Rgb(..)) || (cell.symbol() != " " && !matches!(cell.fg, Color::Rgb(..)))
        });
        assert!(odd.is_none(), "after {keys}: {odd:?}");
    }
}

#[test]
fn default_theme_uses_the_terminals_own_sixteen_colours() {
    let buffer = colorful(screen()).buffer();
    for cell in buffer.content() {
        for color in [cell.fg, cell.bg] {
            assert!(matches!(color, Color::Reset | Color::Indexed(0..=15)), "{cell:?}");
        }
    }
}

#[test]
fn without_colour_everything_is_still_told_apart() {
    let mut screen = colorful(screen_with(|setup| setup.has_color = false))
        .keys("<esc>2j")
        .snapshot("looks-no-color");
    let buffer = screen.buffer();
    assert!(
        buffer
            .content()
            .iter()
            .all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset)
    );
    let selected = buffer
        .content()
        .iter()
        .filter(|cell| cell.modifier.contains(Modifier::REVERSED))
        .count();
    assert!(selected > 10, "the selection is visible without colour");
}

#[test]
fn ascii_uses_ascii_alone() {
    colorful(screen_with(|setup| setup.glyphs = Glyphs::Ascii))
        .keys("<esc>2j")
        .snapshot_at_each_size("looks-ascii");
}

#[test]
fn letters_of_the_network_stay_letters_in_ascii() {
    let mut screen = screen_with(|setup| setup.glyphs = Glyphs::Ascii).connected("lab");
    screen.allows_foreign_letters = true;
    screen.receive("ünïcode/温度", "21.5 °C").shows("ünïcode/温度");
}

#[test]
fn state_is_glyph_and_word_not_colour_alone() {
    let mut screen = colorful(screen()).keys("<esc>");
    for parts in [
        ["● home", "v5"],
        ["◐ plant", "try 3"],
        ["✗ lab", "not authorized"],
    ] {
        screen.line_with(&parts);
    }
}

#[test]
fn next_theme_is_loaded_and_drawn() {
    let mut screen = screen().connected("lab").receive("a", "1").keys("T");
    assert!(
        screen
            .take_effects()
            .contains(&Effect::LoadTheme("harbor".into()))
    );
    let mut screen = screen
        .done(Done::ThemeLoaded("harbor".into(), Box::new(theme("harbor"))))
        .shows("theme: Harbor");
    assert!(matches!(screen.buffer()[(0, 0)].bg, Color::Rgb(..)));
    let mut screen = screen.keys("T");
    assert!(
        screen
            .take_effects()
            .contains(&Effect::LoadTheme("terminal".into()))
    );
}

#[test]
fn mouse_is_given_to_the_terminal_and_back() {
    let mut screen = screen().connected("lab").keys("M");
    assert!(screen.take_effects().contains(&Effect::SetMouse(false)));
    screen
        .done(Done::MouseSet(false))
        .shows("the mouse selects text; M takes it back");
}
