use std::{io::Read, net::TcpListener, thread};

use regex::Regex;

use crate::{
    common::{free_port, mosquitto::Mosquitto},
    program::{Home, TestBroker},
};

/// Times and names that differ from run to run, made alike.
fn steady(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, by) in [
        (r" +\d+(\.\d)? m?s", "   T"),
        (r#""ms":[0-9.]+"#, "\"ms\":0"),
        (r"doctor/[0-9a-f]{16}", "doctor/ID"),
        (r"mqttscope-[a-z0-9-]+-[a-z0-9]{4}", "CLIENT"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r"localhost:\d+", "localhost:PORT"),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, by).into_owned();
    }
    text
}

#[test]
fn every_stage_is_told_with_what_came_of_it() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    let url = format!("127.0.0.1:{}", broker.port);
    let ran = home.run(&["doctor", &url, "a/#", "--echo", "-i", "me", "-V", "311"]);
    let expected = "\
mqtt://127.0.0.1:PORT
  TCP       ok   T  127.0.0.1:PORT
  CONNECT   ok   T  MQTT 3.1.1
  SUBACK    ok   T  a/# QoS 0
  ECHO      ok   T  mqttscope/doctor/ID came back; PUBACK after   T
  protocol version       3.1.1
  client id              me
  client id assigned     no
  session present        no
  keep alive             30
  maximum qos            2
  retain available       yes
  maximum packet size    none
  receive maximum        65535
  topic alias maximum    0
";
    assert_eq!(
        (ran.code, steady(&ran.stdout).as_str(), ran.stderr.as_str()),
        (0, expected, "")
    );
}

#[test]
fn the_stage_that_failed_is_the_last_with_what_to_try() {
    let home = Home::new();
    let port = free_port().to_string();
    let ran = home.run(&["doctor", "-h", "127.0.0.1", "-p", &port]);
    let expected = format!(
        "\
mqtt://127.0.0.1:PORT
  TCP       failed   T  connection refused by 127.0.0.1:PORT
                            try: no broker listens there: start yours, or `mqttscope broker --port {port}`
"
    );
    assert_eq!(
        (ran.code, steady(&ran.stdout), ran.stderr.as_str()),
        (3, expected, "")
    );
}

#[test]
fn json_says_the_same_for_programs() {
    let home = Home::new();
    let port = free_port().to_string();
    let ran = home.run(&["doctor", "-h", "127.0.0.1", "-p", &port, "--json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let stage = &report["stages"][0];
    assert_eq!((ran.code, report["ok"].as_bool()), (3, Some(false)));
    assert_eq!((&stage["stage"], &stage["ok"]), (&"TCP".into(), &false.into()));
    assert!(stage["ms"].is_number() && stage["advice"].is_string(), "{stage}");
    let broker = TestBroker::start(&home);
    let ran = home.run(&["doctor", "-h", "127.0.0.1", "-p", &broker.port, "--json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let stages: Vec<&str> = report["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| stage["stage"].as_str().unwrap())
        .collect();
    assert_eq!(
        (ran.code, report["ok"].as_bool(), stages),
        (0, Some(true), vec!["TCP", "CONNECT", "SUBACK"])
    );
    assert_eq!(report["facts"]["protocol_version"], "5");
    assert_eq!(report["facts"]["session_present"], false);
}

#[test]
fn peer_that_closes_without_an_answer_fails_at_connect() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // CONNECT is read, so that closing is no reset
            let _ = stream.read(&mut [0; 512]);
        }
    });
    let ran = Home::new().run(&["doctor", "-h", "127.0.0.1", "-p", &port]);
    let expected = "\
mqtt://127.0.0.1:PORT
  TCP       ok   T
  CONNECT   failed   T  the broker closed the connection without CONNACK (we spoke MQTT 3.1.1)
                            try: it may want TLS, another protocol version (-V) or another client id (-i)
  note: MQTT 5 was not taken, so 3.1.1 was tried (-V says which to use)
";
    assert_eq!((ran.code, steady(&ran.stdout).as_str()), (3, expected));
}

#[test]
fn refusals_of_a_real_broker_are_told_at_their_stage() {
    let home = Home::new();
    let Some(broker) = Mosquitto::start_with("allow_anonymous false\n") else {
        return;
    };
    let ran = home.run(&["doctor", "-p", &broker.port.to_string()]);
    let expected = "\
mqtt://localhost:PORT
  DNS       ok   T
  TCP       ok   T
  CONNECT   failed   T  not authorized (0x87)
                            try: no user name was sent, and this broker seems to want one: -u NAME, or a profile
";
    assert_eq!((ran.code, steady(&ran.stdout).as_str()), (3, expected));
    let broker = Mosquitto::start_with("allow_anonymous true\nacl_file /dev/null\n").unwrap();
    let ran = home.run(&["doctor", "-p", &broker.port.to_string(), "--echo"]);
    let stdout = steady(&ran.stdout);
    let refused = "  ECHO      failed   T  publish to mqttscope/doctor/ID refused: not authorized (0x87)\n";
    assert!(ran.code == 3 && stdout.contains(refused), "{stdout}");
}

#[test]
fn read_only_profile_is_not_echoed_and_variables_are_named() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    let mut command = home.command(&["doctor", "--read-only", "--echo"]);
    command
        .env("MQTT_HOST", "127.0.0.1")
        .env("MQTT_PORT", &broker.port);
    let ran = crate::program::ran(command);
    let stdout = steady(&ran.stdout);
    assert_eq!(ran.code, 3, "{stdout}");
    assert!(
        stdout.contains("  ECHO      failed   T  the profile is read-only; nothing is published\n"),
        "{stdout}"
    );
    assert!(
        stdout.contains("note: the environment has MQTT_HOST, MQTT_PORT,"),
        "{stdout}"
    );
}
