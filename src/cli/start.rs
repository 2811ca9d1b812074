//! What the TUI is started with: flags over environment over files, every fault of the files at once.

use std::path::PathBuf;

use super::{
    Environment, Failure,
    args::{ConnectionArgs, ScreenArgs},
};
use crate::{
    config::{self, Faults, KeyBindings, Paths, Profile, Settings, Theme},
    source::{Clock, Limits},
    text::{self, Glyphs},
};

/// Bytes of one payload kept by default, where the memory is large enough.
const DEFAULT_PAYLOAD: u64 = 16 << 20;

/// Everything the TUI needs to know at its start.
#[derive(Debug)]
pub struct TuiRequest {
    /// Where files lie.
    pub paths: Paths,
    /// Started with the program.
    pub clock: Clock,
    /// Profiles that have a file: to be listed.
    pub profiles: Vec<Profile>,
    /// To be connected at once; none: the connections screen.
    pub targets: Vec<Profile>,
    /// To be said when the screen is up.
    pub notes: Vec<String>,
    /// The theme's file stem.
    pub theme_name: String,
    /// Colours.
    pub theme: Theme,
    /// Key bindings of the user, not yet resolved.
    pub keys: KeyBindings,
    /// Sizes each connection keeps to.
    pub limits: Limits,
    /// Bytes of messages to remember.
    pub max_memory: u64,
    /// Frames a second under traffic, if the user has an opinion.
    pub fps: Option<u8>,
    /// Take the mouse.
    pub has_mouse: bool,
    /// Which characters may be drawn.
    pub glyphs: Glyphs,
    /// Colours may be used.
    pub has_color: bool,
    /// Where the summary goes, too.
    pub summary_json: Option<PathBuf>,
    /// Devices and broker of `demo`; they end when this is dropped.
    pub demo: Option<super::demo::RunningDemo>,
}

impl TuiRequest {
    /// Reads the files and lets flags and environment win over them.
    pub fn read(
        screen: &ScreenArgs,
        connection: &ConnectionArgs,
        environment: &Environment,
        paths: Paths,
        clock: Clock,
    ) -> Result<Self, Failure> {
        let mut faults = Vec::new();
        let settings = keep(&mut faults, Settings::load(&paths.settings())).unwrap_or_default();
        let keys = keep(&mut faults, KeyBindings::load(&paths.keys())).unwrap_or_default();
        let name = screen
            .theme
            .as_deref()
            .or(settings.theme.as_deref())
            .unwrap_or("terminal");
        let theme = keep(&mut faults, Theme::load(&paths.config, name));
        let theme = match theme {
            Some(theme) if faults.is_empty() => theme,
            _ => return Err(Faults(faults).into()),
        };
        let max_memory = screen
            .max_memory
            .or(settings.max_memory)
            .unwrap_or_else(default_memory);
        let wanted_payload = connection.max_payload.or(settings.max_payload);
        let most_payload = max_memory / 8;
        let max_packet = connection
            .max_packet_size
            .or(settings.max_packet_size)
            .unwrap_or(256 << 20);
        let is_ascii = screen.ascii || settings.ascii.unwrap_or_else(|| environment.ascii());
        let (profiles, mut notes) = listed(&paths, connection.read_only);
        if wanted_payload.is_some_and(|wanted| wanted > most_payload) {
            let most = text::size_long(most_payload);
            notes.push(format!(
                "payloads above {most} are kept in part: an eighth of the memory is the most for one; raise --max-memory"
            ));
        }
        Ok(Self {
            clock,
            profiles,
            targets: Vec::new(),
            notes,
            theme_name: name.into(),
            theme,
            keys,
            limits: Limits {
                max_payload: wanted_payload
                    .unwrap_or(DEFAULT_PAYLOAD.min(max_memory / 16))
                    .min(most_payload) as usize,
                max_watched: most_payload as usize,
                max_packet: max_packet as usize,
                in_flight: (max_memory / 32).clamp(1 << 20, 8 << 20) as usize,
            },
            max_memory,
            fps: screen.fps.or(settings.fps),
            has_mouse: !screen.no_mouse && settings.mouse.unwrap_or(true),
            glyphs: if is_ascii { Glyphs::Ascii } else { Glyphs::Unicode },
            has_color: !screen.no_color && !environment.no_color(),
            summary_json: screen.summary_json.clone(),
            demo: None,
            paths,
        })
    }
}

