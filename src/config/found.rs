//! Connections of other programs that `profiles import` reads, where those programs keep them.

use std::path::{Path, PathBuf};

/// Below the home folder: MQTT Explorer (both names occur), MQTT.fx, mosquitto's clients.
const PLACES: &[&str] = &[
    ".config/MQTT-Explorer/settings.json",
    ".config/MQTT Explorer/settings.json",
    "MQTT-FX/mqttfx-config.xml",
    "Library/Application Support/MQTT-FX/mqttfx-config.xml",
    ".config/mosquitto_sub",
    ".config/mosquitto_pub",
];

/// The files that exist; a look at a few names, nothing is read.
pub fn importable(home: &Path) -> Vec<PathBuf> {
    PLACES
        .iter()
        .map(|place| home.join(place))
        .filter(|path| path.is_file())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_programs_left_is_found() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(importable(home.path()), Vec::<PathBuf>::new());
        let file = home.path().join(".config/mosquitto_sub");
        std::fs::create_dir_all(home.path().join(".config")).unwrap();
        std::fs::write(&file, "-h pi\n").unwrap();
        assert_eq!(importable(home.path()), [file]);
    }
}
