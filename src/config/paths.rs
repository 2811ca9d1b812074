//! Where files lie: the XDG folders on Unix, macOS included; what Windows calls them there.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

/// The folders of this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// `config.toml`, `keys.toml`, `profiles/`, `themes/`.
    pub config: PathBuf,
    /// What the user makes: recordings, drafts.
    pub data: PathBuf,
    /// What may be lost: logs, histories.
    pub state: PathBuf,
}

impl Paths {
    /// The folders of this user; `config` replaces the first (`--config DIR`). Nothing is created.
    /// The error says in words what is missing.
    pub fn find(config: Option<&Path>) -> Result<Self, String> {
        let found = Self::of_system(|name| env::var_os(name));
        match (config, found) {
            (Some(dir), Some(paths)) => Ok(Self {
                config: dir.into(),
                ..paths
            }),
            (Some(dir), None) => Ok(Self {
                config: dir.into(),
                data: dir.join("data"),
                state: dir.join("state"),
            }),
            (None, Some(paths)) => Ok(paths),
            (None, None) => Err("no home directory is known; set HOME or use --config DIR".into()),
        }
    }

    #[cfg(not(windows))]
    fn of_system(variable: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        // the XDG specification: a relative path is to be ignored
        let absolute = |name: &str| {
            variable(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let home = absolute("HOME");
        let dir = |name: &str, fallback: &str| {
            let base = absolute(name).or_else(|| Some(home.as_ref()?.join(fallback)))?;
            Some(base.join("mqttscope"))
        };
        Some(Self {
            config: dir("XDG_CONFIG_HOME", ".config")?,
            data: dir("XDG_DATA_HOME", ".local/share")?,
            state: dir("XDG_STATE_HOME", ".local/state")?,
        })
    }

    #[cfg(windows)]
    fn of_system(_variable: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let dirs = directories::ProjectDirs::from("", "", "mqttscope")?;
        Some(Self {
            config: dirs.config_dir().into(),
            data: dirs.data_dir().into(),
            state: dirs.data_local_dir().join("state"),
        })
    }

    /// The file of a profile.
    pub fn profile(&self, name: &str) -> PathBuf {
        self.config.join("profiles").join(format!("{name}.toml"))
    }

    /// The settings.
    pub fn settings(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The key bindings.
    pub fn keys(&self) -> PathBuf {
        self.config.join("keys.toml")
    }
}

/// `~/x` under the home directory; any other path relative to `base`.
pub(super) fn expand(path: &Path, base: &Path) -> PathBuf {
    match (path.strip_prefix("~"), env::var_os("HOME")) {
        (Ok(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => base.join(path),
    }
}

#[cfg(not(windows))]
#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Option<Paths> {
        Paths::of_system(|name| {
            let (_, value) = variables.iter().find(|(other, _)| *other == name)?;
            Some(value.into())
        })
    }

    #[test]
    fn folders_are_xdgs_with_the_home_as_fall_back() {
        let paths = of(&[("HOME", "/home/ada"), ("XDG_STATE_HOME", "/var/s")]).unwrap();
        assert_eq!(paths.config, Path::new("/home/ada/.config/mqttscope"));
        assert_eq!(paths.data, Path::new("/home/ada/.local/share/mqttscope"));
        assert_eq!(paths.state, Path::new("/var/s/mqttscope"));
    }

    #[test]
    fn relative_xdg_path_is_ignored_and_no_home_is_no_folder() {
        let paths = of(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "here")]).unwrap();
        assert_eq!(paths.config, Path::new("/h/.config/mqttscope"));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn given_folder_replaces_the_config_only() {
        let paths = Paths::find(Some(Path::new("/tmp/c"))).unwrap();
        assert_eq!(paths.profile("lab"), Path::new("/tmp/c/profiles/lab.toml"));
        assert_eq!(
            (paths.settings(), paths.keys()),
            ("/tmp/c/config.toml".into(), "/tmp/c/keys.toml".into())
        );
    }
}
