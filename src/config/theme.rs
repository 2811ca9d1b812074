//! Themes: colours by meaning. What a widget looks like is derived from meanings in `ui`, nowhere else.
//!
//! ```text
//! themes/<name>.toml  →  [palette] + inherits  →  Theme::color(Meaning)  →  ui::styles
//! ```

use std::{collections::BTreeMap, fs, path::Path};

use super::{
    Faults,
    reader::{Section, read_document, way_out},
};

/// A colour as a theme names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Color {
    /// The terminal's own foreground or background.
    #[default]
    Reset,
    /// One of 256; 0 to 15 are the terminal's own colours, so these are what the names mean.
    Indexed(u8),
    /// 24 bits.
    Rgb(u8, u8, u8),
}

/// Whether a theme is made for a dark or a light background.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Appearance {
    /// Either: the terminal's own.
    #[default]
    Any,
    /// Dark background.
    Dark,
    /// Light background.
    Light,
}

macro_rules! meanings {
    ($($section:literal { $($(#[$doc:meta])* $name:ident $key:literal,)* })*) => {
        /// What a colour says. The one list of them: theme files, drawing and tests are made from it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Meaning { $($($(#[$doc])* $name,)*)* }

        impl Meaning {
            /// Every meaning.
            pub const ALL: &[Self] = &[$($(Self::$name,)*)*];

            /// The table of a theme file it stands in.
            pub const fn section(self) -> &'static str {
                match self { $($(Self::$name => $section,)*)* }
            }

            /// Its key in that table.
            pub const fn key(self) -> &'static str {
                match self { $($(Self::$name => $key,)*)* }
            }
        }

        /// The tables of a theme file.
        pub(super) const SECTIONS: &[&str] = &[$($section,)*];
    };
}

meanings! {
    "ui" {
        /// Behind everything.
        Background "background",
        /// Ordinary text.
        Text "text",
        /// Less important text: units, ages, empty states.
        Dim "dim",
        /// Pane titles.
        Title "title",
        /// The border of a pane without the focus.
        Border "border",
        /// The border of the pane with the focus.
        BorderFocus "border_focus",
        /// Behind the selected row.
        Selection "selection",
        /// The text of the selected row.
        SelectionText "selection_text",
        /// What is to catch the eye: the cursor, a match, a number that changed.
        Accent "accent",
        /// Keys in hints and help.
        KeyHint "key_hint",
        /// Behind an overlay.
        Overlay "overlay",
    }
    "state" {
        /// Well: connected, acknowledged.
        Ok "ok",
        /// To be watched: waiting, lagging, evicting.
        Warn "warn",
        /// Failed, refused, lost.
        Error "error",
        /// Worth knowing.
        Info "info",
        /// A retained message.
        Retained "retained",
        /// A message sent from here.
        Sent "sent",
        /// Just arrived.
        Fresh "fresh",
        /// Silent for long.
        Stale "stale",
    }
    "json" {
        /// An object's key.
        JsonKey "key",
        /// A string.
        JsonString "string",
        /// A number.
        JsonNumber "number",
        /// `true`, `false`.
        JsonBoolean "boolean",
        /// `null`.
        JsonNull "null",
        /// Braces, brackets, commas, colons.
        JsonPunctuation "punctuation",
    }
}

/// A colour for every meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// As shown: `Harbor`.
    pub name: String,
    /// Which background it is made for.
    pub appearance: Appearance,
    colors: [Color; Meaning::ALL.len()],
    palette: BTreeMap<String, Color>,
}

/// The themes that come with the program: file stem and text. The first is the default.
pub const SHIPPED_THEMES: &[(&str, &str)] = &[
    ("terminal", include_str!("../../themes/terminal.toml")),
    ("harbor", include_str!("../../themes/harbor.toml")),
];

impl Theme {
    /// The colour that says `meaning`.
    pub fn color(&self, meaning: Meaning) -> Color {
        self.colors.get(meaning as usize).copied().unwrap_or_default()
    }

    /// Loads `DIR/themes/<name>.toml`, or the shipped theme of that name.
    pub fn load(config_dir: &Path, name: &str) -> Result<Self, Faults> {
        load_chain(config_dir, name, &mut Vec::new())
    }

    fn blank() -> Self {
        Self {
            name: String::new(),
            appearance: Appearance::Any,
            colors: [Color::Reset; Meaning::ALL.len()],
            palette: BTreeMap::new(),
        }
    }
}

impl Default for Theme {
    /// `terminal`: the user's own 16 colours.
    fn default() -> Self {
        Self::load(Path::new(""), "terminal").expect("the shipped default theme is tested to load")
    }
}

/// The names of the themes there are: the user's and the shipped ones.
pub fn theme_names(config_dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = SHIPPED_THEMES.iter().map(|(name, _)| (*name).into()).collect();
    for stem in super::files::toml_stems(&config_dir.join("themes")) {
        if !names.contains(&stem) {
            names.push(stem);
        }
    }
    names
}

/// `seen` holds the themes on the way here, so that a circle is found and the depth stays small.
fn load_chain(config_dir: &Path, name: &str, seen: &mut Vec<String>) -> Result<Theme, Faults> {
    let own = config_dir.join("themes").join(format!("{name}.toml"));
    let shipped = SHIPPED_THEMES.iter().find(|(stem, _)| *stem == name);
    let (file, text) = match (fs::read_to_string(&own), shipped) {
        // a user's theme may carry a shipped one's name and inherit from it
        (Ok(text), _) if !seen.iter().any(|other| other == name) => (own.display().to_string(), text),
        (_, Some((stem, text))) => (format!("themes/{stem}.toml"), (*text).to_owned()),
        (Err(error), None) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(unknown_theme(config_dir, name));
        }
        (Err(error), None) => return Err(Faults::of_file(own.display().to_string(), error.to_string())),
        (Ok(_), None) => {
            let file = own.display().to_string();
            return Err(Faults::of_file(
                file,
                format!("theme \"{name}\" inherits from itself"),
            ));
        }
    };
    let is_root = name == "terminal" && (seen.iter().any(|other| other == name) || !own.exists());
    seen.push(name.into());
    read_document(&file, &text, |top| {
        let parent = top.string("inherits");
        let base = if is_root && parent.is_none() {
            Theme::blank()
        } else {
            match load_chain(config_dir, parent.unwrap_or("terminal"), seen) {
                Ok(theme) => theme,
                Err(faults) => {
                    for fault in faults.0 {
                        top.fault("inherits", format!("cannot inherit: {fault}"));
                    }
                    Theme::blank()
                }
            }
        };
        Some(read_theme(&top, base, name))
    })
}

