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
    for sub in ["profiles", "passwords", "certificates"] {
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
  receiveMaximum left out: \"70000\" is no number from 1 to 1024
  authentication data left out; use authentication_data_command or _file
  its group left out: an export of MQTTX does not say the group's name
  the time behind the client id left out
far: 99999 is no port: left out
",
        folder(&home)
    );
    assert_eq!((ran.code, ran.stdout, ran.stderr.as_str()), (1, expected, ""));
    let text = profile(&home, "Home - lab");
    for part in [
        "url = \"mqtts://pi.lan\"\n",
        "authentication_method = \"SCRAM-SHA-256\"\n",
        "protocol = \"5\"\n",
        "username = \"dash\"\n",
        "password_file = \"passwords/Home - lab\"\n",
        "client_id = \"mqttx_0a1b2c3d\"\n",
        "keepalive = \"60s\"\n",
        "clean_start = false\n",
        "subscribe = [{ topic = \"home/#\", qos = 1, no_local = true, retain_as_published = false, retain_handling = 2, subscription_identifier = 7, user_properties = [[\"why\", \"test\"]] }]\n",
        "topic = \"clients/dash\"\n",
        "ca = \"/home/me/ca.pem\"",
        "[properties.connect]\nsession_expiry_interval = \"100s\"\nuser_properties = [[\"site\", \"lab\"], [\"site\", \"attic\"]]\n",
        "will_delay_interval = \"30s\"\npayload_format_indicator = true\ncontent_type = \"text/plain\"\n",
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
  ca in {0}/certificates/Plant-2-ca.pem, readable by you alone
  password in {0}/passwords/Plant-2, readable by you alone
  cert left out: \"c.pem\" is no PEM file in base64
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
        (
            0,
            format!(
                "{}/profiles/lab.toml: deleted; its text is kept in {}/.local/state/mqttscope/deleted/lab.toml\n",
                folder(&home),
                home.path().display()
            )
        )
    );
    let kept = home.path().join(".local/state/mqttscope/deleted/lab.toml");
    assert_eq!(fs::read_to_string(kept).unwrap(), "url = \"mqtt://pi\"\n");
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

