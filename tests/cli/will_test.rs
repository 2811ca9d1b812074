use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use regex::Regex;

use crate::{
    common::{free_port, mosquitto::Mosquitto},
    program::{Home, TestBroker},
};

/// Times made alike.
fn steady(text: &str) -> String {
    let text = Regex::new(r" +\d+(\.\d)? m?s  ")
        .unwrap()
        .replace_all(text, " T  ");
    Regex::new(r"127\.0\.0\.1:\d+")
        .unwrap()
        .replace_all(&text, "127.0.0.1:PORT")
        .into_owned()
}

/// The embedded broker's port and, where it is installed, mosquitto's.
fn on_both(script: impl Fn(&Home, u16)) {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    script(&home, broker.port.parse().unwrap());
    if let Some(mosquitto) = Mosquitto::start() {
        script(&home, mosquitto.port);
    }
}

#[test]
fn each_way_to_end_is_told_with_the_will_that_came_or_did_not() {
    on_both(|home, port| {
        let url = format!("127.0.0.1:{port}");
        let ran = home.run(&[
            "will-test",
            &url,
            "-t",
            "dev/will",
            "-m",
            "gone",
            "-q",
            "1",
            "-V",
            "5",
        ]);
        let expected = "\
mqtt://127.0.0.1:PORT
  KILLED    ok T  will arrived: QoS 1, not retained, payload equal (4 bytes)
  GOODBYE   ok T  no will within 1 s of DISCONNECT
  0x04      ok T  will arrived: QoS 1, not retained, payload equal (4 bytes)
  version                5
  will delay s           0
";
        let (head, rest) = steady(&ran.stdout).split_once("  will after ms").map_or_else(
            || panic!("{ran:?}"),
            |(head, rest)| (head.to_owned(), rest.to_owned()),
        );
        assert_eq!((ran.code, head.as_str()), (0, expected), "{}", ran.stderr);
        assert!(
            rest.ends_with("  will qos               1\n  will retain            no\n"),
            "{rest}"
        );
        assert!(
            ran.stderr.contains("socket closed without DISCONNECT"),
            "{}",
            ran.stderr
        );
        let ran = home.run(&["will-test", &url, "-t", "dev/will", "-m", "gone", "-V", "311"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.stdout.contains("QoS 0, retain –, payload equal"), "{ran:?}");
        assert!(!ran.stdout.contains("0x04"), "{ran:?}");
    });
}

#[test]
fn a_delay_is_waited_for_and_measured() {
    on_both(|home, port| {
        let url = format!("127.0.0.1:{port}");
        let ran = home.run(&[
            "will-test",
            &url,
            "-t",
            "w",
            "-m",
            "x",
            "--will-delay",
            "2",
            "--json",
        ]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let after = json["facts"]["will_after_ms"].as_f64().unwrap();
        assert!((1000.0..10_000.0).contains(&after), "{json}");
        assert_eq!(json["facts"]["will_delay_s"], 2);
        let ran = home.run(&[
            "will-test",
            &url,
            "-t",
            "w",
            "-m",
            "x",
            "--will-delay",
            "2",
            "-V",
            "311",
        ]);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stderr.contains("a will delay needs MQTT 5"), "{ran:?}");
    });
}

/// What the topic has retained.
fn retained(port: u16, topic: &str) -> String {
    let mut child = Command::new("mosquitto_sub")
        .args([
            "-p",
            &port.to_string(),
            "-t",
            topic,
            "-t",
            "end",
            "-C",
            "1",
            "-W",
            "20",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    child.wait().unwrap();
    line.trim_end().into()
}

#[test]
fn a_retained_will_is_cleared_or_makes_way_for_what_was_there_or_stays_on_request() {
    on_both(|home, port| {
        let url = format!("127.0.0.1:{port}");
        let will_test = |topic: &str, more: &[&str]| {
            let args = ["will-test", &url, "-t", topic, "-m", "gone", "-r"];
            let ran = home.run(&[&args[..], more].concat());
            assert_eq!(ran.code, 0, "{ran:?}");
            ran.stdout
        };
        let publish = |topic: &str, text: &str| {
            let ran = home.run(&["pub", &url, "-r", "-q", "1", "-t", topic, "-m", text]);
            assert_eq!(ran.code, 0, "{ran:?}");
        };
        publish("old", "before");
        publish("end", "nothing");
        for version in ["311", "5"] {
            let said = will_test("old", &["-V", version]);
            assert!(said.contains("that was there before is back"), "{said}");
            assert_eq!(retained(port, "old"), "before");
        }
        let said = will_test("new", &[]);
        assert!(said.contains("note: the retained will is cleared"), "{said}");
        assert_eq!(retained(port, "new"), "nothing");
        let said = will_test("new", &["--keep-retained"]);
        assert!(said.contains("mqttscope pub -t 'new' -n -r clears it"), "{said}");
        assert_eq!(retained(port, "new"), "gone");
    });
}

#[test]
fn a_will_that_does_not_come_is_an_error() {
    let acl = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(acl.path(), "topic read #\n").unwrap();
    let config = format!(
        "user root\nallow_anonymous true\nacl_file {}\n",
        acl.path().display()
    );
    let Some(mosquitto) = Mosquitto::start_with(&config) else {
        return;
    };
    let home = Home::new();
    let url = format!("127.0.0.1:{}", mosquitto.port);
    let ran = home.run(&[
        "will-test",
        &url,
        "-t",
        "w",
        "-m",
        "x",
        "--timeout",
        "1",
        "-V",
        "311",
    ]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("KILLED    failed"), "{ran:?}");
    assert!(ran.stdout.contains("no will within 1 s"), "{ran:?}");
}

#[test]
fn what_cannot_be_tested_is_said() {
    let home = Home::new();
    let port = free_port().to_string();
    for (args, code, said) in [
        (
            &["-h", "127.0.0.1", "-p", &port, "-t", "w", "-m", "x"][..],
            3,
            "refused",
        ),
        (
            &["--read-only", "-h", "127.0.0.1", "-t", "w", "-m", "x"],
            1,
            "is read-only; a will is a publish",
        ),
        (
            &["-h", "127.0.0.1", "-m", "x"],
            2,
            "no topic for the will; use -t TOPIC",
        ),
        (
            &["-h", "127.0.0.1", "-t", "w", "-m", "x", "y"],
            2,
            "\"y\" is one word too many",
        ),
        (
            &["-h", "127.0.0.1", "-t", "w", "-m", "x", "--keep-retained"],
            2,
            "missing --retain",
        ),
    ] {
        let ran = home.run(&[&["will-test"][..], args].concat());
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.stderr.contains(said), "{said}: {ran:?}");
    }
}

#[test]
fn it_works_as_a_user_with_a_password() {
    let home = Home::new();
    let broker = TestBroker::start_with(
        &home,
        &["--user", "ann"],
        &[("MQTTSCOPE_BROKER_PASSWORD", "secret")],
    );
    let args = [
        "will-test",
        "-h",
        "127.0.0.1",
        "-p",
        &broker.port,
        "-t",
        "w",
        "-m",
        "x",
    ];
    let ran = home.run(&args);
    assert_eq!(ran.code, 3, "{ran:?}");
    let ran = home.run(&[&args[..], &["-u", "ann", "-P", "secret"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
}