fn unknown_theme(config_dir: &Path, name: &str) -> Faults {
    let names = theme_names(config_dir);
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    Faults::of_file(
        config_dir.join("themes").display().to_string(),
        format!("no theme \"{name}\"{}", way_out(name, &known)),
    )
}

/// The keys of a theme file beside its tables of colours.
pub(super) const KEYS: &[&str] = &["name", "appearance", "inherits", "palette"];

fn read_theme(top: &Section<'_>, mut theme: Theme, stem: &str) -> Theme {
    top.only(&[KEYS, SECTIONS].concat());
    theme.name = top.string("name").unwrap_or(stem).into();
    if let Some(appearance) = top.parsed("appearance", parse_appearance) {
        theme.appearance = appearance;
    }
    if let Some(palette) = top.section("palette") {
        for key in palette.keys() {
            if let Some(color) = palette.parsed(key, parse_color) {
                theme.palette.insert(key.into(), color);
            }
        }
    }
    for &name in SECTIONS {
        if let Some(section) = top.section(name) {
            read_colors(&section, name, &mut theme);
        }
    }
    theme
}

fn read_colors(section: &Section<'_>, name: &str, theme: &mut Theme) {
    let meanings = || Meaning::ALL.iter().filter(|meaning| meaning.section() == name);
    let known: Vec<&str> = meanings().map(|meaning| meaning.key()).collect();
    section.only(&known);
    for &meaning in meanings() {
        let color = section.parsed(meaning.key(), |text| match theme.palette.get(text) {
            Some(&color) => Ok(color),
            None => parse_color(text).map_err(|error| palette_hint(&error, theme)),
        });
        if let (Some(color), Some(place)) = (color, theme.colors.get_mut(meaning as usize)) {
            *place = color;
        }
    }
}