/// The user's profiles; a faulty one is said and not listed, so that it does not keep the others from use.
fn listed(paths: &Paths, read_only: bool) -> (Vec<Profile>, Vec<String>) {
    let (mut profiles, mut notes) = (Vec::new(), Vec::new());
    for name in config::profile_names(paths) {
        match config::load_profile(paths, &name) {
            Some(Ok(mut profile)) => {
                profile.read_only |= read_only;
                profiles.push(profile);
            }
            Some(Err(faults)) => notes.extend(faults.0.iter().map(ToString::to_string)),
            None => notes.push(format!("{}: is no profile name", paths.profile(&name).display())),
        }
    }
    (profiles, notes)
}

fn keep<T>(faults: &mut Vec<config::Fault>, result: Result<T, Faults>) -> Option<T> {
    result.map_err(|found| faults.extend(found.0)).ok()
}

/// A quarter of the memory there is, 256 MiB at most; that much where nobody tells.
fn default_memory() -> u64 {
    const MOST: u64 = 256 << 20;
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    quarter_of_memory(&text).map_or(MOST, |quarter| quarter.clamp(1 << 20, MOST))
}

fn quarter_of_memory(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024 / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(screen: &ScreenArgs, files: &[(&str, &str)]) -> Result<TuiRequest, Failure> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("profiles")).unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let paths = Paths::find(Some(dir.path())).unwrap();
        TuiRequest::read(
            screen,
            &ConnectionArgs::default(),
            &Environment::default(),
            paths,
            Clock::start(),
        )
    }

    #[test]
    fn flags_win_over_settings_and_settings_over_defaults() {
        let text = "theme = \"harbor\"\nmax_memory = \"8M\"\nfps = 20\nmouse = false\n";
        let flags = ScreenArgs {
            fps: Some(5),
            ..ScreenArgs::default()
        };
        let request = read(&flags, &[("config.toml", text)]).unwrap();
        assert_eq!(request.theme.name, "Harbor");
        assert_eq!(
            (request.fps, request.has_mouse, request.max_memory),
            (Some(5), false, 8 << 20)
        );
        assert_eq!(request.limits.max_payload, 1 << 19, "a sixteenth of the memory");
        assert_eq!(request.notes, [""; 0]);
        let text = "max_memory = \"8M\"\nmax_payload = \"2M\"\n";
        let request = read(&ScreenArgs::default(), &[("config.toml", text)]).unwrap();
        assert_eq!(
            request.limits.max_payload,
            1 << 20,
            "what is asked for, up to an eighth"
        );
        assert!(
            request.notes[0].starts_with("payloads above 1 MiB are kept in part"),
            "{:?}",
            request.notes
        );
        let request = read(&ScreenArgs::default(), &[]).unwrap();
        assert_eq!(
            (request.theme.name.as_str(), request.has_mouse, request.fps),
            ("Terminal", true, None)
        );
    }

    #[test]
    fn faults_of_all_files_are_told_at_once() {
        let files = [("config.toml", "theme = \"nope\"\n"), ("keys.toml", "x = 1\n")];
        let failure = read(&ScreenArgs::default(), &files).unwrap_err();
        let said = failure.to_string();
        assert!(
            said.contains("keys.toml:1:") && said.contains("no theme \"nope\""),
            "{said}"
        );
        assert_eq!(failure.exit, super::super::Exit::Usage);
    }

    #[test]
    fn faulty_profile_is_said_and_the_others_are_listed() {
        let files = [
            ("profiles/lab.toml", "url = \"pi\"\n"),
            ("profiles/bad.toml", "url = 5\n"),
        ];
        let request = read(&ScreenArgs::default(), &files).unwrap();
        assert_eq!(request.profiles.len(), 1);
        assert!(request.notes[0].contains("bad.toml:1: "), "{:?}", request.notes);
    }

    #[test]
    fn memory_is_a_quarter() {
        assert_eq!(
            quarter_of_memory("MemTotal:  400 kB\nMemFree: 1 kB\n"),
            Some(102_400)
        );
        assert_eq!(quarter_of_memory("nothing"), None);
    }
}
