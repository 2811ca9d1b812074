use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use crate::program::{Home, Ran};

fn import(home: &Home, more: &[&str], name: &str) -> Ran {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cli/imports")
        .join(name);
    home.run(&[&["profiles", "import"], more, &[file.to_str().unwrap()]].concat())
}

fn profile(home: &Home, name: &str) -> String {
    let ran = home.run(&["profiles", "show", name]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{name}");
    ran.stdout
}

fn folder(home: &Home) -> String {
    home.path().join(".config/mqttscope").display().to_string()
}

/// Every file is valid, private, and no profile holds a password.
fn is_safe(home: &Home) {
    let ran = home.run(&["config", "check"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for sub in ["profiles", "passwords"] {
        let Ok(entries) = fs::read_dir(Path::new(&folder(home)).join(sub)) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            let has_password = fs::read_to_string(&path).unwrap().contains("hunter2");
            assert_eq!(has_password, sub == "passwords", "{}", path.display());
        }
    }
}

#[test]
fn mqttx_export_becomes_profiles_and_what_has_no_place_is_said() {
    let home = Home::new();
    let ran = import(&home, &[], "mqttx.json");
    let expected = format!(
        "\
Home - lab: written to {0}/profiles/Home - lab.toml
  password in {0}/passwords/Home - lab, readable by you alone
  subscription \"bad#\" left out: `#` must be alone in the last level, as in `a/#` (MQTT-4.7.1-1)
  1 messages left out: this version keeps no recordings
  MQTT 5 properties left out: they are flags here (-D, -x)
far: 99999 is no port: left out
",
        folder(&home)
    );
    assert_eq!((ran.code, ran.stdout, ran.stderr.as_str()), (1, expected, ""));
    let text = profile(&home, "Home - lab");
    for part in [
        "url = \"mqtts://pi.lan\"\n",
        "protocol = \"5\"\n",
        "username = \"dash\"\n",
        "password_file = \"passwords/Home - lab\"\n",
        "client_id = \"mqttx_0a1b2c3d\"\n",
        "keepalive = \"60s\"\n",
        "clean_start = false\n",
        "subscribe = [{ topic = \"home/#\", qos = 1, no_local = true, retain_as_published = false, retain_handling = 2 }]\n",
        "topic = \"clients/dash\"\n",
        "ca = \"/home/me/ca.pem\"",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    is_safe(&home);
}

#[test]
fn mqtt_explorer_settings_become_profiles_and_names_alike_stay_apart() {
    let home = Home::new();
    let ran = import(&home, &[], "explorer-settings.json");
    let expected = format!(
        "\
Plant: written to {0}/profiles/Plant.toml
Plant-2: written to {0}/profiles/Plant-2.toml
  password in {0}/passwords/Plant-2, readable by you alone
  certificates left out: write them to files and name these in [tls]
",
        folder(&home)
    );
    assert_eq!((ran.code, ran.stdout, ran.stderr.as_str()), (0, expected, ""));
    let first = profile(&home, "Plant");
    assert!(
        first.contains("url = \"mqtt://plant.lan:1884\"") && first.contains("\"plant/#\""),
        "{first}"
    );
    let second = profile(&home, "Plant-2");
    assert!(
        second.contains("url = \"mqtts://10.0.0.7\"") && second.contains("insecure = true"),
        "{second}"
    );
    let ran = home.run(&["profiles", "ls"]);
    assert_eq!(
        ran.stdout,
        "Plant    mqtt://plant.lan:1884\nPlant-2  mqtts://10.0.0.7\n"
    );
    is_safe(&home);
}

#[test]
fn mqttfx_configuration_and_mosquitto_options_become_profiles() {
    let home = Home::new();
    let ran = import(&home, &[], "mqttfx-config.xml");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(
        ran.stdout
            .ends_with("  predefined messages left out: this version keeps no library\n")
    );
    let text = profile(&home, "local mosquitto");
    assert!(
        text.contains("url = \"mqtt://127.0.0.1\"\nprotocol = \"3.1.1\"\nusername = \"fx\"\n")
            && text.contains("keepalive = \"45s\""),
        "{text}"
    );
    let ran = import(&home, &[], "mosquitto_sub");
    assert_eq!(ran.code, 0, "{ran:?}");
    let text = profile(&home, "mosquitto_sub");
    assert!(
        text.contains("url = \"mqtt://broker.example:1885\"\n")
            && text.contains("subscribe = [{ topic = \"sensors/#\", qos = 1 }]"),
        "{text}"
    );
    is_safe(&home);
}

#[test]
fn nothing_is_replaced_without_force() {
    let home = Home::new();
    let mine = "# mine\nurl = \"mqtt://mine\"\n";
    home.write("profiles/mosquitto_sub.toml", mine);
    let ran = import(&home, &[], "mosquitto_sub");
    let expected = format!(
        "mosquitto_sub: {}/profiles/mosquitto_sub.toml is there already; --force replaces it\n",
        folder(&home)
    );
    assert_eq!((ran.code, ran.stdout), (1, expected));
    assert_eq!(profile(&home, "mosquitto_sub"), mine);
    assert!(!home.path().join(".config/mqttscope/passwords").exists());
    assert_eq!(import(&home, &["--force"], "mosquitto_sub").code, 0);
    let text = profile(&home, "mosquitto_sub");
    assert!(
        text.starts_with("# mine\nurl = \"mqtt://broker.example:1885\"\n"),
        "{text}"
    );
}

#[test]
fn removed_profile_is_gone_and_an_unknown_one_removes_nothing() {
    let home = Home::new();
    home.write("profiles/lab.toml", "url = \"mqtt://pi\"\n");
    let ran = home.run(&["profiles", "rm", "lab", "lba"]);
    let expected = format!(
        "mqttscope: no profile \"lba\" in {}/profiles; did you mean @lab?\n",
        folder(&home)
    );
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr), (2, "", expected));
    let ran = home.run(&["profiles", "rm", "lab"]);
    assert_eq!(
        (ran.code, ran.stdout),
        (0, format!("{}/profiles/lab.toml: deleted\n", folder(&home)))
    );
    assert_eq!(home.run(&["profiles", "ls"]).stdout, "");
}

#[test]
fn file_that_is_no_export_is_told_so() {
    let home = Home::new();
    for (text, expected) in [
        (
            "{\"a\": 1}",
            "is no export of MQTTX and no settings.json of MQTT Explorer: no host in it",
        ),
        (
            "<a/>",
            "has no connectionProfile in it: it is no configuration of MQTT.fx",
        ),
        ("{", "is no JSON: EOF while parsing an object at line 1 column 1"),
    ] {
        let file = home.path().join("file");
        fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();
        let ran = home.run(&["profiles", "import", file]);
        assert_eq!(
            (ran.code, ran.stdout.as_str(), ran.stderr),
            (1, "", format!("mqttscope: {file}: {expected}\n"))
        );
    }
}