fn palette_hint(error: &str, theme: &Theme) -> String {
    if theme.palette.is_empty() {
        return error.into();
    }
    let names: Vec<&str> = theme.palette.keys().map(String::as_str).collect();
    format!("{error}, or one of [palette]: {}", names.join(", "))
}

fn parse_appearance(text: &str) -> Result<Appearance, String> {
    match text {
        "dark" => Ok(Appearance::Dark),
        "light" => Ok(Appearance::Light),
        "any" => Ok(Appearance::Any),
        _ => Err(format!("\"{text}\" is no appearance; use dark, light or any")),
    }
}

const ANSI_NAMES: [&str; 16] = [
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

/// An ANSI name (`red`, `light-red`, also `bright-red`), `0` to `255`, `#rrggbb`, or `reset`.
fn parse_color(text: &str) -> Result<Color, String> {
    let bad = || {
        format!(
            "\"{text}\" is no colour; use an ANSI name (red, light-red), 0 to 255, \"#rrggbb\" or \"reset\""
        )
    };
    if let Some(hex) = text.strip_prefix('#') {
        let is_six = hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = u32::from_str_radix(hex, 16).ok().filter(|_| is_six);
        let [_, red, green, blue] = value.ok_or_else(bad)?.to_be_bytes();
        return Ok(Color::Rgb(red, green, blue));
    }
    if let Ok(index) = text.parse() {
        return Ok(Color::Indexed(index));
    }
    let name = match text {
        "reset" | "default" => return Ok(Color::Reset),
        "gray" | "grey" | "dark-gray" | "dark-grey" => "light-black".to_owned(),
        _ => text.replacen("bright-", "light-", 1),
    };
    let index = ANSI_NAMES.iter().position(|ansi| *ansi == name).ok_or_else(bad)?;
    Ok(Color::Indexed(index as u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_colour_is_read() {
        for (text, color) in [
            ("reset", Color::Reset),
            ("red", Color::Indexed(1)),
            ("light-red", Color::Indexed(9)),
            ("bright-red", Color::Indexed(9)),
            ("gray", Color::Indexed(8)),
            ("208", Color::Indexed(208)),
            ("#0A0b0c", Color::Rgb(10, 11, 12)),
        ] {
            assert_eq!(parse_color(text), Ok(color), "{text}");
        }
        for text in ["256", "#12345", "#1234567", "#+12345", "rad", ""] {
            assert!(parse_color(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_shipped_theme_loads_and_the_default_states_every_meaning() {
        for (name, _) in SHIPPED_THEMES {
            Theme::load(Path::new("/nowhere"), name).unwrap();
        }
        let text = SHIPPED_THEMES[0].1;
        let document = toml_edit::Document::parse(text).unwrap();
        for meaning in Meaning::ALL {
            let section = document[meaning.section()].as_table_like().unwrap();
            assert!(section.contains_key(meaning.key()), "{meaning:?}");
        }
    }

    #[test]
    fn text_of_harbor_is_readable_on_its_backgrounds() {
        let theme = Theme::load(Path::new("/nowhere"), "harbor").unwrap();
        let backgrounds = [Meaning::Background, Meaning::Overlay];
        for &meaning in Meaning::ALL {
            if backgrounds.contains(&meaning) || meaning == Meaning::Selection {
                continue;
            }
            let behind = match meaning {
                Meaning::SelectionText => &[Meaning::Selection][..],
                _ => &backgrounds,
            };
            for &background in behind {
                let ratio = contrast(theme.color(meaning), theme.color(background));
                assert!(ratio >= 4.5, "{meaning:?} on {background:?}: {ratio:.2}");
            }
        }
    }

    /// WCAG 2.1 contrast ratio.
    fn contrast(a: Color, b: Color) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(color: Color) -> f64 {
        let Color::Rgb(red, green, blue) = color else {
            panic!("{color:?} has no luminance of its own")
        };
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }
}