#[test]
fn connection_is_kept_as_a_profile_with_the_flags_of_any_verb() {
    let home = Home::new();
    let args = [
        "profiles",
        "add",
        "plant/press",
        "mqtt://dash@press.lan",
        "-t",
        "press/#",
        "-q",
        "1",
        "-x",
        "1h",
        "--will-topic",
        "clients/dash",
        "-D",
        "will",
        "will-delay-interval",
        "30",
        "--pw-command",
        "pass show \"mqtt press\"",
    ];
    let ran = home.run(&args);
    let expected = format!(
        "plant/press: written to {}/profiles/plant/press.toml\n",
        folder(&home)
    );
    assert_eq!((ran.code, ran.stdout, ran.stderr.as_str()), (0, expected, ""));
    assert_eq!(
        profile(&home, "plant/press"),
        "\
url = \"mqtt://press.lan\"
username = \"dash\"
password_command = [\"pass\", \"show\", \"mqtt press\"]
subscribe = [{ topic = \"press/#\", qos = 1 }]

[will]
topic = \"clients/dash\"
payload = \"\"
qos = 0
retain = false
will_delay_interval = \"30s\"

[properties.connect]
session_expiry_interval = \"1h\"
"
    );
    let ran = home.run(&args);
    assert_eq!(ran.code, 1, "nothing is replaced: {ran:?}");
    assert!(ran.stdout.contains("is there already; --force replaces it"));
    let ran = home.run(&["profiles", "add", "../press", "pi"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("is no profile name"), "{ran:?}");
    assert_eq!(
        home.run(&["profiles", "ls"]).stdout,
        "plant/press  mqtt://press.lan\n"
    );
}

#[test]
fn password_given_to_add_goes_to_a_file_of_its_own() {
    let home = Home::new();
    let ran = home.run(&["profiles", "add", "lab", "pi", "-u", "me", "-P", "hunter2"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("a password on the command line can be seen"));
    assert!(!ran.stdout.contains("hunter2") && !ran.stderr.contains("hunter2"));
    assert!(profile(&home, "lab").contains("password_file = \"passwords/lab\""));
    is_safe(&home);
}

#[test]
fn group_of_a_profile_is_part_of_its_name_everywhere() {
    let home = Home::new();
    home.write("profiles/plant/press.toml", "url = \"mqtt://127.0.0.1:1\"\n");
    for target in ["plant/press", "@plant/press"] {
        let ran = home.run(&["sub", target, "-t", "a"]);
        assert_eq!(ran.code, 3, "{ran:?}");
        assert!(ran.stderr.contains("mqtt://127.0.0.1:1"), "{ran:?}");
    }
    let ran = home.run(&["sub", "@plant/pres", "-t", "a"]);
    assert!(ran.stderr.contains("did you mean @plant/press?"), "{ran:?}");
    let ran = home.run(&["sub", "@plant/../plant/press", "-t", "a"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    home.write("profiles/plant/deep/x.toml", "")
        .write("profiles/plant/bad.toml", "ulr = 1\n");
    let ran = home.run(&["config", "check"]);
    assert_eq!(ran.code, 1);
    for part in ["plant/bad.toml:1: unknown key", "plant/deep: groups do not nest"] {
        assert!(ran.stderr.contains(part), "{part}\n{}", ran.stderr);
    }
}

#[test]
fn test_of_a_profile_is_the_doctor_s() {
    let home = Home::new();
    home.write("profiles/lab.toml", "url = \"mqtt://127.0.0.1:1\"\n");
    let ran = home.run(&["profiles", "test", "lab"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stdout.contains("TCP"), "{ran:?}");
}

/// An editor that does what the script says with the file named behind it.
fn editing(home: &Home, script: &str) -> Ran {
    let path = home.path().join("editor");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    let mut command = home.command(&["profiles", "edit", "lab"]);
    command.env("EDITOR", &path).env("PATH", "/usr/bin:/bin");
    crate::program::ran(command)
}

#[test]
fn edited_profile_replaces_the_old_one_only_when_it_is_valid() {
    let home = Home::new();
    home.write("profiles/lab.toml", "url = \"mqtt://pi\" # mine\n");
    let ran = editing(&home, "true");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "lab: nothing was changed\n"));
    let ran = editing(&home, "echo 'keepalve = \"5s\"' >> \"$1\"");
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(
        ran.stderr
            .contains("unknown key \"keepalve\"; did you mean \"keepalive\"?"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("the draft is kept"), "{ran:?}");
    assert_eq!(profile(&home, "lab"), "url = \"mqtt://pi\" # mine\n");
    let draft = home.path().join(".local/state/mqttscope/drafts/lab.toml");
    assert_eq!(fs::metadata(&draft).unwrap().permissions().mode() & 0o777, 0o600);
    let ran = editing(&home, "sed -i s/keepalve/keepalive/ \"$1\"");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        profile(&home, "lab"),
        "url = \"mqtt://pi\" # mine\nkeepalive = \"5s\"\n"
    );
    assert!(!draft.exists());
    assert_eq!(editing(&home, "exit 4").code, 1);
}

#[test]
fn exported_profile_can_be_imported_again_and_holds_no_secret() {
    let home = Home::new();
    assert_eq!(import(&home, &[], "mqttx.json").code, 1);
    let before = profile(&home, "Home - lab");
    let ran = home.run(&["profiles", "export", "Home - lab"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stderr
            .contains("the password, and where it comes from, left out"),
        "{ran:?}"
    );
    assert!(
        ran.stderr
            .contains("user properties of SUBSCRIBE and UNSUBSCRIBE left out")
    );
    assert!(!ran.stdout.contains("hunter2"));
    let other = Home::new();
    let file = other.path().join("export.json");
    fs::write(&file, &ran.stdout).unwrap();
    let ran = other.run(&["profiles", "import", file.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let expected = before
        .replace("password_file = \"passwords/Home - lab\"\n", "")
        .replace(", user_properties = [[\"why\", \"test\"]]", "");
    assert_eq!(profile(&other, "Home - lab"), expected);
}
