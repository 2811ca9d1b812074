//! First files for who wants to change something: every line a comment that shows the default.

use std::path::PathBuf;

use super::{Faults, Paths, SHIPPED_PROFILES, files};

/// The settings, commented.
const SETTINGS: &str = include_str!("default-config.toml");

/// A file that was to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Initial {
    /// Where.
    pub path: PathBuf,
    /// Whether it was written; a file that was there is kept.
    pub is_new: bool,
}

/// Writes `config.toml`, `keys.toml` and a first profile where none of that name is; overwrites nothing.
pub fn init(paths: &Paths, default_keys: &str) -> Result<Vec<Initial>, Faults> {
    let profile = SHIPPED_PROFILES.iter().find(|(name, _)| *name == "local");
    let profile = profile.map(|(name, text)| (paths.profile(name), (*text).to_owned()));
    let settings = (paths.settings(), SETTINGS.to_owned());
    let keys = (paths.keys(), commented(default_keys));
    [settings, keys]
        .into_iter()
        .chain(profile)
        .map(|(path, text)| {
            let is_new = std::fs::symlink_metadata(&path).is_err();
            if is_new {
                files::write_private(&path, text.as_bytes())
                    .map_err(|error| Faults::of_file(path.display().to_string(), error.to_string()))?;
            }
            Ok(Initial { path, is_new })
        })
        .collect()
}

/// Values become comments; sections stay, so that taking a `#` away is enough.
fn commented(toml: &str) -> String {
    let lines = toml.lines().map(|line| {
        if line.is_empty() || line.starts_with(['#', '[']) {
            format!("{line}\n")
        } else {
            format!("# {line}\n")
        }
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    #[test]
    fn every_setting_is_shown_with_a_value_it_takes() {
        let lines = SETTINGS
            .lines()
            .filter_map(|line| line.strip_prefix("# ").filter(|line| line.contains(" = ")));
        let text = lines.collect::<Vec<_>>().join("\n");
        let shown = Settings::read("config.toml", &text).unwrap();
        assert_eq!(
            text.lines().count(),
            format!("{shown:?}").matches("Some(").count()
        );
        assert!(!format!("{shown:?}").contains("None"), "{shown:?}");
        assert_eq!(Settings::read("config.toml", SETTINGS), Ok(Settings::default()));
    }

    #[test]
    fn keys_are_comments_below_their_sections() {
        let text = "# about\n\n[move]\nup = [\"k\"]\n";
        assert_eq!(commented(text), "# about\n\n[move]\n# up = [\"k\"]\n");
    }
}
