//! No secret anywhere but in 0600 files: every way to give one, every place that could tell it.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use mqttscope::config::{PasswordSource, Profile, Secret};

use crate::{
    common::free_port,
    program::{Home, TestBroker, ran},
};

/// In every secret of these tests, and in nothing else.
const MARK: &str = "s3cr3t-MARK";

/// No output tells the secret.
fn run(home: &Home, args: &[&str]) -> crate::program::Ran {
    let ran = home.run(args);
    check(&ran, &format!("{args:?}"));
    ran
}

fn check(ran: &crate::program::Ran, what: &str) {
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains(MARK), "{what} tells it: {text}");
    }
}

/// Every file below that holds the secret is its owner's alone.
fn check_files(folder: &Path) -> usize {
    let mut holders = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            holders += check_files(&path);
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        if bytes.windows(MARK.len()).any(|at| at == MARK.as_bytes()) {
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", path.display());
            holders += 1;
        }
    }
    holders
}

fn private(home: &Home, name: &str, text: &str) {
    home.write(name, text);
    let path = home.path().join(".config/mqttscope").join(name);
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_password_on_the_command_line_is_warned_of_and_told_nowhere() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    let dead = free_port().to_string();
    for (words, warns) in [
        ("pub -p PORT -u u -P MARK -t a -m x -d", true),
        ("sub -p PORT -u u -P MARK -t a -W 100ms -d", true),
        ("sub -L mqtt://u:MARK@127.0.0.1:PORT -t a -W 100ms -d", true),
        ("doctor -p PORT -u u -P MARK --json", true),
        ("doctor mqtt://u:MARK@127.0.0.1:PORT", true),
        ("doctor -p DEAD -u u -P MARK", true),
        ("sub -V 311 -P MARK -p PORT -t a -W 100ms", true),
        ("mqtt://u:MARK@127.0.0.1:PORT", true),
        // mistakes, after which the words of the command line are quoted
        ("sub -P MARK --no-such-flag -t a", false),
        ("pub -P MARK -p no-port -t a -n", false),
        ("sub -P MARK -t a/#/b", false),
        (
            "sub --key-password MARK --key /no/such --cert /no/such -t a",
            false,
        ),
        ("sub --ws-header MARK -t a", false),
        (
            "sub --ws-header X-Token=MARK -L ws://127.0.0.1:PORT -t a -d",
            false,
        ),
        ("doctor mqtt://u:MARK@[:: --json", false),
        ("doctor --proxy http://u:MARK@127.0.0.1:DEAD b.test", true),
        ("doctor --proxy socks5h://u:MARK@127.0.0.1:PORT b.test -d", true),
        ("doctor --proxy https://u:MARK@127.0.0.1:DEAD b.test", false),
        ("doctor --proxy socks5://u:MARK@ b.test", false),
        ("sub -t a -L mqtt://u:MARK@[::", false),
        ("sub -t a -L mqtts://u:MARK@host:99999", false),
    ] {
        let words = words
            .replace("PORT", &broker.port)
            .replace("DEAD", &dead)
            .replace("MARK", MARK);
        let ran = run(&home, &words.split(' ').collect::<Vec<_>>());
        assert!(
            !warns || ran.stderr.contains("can be seen by other users"),
            "{words}: {ran:?}"
        );
    }
    assert_eq!(check_files(home.path()), 0, "nothing was written");
}

#[test]
fn a_password_by_file_command_or_environment_is_told_nowhere() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    let (port, dead) = (&broker.port, free_port());
    private(&home, "passwords/lab", &format!("{MARK}\n"));
    private(
        &home,
        "give",
        &format!("#!/bin/sh\necho {MARK}\necho locked >&2\nexit 3\n"),
    );
    let script = home.path().join(".config/mqttscope/give");
    for (name, way) in [
        ("file", "password_file = \"passwords/lab\"".to_owned()),
        ("env", "password_env = \"LAB_PASSWORD\"".to_owned()),
        ("command", "password_command = [\"echo\", \"$LAB\"]".to_owned()),
        (
            "failing",
            format!("password_command = [\"sh\", \"{}\"]", script.display()),
        ),
    ] {
        let text = |port: &str| format!("url = \"mqtt://127.0.0.1:{port}\"\nusername = \"u\"\n{way}\n");
        home.write(&format!("profiles/{name}.toml"), &text(port));
        home.write(&format!("profiles/{name}-dead.toml"), &text(&dead.to_string()));
        for args in [
            vec!["sub", "@", "-t", "a", "-W", "100ms", "-d"],
            vec!["pub", "@", "-t", "a", "-n", "-d"],
            vec!["doctor", "@", "--json"],
            vec!["doctor", "@dead"],
            vec!["profiles", "show", "@"],
            vec!["config", "check"],
        ] {
            let named: Vec<String> = args
                .iter()
                .map(|word| match *word {
                    "@" => format!("@{name}"),
                    "@dead" => format!("@{name}-dead"),
                    word => word.to_owned(),
                })
                .collect();
            let mut command = home.command(&named);
            command.env("LAB_PASSWORD", MARK).env("LAB", MARK);
            check(&ran(command), &format!("{named:?}"));
        }
    }
    let mut command = home.command(&["sub", "-p", port, "-u", "u", "-t", "a", "-W", "100ms", "-d"]);
    command.env("MQTTSCOPE_PASSWORD", MARK);
    check(&ran(command), "the environment");
    let mut command = home.command(&["version"]);
    command.env("MQTTSCOPE_PASSWORD", MARK);
    check(&ran(command), "version");
    assert_eq!(check_files(home.path()), 2, "only the files of this test");
}

#[test]
fn imported_passwords_lie_in_files_for_the_owner_alone() {
    let home = Home::new();
    let export = home.path().join("mqttx.json");
    let text = format!(
        r#"[{{"name":"lab","host":"127.0.0.1","port":1883,"protocol":"mqtt","username":"u","password":"{MARK}","clientId":"c"}}]"#
    );
    fs::write(&export, text).unwrap();
    let path = export.to_str().unwrap();
    assert_eq!(run(&home, &["profiles", "import", path]).code, 0);
    fs::remove_file(path).unwrap();
    for args in [
        &["profiles", "show", "lab"][..],
        &["profiles", "ls"],
        &["config", "check"],
        &["doctor", "@lab"],
    ] {
        run(&home, args);
    }
    assert_eq!(check_files(home.path()), 1);
}

#[test]
fn debug_shows_no_secret() {
    let secret = || Secret::new(MARK);
    let mut profile = Profile::new("lab", "mqtts://localhost".parse().unwrap());
    profile.password = PasswordSource::Memory(secret());
    profile.tls.key_password = PasswordSource::Memory(secret());
    profile
        .ws_headers
        .push(mqttscope::config::WsHeader::secret("Authorization", secret()));
    let settings = mqttscope::source::session::Settings::new(&profile, "c".into(), Some(secret()), 1);
    for text in [
        format!("{profile:#?}"),
        format!("{settings:#?}"),
        format!("{:?}", secret()),
    ] {
        assert!(!text.contains(MARK), "{text}");
        assert!(text.contains("***"), "{text}");
    }
}
