use std::{io::Write, process::Command};

use crate::program::{Home, ran};

#[test]
fn version_says_what_a_report_needs_and_no_secret() {
    let home = Home::new();
    let mut command = home.command(&["version"]);
    command
        .env("TERM", "xterm")
        .env("LANG", "de_DE.UTF-8")
        .env("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")
        .env("MQTT_PASSWORD", "hunter2");
    let ran = ran(command);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(lines[0], format!("mqttscope {}", env!("CARGO_PKG_VERSION")));
    assert!(
        lines[1].starts_with(&format!("target       {}-", std::env::consts::ARCH)),
        "{lines:?}"
    );
    let config = format!("config       {}/.config/mqttscope", home.path().display());
    assert!(lines.contains(&config.as_str()), "{lines:?}");
    let environment = "environment  TERM=xterm, LANG=de_DE.UTF-8, SSH_CONNECTION (set), MQTT_PASSWORD (set)";
    assert_eq!(lines.last(), Some(&environment));
}

#[test]
fn completions_know_every_verb_and_bash_reads_them() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = home.run(&["completions", shell]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{shell}");
        for word in ["doctor", "completions", "retained-only", "keepalive"] {
            assert!(ran.stdout.contains(word), "{shell}: {word}");
        }
    }
    let script = home.run(&["completions", "bash"]).stdout;
    let mut bash = Command::new("bash")
        .arg("-n")
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(bash.wait().unwrap().success());
}

#[test]
fn manual_has_a_page_of_the_program_and_of_each_verb() {
    let home = Home::new();
    let ran = home.run(&["man"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.contains(".TH mqttscope 1"), "{}", ran.stdout);
    assert!(ran.stdout.contains("Exit codes: 0 ok"), "{}", ran.stdout);
    let ran = home.run(&["man", "sub"]);
    assert!(
        ran.stdout.contains("mqttscope sub \\- Print messages"),
        "{}",
        ran.stdout
    );
}
