use std::{fs, process::Command};

use crate::{
    common::mosquitto::Mosquitto,
    program::{Home, Running, TestBroker, ran},
};

fn subscribe(home: &Home, port: &str, count: &str) -> Running {
    let args = [
        "sub",
        "-p",
        port,
        "-d",
        "-q",
        "2",
        "-t",
        "t/#",
        "-C",
        count,
        "-F",
        "%t %q %r %p",
    ];
    let mut running = Running::start(home.command(&args));
    running.until_said("received SUBACK");
    running
}

fn publish(home: &Home, port: &str, more: &[&str], input: &[u8]) -> i32 {
    let mut args = vec!["pub", "-p", port];
    args.extend(more);
    let ran = home.run_with_input(&args, input);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""), "{more:?}");
    ran.code
}

#[test]
fn payload_comes_from_flag_file_stdin_or_nowhere() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    let file = home.path().join("payload");
    fs::write(&file, "from\nfile").unwrap();
    let running = subscribe(&home, &broker.port, "6");
    for (args, input) in [
        (&["-t", "t/m", "-m", "-5"][..], ""),
        (&["-t", "t/f", "-f", file.to_str().unwrap(), "-q", "1"], ""),
        (&["-t", "t/s", "-s", "-q", "2"], "all\nof it\n"),
        (&["-t", "t/n", "-n"], ""),
        (&["-t", "t/l", "-l", "-q", "1"], "one\ntwo"),
    ] {
        assert_eq!(
            publish(&home, &broker.port, args, input.as_bytes()),
            0,
            "{args:?}"
        );
    }
    let (code, stdout) = running.end();
    let expected =
        "t/m 0 0 -5\nt/f 1 0 from\nfile\nt/s 2 0 all\nof it\n\nt/n 0 0 \nt/l 1 0 one\nt/l 1 0 two\n";
    assert_eq!((code, String::from_utf8(stdout).unwrap().as_str()), (0, expected));
}

#[test]
fn repeated_as_often_as_asked() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    let running = subscribe(&home, &broker.port, "3");
    let args = ["-t", "t/r", "-m", "x", "--repeat", "3", "--repeat-delay", "10ms"];
    assert_eq!(publish(&home, &broker.port, &args, b""), 0);
    assert_eq!(running.end(), (0, "t/r 0 0 x\n".repeat(3).into_bytes()));
}

#[test]
fn twenty_thousand_lines_arrive_in_order_at_qos_1() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    let args = [
        "sub",
        "-p",
        &broker.port,
        "-d",
        "-q",
        "1",
        "-t",
        "t",
        "-C",
        "20000",
    ];
    let mut running = Running::start(home.command(&args));
    running.until_said("received SUBACK");
    let numbers: Vec<String> = (0..20_000).map(|number| number.to_string()).collect();
    let lines = numbers.join("\n") + "\n";
    assert_eq!(
        publish(
            &home,
            &broker.port,
            &["-t", "t", "-l", "-q", "1"],
            lines.as_bytes()
        ),
        0
    );
    let (code, stdout) = running.end();
    assert!(code == 0 && stdout == lines.as_bytes());
}

#[test]
fn read_only_profile_publishes_nothing() {
    let home = Home::new();
    home.write(
        "profiles/safe.toml",
        "url = \"mqtt://127.0.0.1:1\"\nread_only = true\n",
    );
    let ran = home.run(&["pub", "@safe", "-t", "a", "-m", "x"]);
    let expected = "mqttscope: safe is read-only; nothing is published\n";
    assert_eq!(
        (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
        (1, "", expected)
    );
}

#[test]
fn missing_file_is_named() {
    let ran = Home::new().run(&["pub", "-p", "1", "-t", "a", "-f", "/no/such"]);
    let expected = "mqttscope: /no/such: No such file or directory (os error 2)\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (1, expected));
}

#[test]
fn publish_a_broker_refuses_exits_3() {
    let Some(broker) = Mosquitto::start_with("allow_anonymous true\nacl_file /dev/null\n") else {
        return;
    };
    let home = Home::new();
    let port = broker.port.to_string();
    let ran = home.run(&["pub", "-p", &port, "-t", "a", "-m", "x", "-q", "1"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{ran:?}");
    assert_eq!(
        ran.stderr,
        "mqttscope: publish to a refused: not authorized (0x87); the broker's access list forbids it\n"
    );
    let ran = home.run_with_input(
        &["pub", "-p", &port, "-t", "a", "-l", "-q", "2"],
        b"1\n2\n3\n4\n5\n6\n7\n",
    );
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{ran:?}");
    assert_eq!(ran.stderr.lines().count(), 6, "{ran:?}");
    assert!(
        ran.stderr.ends_with("mqttscope: 7 publishes were refused\n"),
        "{ran:?}"
    );
}

#[test]
fn broker_that_wants_a_password_is_told_apart_from_one_that_is_away() {
    let Some(broker) = Mosquitto::start_with("allow_anonymous false\n") else {
        return;
    };
    let ran = Home::new().run(&["pub", "-p", &broker.port.to_string(), "-t", "a", "-m", "x"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{ran:?}");
    assert!(
        ran.stderr.contains("not authorized") && ran.stderr.lines().count() == 1,
        "{ran:?}"
    );
}

#[test]
fn password_comes_from_a_profiles_command_file_or_variable() {
    let home = Home::new();
    let passwords = home.path().join("mosquitto-passwords");
    let made = Command::new("mosquitto_passwd")
        .args(["-b", "-c"])
        .arg(&passwords)
        .args(["me", "p\u{e4}ss"])
        .status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("skipped: mosquitto_passwd is not installed");
        return;
    }
    let config = format!("allow_anonymous false\npassword_file {}\n", passwords.display());
    let Some(broker) = Mosquitto::start_with(&config) else {
        return;
    };
    home.write("secret", "p\u{e4}ss\n");
    for (way, expected) in [
        ("password_command = [\"printf\", \"p\u{e4}ss\"]", 0),
        ("password_file = \"secret\"", 0),
        ("password_env = \"THE_PASSWORD\"", 0),
        ("password_command = [\"echo\", \"wrong\"]", 3),
        ("password_command = [\"false\"]", 1),
        ("lenient = true", 3),
    ] {
        let profile = format!(
            "url = \"mqtt://127.0.0.1:{}\"\nusername = \"me\"\n{way}\n",
            broker.port
        );
        home.write("profiles/lab.toml", &profile);
        let mut command = home.command(&["pub", "@lab", "-t", "a", "-m", "x", "-q", "1"]);
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env("THE_PASSWORD", "p\u{e4}ss").env("PATH", path);
        let ran = ran(command);
        assert_eq!(
            (ran.code, ran.stderr.is_empty()),
            (expected, expected == 0),
            "{way}: {ran:?}"
        );
    }
}
