//! What the environment says, below the command line: `MQTTSCOPE_*`, then mqttui's and mqttcli's variables.

use std::{collections::BTreeMap, env};

/// The variables that matter here, read once.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

/// Where each connection setting is looked for; the first that is set and not empty counts.
const URL: &[&str] = &["MQTTSCOPE_URL", "MQTTUI_BROKER"];
const HOST: &[&str] = &["MQTTSCOPE_HOST", "MQTT_HOST"];
const PORT: &[&str] = &["MQTTSCOPE_PORT", "MQTT_PORT"];
const USERNAME: &[&str] = &["MQTTSCOPE_USERNAME", "MQTTUI_USERNAME", "MQTT_USERNAME"];
const PASSWORD: &[&str] = &["MQTTSCOPE_PASSWORD", "MQTTUI_PASSWORD", "MQTT_PASSWORD"];

impl Environment {
    /// The process's own.
    pub fn of_process() -> Self {
        let pairs = env::vars_os().filter_map(|(name, value)| {
            let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
            (!value.is_empty()).then_some((name, value))
        });
        Self(pairs.collect())
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn first(&self, names: &[&'static str]) -> Option<(&'static str, &str)> {
        names.iter().find_map(|name| Some((*name, self.get(name)?)))
    }

    /// A broker's URL, with the variable's name.
    pub fn url(&self) -> Option<(&'static str, &str)> {
        self.first(URL)
    }

    /// A broker's host, with the variable's name.
    pub fn host(&self) -> Option<(&'static str, &str)> {
        self.first(HOST)
    }

    /// A broker's port, with the variable's name.
    pub fn port(&self) -> Option<(&'static str, &str)> {
        self.first(PORT)
    }

    /// A user name.
    pub fn username(&self) -> Option<&str> {
        self.first(USERNAME).map(|(_, value)| value)
    }

    /// The name of the variable that holds a password.
    pub fn password_variable(&self) -> Option<&'static str> {
        self.first(PASSWORD).map(|(name, _)| name)
    }

    /// The names of the variables that say something about a connection, in the order they are looked at.
    pub fn connection_variables(&self) -> Vec<&'static str> {
        [URL, HOST, PORT, USERNAME, PASSWORD]
            .into_iter()
            .filter_map(|names| self.first(names).map(|(name, _)| name))
            .collect()
    }

    /// Whether colours are unwanted (<https://no-color.org>), unless forced.
    pub fn no_color(&self) -> bool {
        let is_forced = self.get("CLICOLOR_FORCE").is_some_and(|value| value != "0");
        !is_forced && (self.get("NO_COLOR").is_some() || self.get("TERM") == Some("dumb"))
    }

    /// Whether the terminal can draw ASCII only, as far as the environment tells.
    pub fn ascii(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .find_map(|name| self.get(name));
        let is_utf8 = locale.is_none_or(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        !is_utf8 || matches!(self.get("TERM"), Some("linux" | "dumb"))
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(pairs.map(|(name, value)| (name.into(), value.into())).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_variables_win_over_those_of_others() {
        let both = Environment::from([
            ("MQTT_HOST", "a"),
            ("MQTTSCOPE_HOST", "b"),
            ("MQTT_PASSWORD", "x"),
        ]);
        assert_eq!(both.host(), Some(("MQTTSCOPE_HOST", "b")));
        assert_eq!(both.password_variable(), Some("MQTT_PASSWORD"));
        assert_eq!(both.url(), None);
    }

    #[test]
    fn colour_and_ascii_follow_the_terminal() {
        for (name, value, no_color, ascii) in [
            ("NO_COLOR", "1", true, false),
            ("TERM", "dumb", true, true),
            ("TERM", "linux", false, true),
            ("LANG", "C", false, true),
            ("LANG", "de_DE.UTF-8", false, false),
            ("CLICOLOR_FORCE", "1", false, false),
        ] {
            let environment = Environment::from([(name, value)]);
            assert_eq!(
                (environment.no_color(), environment.ascii()),
                (no_color, ascii),
                "{name}={value}"
            );
        }
        assert!(!Environment::from([("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]).no_color());
    }
}
