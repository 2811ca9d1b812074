use std::fs;

use crate::{
    common::mosquitto::Mosquitto,
    program::{Home, Running, TestBroker},
};

#[test]
fn session_that_is_kept_delivers_what_came_meanwhile() {
    let home = Home::new();
    let embedded = TestBroker::start(&home);
    keeps_a_session(&home, &embedded.port);
    if let Some(mosquitto) = Mosquitto::start() {
        keeps_a_session(&home, &mosquitto.port.to_string());
    }
}

fn keeps_a_session(home: &Home, port: &str) {
    let listen = |more: &[&str]| {
        let args = ["sub", "-p", port, "-c", "-i", "keeper", "-q", "1", "-t", "k/#"];
        home.run(&[&args[..], more].concat())
    };
    assert_eq!(listen(&["-W", "200ms"]).code, 27);
    let published = home.run(&["pub", "-p", port, "-t", "k/1", "-m", "meanwhile", "-q", "1"]);
    assert_eq!(published.code, 0, "{published:?}");
    let ran = listen(&["-C", "1", "-W", "10"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
        (0, "meanwhile\n", "")
    );
    listen(&["-x", "0", "-W", "100ms"]);
    let report = home.run(&["doctor", "-p", port, "-c", "-i", "keeper", "-t", "k/#"]);
    assert!(
        report.stdout.contains("  session present        no\n"),
        "-x 0 ended it: {}",
        report.stdout
    );
}

#[test]
fn properties_reach_the_packets_they_are_for() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    let args = [
        "sub",
        "-p",
        &broker.port,
        "-d",
        "-t",
        "t",
        "-C",
        "1",
        "-F",
        "%P|%C|%R|%D|%E|%p",
    ];
    let mut running = Running::start(home.command(&args));
    running.until_said("received SUBACK");
    let properties = [
        ["user-property", "a b", "c"].as_slice(),
        &["content-type", "text/plain"],
        &["response-topic", "r/t"],
        &["correlation-data", "99"],
        &["message-expiry-interval", "60"],
    ];
    let mut args = vec!["pub", "-p", &broker.port, "-t", "t", "-m", "-D"];
    for property in properties {
        args.extend(["-D", "publish"]);
        args.extend(property);
    }
    let ran = home.run(&args);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let (code, stdout) = running.end();
    assert_eq!(
        (code, String::from_utf8(stdout).unwrap().as_str()),
        (0, "a b:c|text/plain|r/t|99|60|-D\n")
    );
}

#[test]
fn options_file_is_read_as_mosquitto_reads_it_and_flags_win() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    let options = home.path().join("options");
    let text = format!(
        "# lab\n\n-h 127.0.0.1\n-p {}\n-i from-file\n-t a b\n",
        broker.port
    );
    fs::write(&options, text).unwrap();
    let file = options.to_str().unwrap();
    let ran = home.run(&["sub", "-o", file, "-i", "mine", "-d", "-W", "100ms"]);
    let said: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!((ran.code, said[0]), (27, "Client mine sending CONNECT (MQTT 5)"));
    assert!(said[2].contains("Topic: a b, QoS: 0"), "{said:?}");
    let ran = home.run(&["sub", "-o", "/no/such", "-t", "a"]);
    let expected = "mqttscope: -o /no/such: No such file or directory (os error 2)\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (2, expected));
    fs::write(&options, "host pi\n").unwrap();
    let ran = home.run(&["sub", "-o", file, "-t", "a"]);
    let expected = format!("mqttscope: {file}:1: a line begins with a flag, as in -h HOST\n");
    assert_eq!((ran.code, ran.stderr), (2, expected));
}

#[test]
fn id_prefix_is_followed_by_the_process_id() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    let ran = home.run(&[
        "sub",
        "-p",
        &broker.port,
        "-I",
        "pre",
        "-t",
        "a",
        "-d",
        "-W",
        "100ms",
    ]);
    let first = ran.stderr.lines().next().unwrap();
    let id = first
        .strip_prefix("Client pre-")
        .and_then(|rest| rest.split(' ').next());
    assert!(id.is_some_and(|id| id.parse::<u32>().is_ok()), "{first}");
}

#[test]
fn authentication_data_warns_as_a_password_does_and_needs_a_method() {
    let args = ["sub", "-t", "a", "-D", "connect", "authentication-data", "t0ken"];
    let ran = Home::new().run(&args);
    let said: Vec<&str> = ran.stderr.lines().collect();
    let [warning, error] = said.as_slice() else {
        panic!("{said:?}")
    };
    assert!(warning.contains("on the command line can be seen"), "{warning}");
    assert_eq!(
        (ran.code, *error),
        (
            2,
            "mqttscope: -D connect authentication-data needs -D connect authentication-method"
        )
    );
    assert!(!ran.stderr.contains("t0ken"));
}

#[test]
fn what_cannot_be_meant_is_told_with_a_way_out() {
    let home = Home::new();
    for (args, expected) in [
        (
            "sub -c -t a",
            "a session that is kept needs a client id that stays the same; use -i ID",
        ),
        (
            "sub -x soon -t a",
            "--session-expiry-interval: \"soon\": use 0 to 4294967294 seconds, 1h, or -1 for ever (mqttscope sub --help)",
        ),
        (
            "sub -V 311 -t a -D connect receive-maximum 3",
            "-D needs MQTT 5; -V says 3.1.1",
        ),
        (
            "sub -t a -D connect receive-max 3",
            "--property: \"connect receive-max 3\": no connect property \"receive-max\"; did you mean receive-maximum? (mqttscope sub --help)",
        ),
        (
            "sub -t a -D will content-type x",
            "-D will needs a will; use --will-topic",
        ),
    ] {
        let args: Vec<&str> = args.split(' ').collect();
        let ran = home.run(&args);
        assert_eq!(
            (ran.code, ran.stderr),
            (2, format!("mqttscope: {expected}\n")),
            "{args:?}"
        );
    }
}
