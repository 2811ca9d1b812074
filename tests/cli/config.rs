use std::fs;

use crate::program::Home;

#[test]
fn path_is_the_folder_and_a_flag_or_variable_moves_it() {
    let home = Home::new();
    let ran = home.run(&["config", "path"]);
    let expected = format!("{}/.config/mqttscope\n", home.path().display());
    assert_eq!((ran.code, ran.stdout, ran.stderr.as_str()), (0, expected, ""));
    assert_eq!(home.run(&["config", "path", "--config", "/x"]).stdout, "/x\n");
    let output = home
        .command(&["config", "path"])
        .env("XDG_CONFIG_HOME", "/xdg")
        .output()
        .unwrap();
    assert_eq!(output.stdout, b"/xdg/mqttscope\n");
}

#[test]
fn check_of_nothing_finds_no_faults() {
    let home = Home::new();
    let ran = home.run(&["config", "check"]);
    let expected = format!("{}/.config/mqttscope: no faults\n", home.path().display());
    assert_eq!((ran.code, ran.stdout, ran.stderr.as_str()), (0, expected, ""));
}

#[test]
fn check_tells_every_fault_with_its_place_and_exits_1() {
    let home = Home::new();
    home.write("config.toml", "fps = 0\ntheme = \"harbr\"\n");
    home.write(
        "profiles/lab.toml",
        "url = \"mqtt://pi\"\nkeepalve = \"5s\"\nmute = [\"a#\"]\n",
    );
    home.write("themes/mine.toml", "[ui]\ntext = \"bleu\"\n");
    home.write("keys.toml", "[global]\nquit = 7\n");
    let ran = home.run(&["config", "check"]);
    let folder = home.path().join(".config/mqttscope");
    let expected = [
        "config.toml:1: \"fps\" is to be 1 to 120, not 0",
        "keys.toml:2: \"quit\" is to be a list, not an integer",
        "profiles/lab.toml:2: unknown key \"keepalve\"; did you mean \"keepalive\"?",
        "profiles/lab.toml:3: `#` must be alone in the last level, as in `a/#` (MQTT-4.7.1-1)",
        "themes/mine.toml:2: \"bleu\" is no colour; use an ANSI name (red, light-red), 0 to 255, \"#rrggbb\" or \"reset\"",
    ]
    .map(|line| format!("{}/{line}\n", folder.display()))
    .concat();
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr), (1, "", expected));
}

#[test]
fn screen_does_not_start_over_a_faulty_file_or_an_unknown_theme() {
    let home = Home::new();
    let folder = home.path().join(".config/mqttscope");
    let ran = home.run(&["--theme", "harbr"]);
    let expected = format!(
        "{}/themes: no theme \"harbr\"; did you mean \"harbor\"?\n",
        folder.display()
    );
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr), (2, "", expected));
    home.write("config.toml", "fsp = 1\n");
    let ran = home.run(&[""; 0]);
    let expected = format!(
        "{}/config.toml:1: unknown key \"fsp\"; did you mean \"fps\"?\n",
        folder.display()
    );
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr), (2, "", expected));
}

#[test]
fn faulty_profile_is_named_when_it_is_the_target() {
    let home = Home::new();
    home.write("profiles/lab.toml", "ulr = \"x\"\n");
    let ran = home.run(&["sub", "lab", "-t", "a"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("lab.toml:1: unknown key \"ulr\"; did you mean \"url\"?\n"),
        "{ran:?}"
    );
    assert_eq!(
        fs::read_dir(home.path()).unwrap().count(),
        1,
        "nothing is created"
    );
}

#[test]
fn unknown_action_in_the_keymap_is_told_with_its_line() {
    let home = Home::new();
    home.write("keys.toml", "[topics]\nno_such_action = [\"D\"]\n");
    let ran = home.run(&[""; 0]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
    assert!(
        ran.stderr.contains("keys.toml:2: ") && ran.stderr.contains("no_such_action"),
        "{ran:?}"
    );
}

#[test]
fn init_writes_first_files_says_so_and_overwrites_nothing() {
    let home = Home::new();
    home.write("keys.toml", "# mine\n");
    let folder = home.path().join(".config/mqttscope");
    let lines = |first: &str, keys: &str, profile: &str| {
        [
            ("config.toml", first),
            ("keys.toml", keys),
            ("profiles/local.toml", profile),
        ]
        .map(|(name, what)| format!("{}/{name}: {what}\n", folder.display()))
        .concat()
    };
    let kept = "there already, left as it is";
    let ran = home.run(&["config", "init"]);
    assert_eq!(
        (ran.code, ran.stdout, ran.stderr.as_str()),
        (0, lines("written", kept, "written"), "")
    );
    let ran = home.run(&["config", "init"]);
    assert_eq!((ran.code, ran.stdout), (0, lines(kept, kept, kept)));
    assert_eq!(fs::read_to_string(folder.join("keys.toml")).unwrap(), "# mine\n");
    assert_eq!(home.run(&["config", "check"]).code, 0);
    fs::remove_file(folder.join("keys.toml")).unwrap();
    home.run(&["config", "init"]);
    let keys = fs::read_to_string(folder.join("keys.toml")).unwrap();
    assert!(keys.contains("\n[topics]\n# open = [\"enter\"]\n"), "{keys}");
    assert_eq!(
        home.run(&["config", "check"]).code,
        0,
        "the commented bindings are valid"
    );
}

#[test]
fn schema_of_each_kind_of_file_is_printed() {
    let home = Home::new();
    for (args, title) in [
        (vec!["config", "schema"], "mqttscope profile"),
        (vec!["config", "schema", "keys"], "mqttscope keys"),
        (vec!["config", "schema", "theme"], "mqttscope theme"),
        (vec!["config", "schema", "config"], "mqttscope config"),
    ] {
        let ran = home.run(&args);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        let schema: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(schema["title"], title);
    }
    assert_eq!(home.run(&["config", "path", "keys"]).code, 2);
    assert_eq!(home.run(&["config", "schema", "toml"]).code, 2);
}
