use std::{
    io::{Read, Write},
    net::TcpListener,
    process::Command,
    thread,
};

use crate::{
    common::wait_for,
    program::{Home, Running, TestBroker},
};

/// Publishes a retained message.
fn retain(home: &Home, broker: &TestBroker, topic: &str, payload: &str) {
    let ran = home.run(&[
        "pub",
        "-p",
        &broker.port,
        "-q",
        "1",
        "-r",
        "-t",
        topic,
        "-m",
        payload,
    ]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""));
}

fn publish(home: &Home, broker: &TestBroker, topic: &str, payload: &str) {
    let ran = home.run(&["pub", "-p", &broker.port, "-q", "1", "-t", topic, "-m", payload]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

fn sub(home: &Home, broker: &TestBroker, more: &str) -> (i32, String, String) {
    let mut args = vec!["sub", "-p", &broker.port];
    args.extend(more.split(' '));
    let ran = home.run(&args);
    (ran.code, ran.stdout, ran.stderr)
}

fn sub_in_background(home: &Home, broker: &TestBroker, more: &str) -> Running {
    let mut args = vec!["sub", "-p", &broker.port, "-d"];
    args.extend(more.split(' '));
    let mut running = Running::start(home.command(&args));
    running.until_said("received SUBACK");
    running
}

#[test]
fn messages_are_printed_and_counted() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    retain(&home, &broker, "a/1", "one");
    retain(&home, &broker, "a/2", "two");
    assert_eq!(
        sub(&home, &broker, "-t a/1 -C 1"),
        (0, "one\n".into(), String::new())
    );
    assert_eq!(
        sub(&home, &broker, "-t a/2 -C 1 -v"),
        (0, "a/2 two\n".into(), String::new())
    );
    assert_eq!(
        sub(&home, &broker, "-t a/2 -C 1 -N"),
        (0, "two".into(), String::new())
    );
    assert_eq!(
        sub(&home, &broker, "-t a/# -T a/2 -C 1"),
        (0, "one\n".into(), String::new())
    );
    assert_eq!(
        sub(&home, &broker, "-t a/1 -C 1 -q 1 -F %t:%q:%r"),
        (0, "a/1:1:1\n".into(), String::new())
    );
}

#[test]
fn words_behind_a_host_are_topics_and_a_url_brings_one() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    retain(&home, &broker, "a/1", "one");
    let address = format!("127.0.0.1:{}", broker.port);
    let ran = home.run(&["sub", &address, "a/1", "-C", "1"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "one\n"));
    let ran = home.run(&["sub", "-L", &format!("mqtt://{address}/a/+"), "-C", "1"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "one\n"));
    let output = home
        .command(&["sub", "a/1", "-C", "1"])
        .env("MQTT_HOST", "127.0.0.1")
        .env("MQTT_PORT", &broker.port)
        .output()
        .unwrap();
    assert_eq!(output.stdout, b"one\n");
    home.write(
        "profiles/lab.toml",
        &format!("url = \"mqtt://{address}\"\nsubscribe = [\"a/1\"]\n"),
    );
    let ran = home.run(&["sub", "@lab", "-C", "1", "-v"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "a/1 one\n"));
}

#[test]
fn time_out_exits_27_as_mosquittos_does() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    let expected = "mqttscope: timed out after 0.2 s (-W)\n";
    assert_eq!(
        sub(&home, &broker, "-t nothing -W 0.2"),
        (27, String::new(), expected.into())
    );
}

#[test]
fn stale_messages_can_be_left_out_or_be_all() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    retain(&home, &broker, "a/1", "old");
    let fresh = sub_in_background(&home, &broker, "-t a/# -R -C 1");
    let stale = sub_in_background(&home, &broker, "-t a/# --retained-only");
    publish(&home, &broker, "a/1", "new");
    assert_eq!(fresh.end(), (0, b"new\n".to_vec()));
    assert_eq!(stale.end(), (0, b"old\n".to_vec()));
}

#[test]
fn sigterm_ends_it_well_with_everything_printed() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    let mut running = sub_in_background(&home, &broker, "-t a -N");
    publish(&home, &broker, "a", "1");
    running.until_said("received PUBLISH");
    running.terminate();
    running.until_said("sending DISCONNECT");
    assert_eq!(running.end(), (0, b"1".to_vec()));
}

#[test]
fn debug_lines_read_as_mosquittos() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    retain(&home, &broker, "a/1", "one");
    let (code, stdout, stderr) = sub(&home, &broker, "-t a/1 -C 1 -d -i me -q 1 -V 311");
    assert_eq!((code, stdout.as_str()), (0, "one\n"));
    let expected = "\
Client me sending CONNECT (MQTT 3.1.1)
Client me received CONNACK (0)
Client me sending SUBSCRIBE (Mid: 1, Topic: a/1, QoS: 1, Options: 0x00)
Client me received SUBACK (Mid: 1): 1
Client me received PUBLISH (d0, q1, r1, m1, 'a/1', ... (3 bytes))
Client me sending PUBACK (Mid: 1, RC:0)
Client me sending DISCONNECT (0)
";
    assert_eq!(stderr, expected);
}

#[test]
fn reader_that_goes_away_ends_it_quietly() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    retain(&home, &broker, "a", "x");
    let mut command = home.command(&["sub", "-p", &broker.port, "-t", "a"]);
    let (reader, writer) = std::io::pipe().unwrap();
    command.stdout(writer);
    drop(reader);
    let child = command.spawn().unwrap();
    // the command holds the writing end, too
    drop(command);
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(0), &b""[..])
    );
}

/// Ends within the deadline although nobody takes what is printed; gives the exit code.
fn end_while_nobody_reads(more: &[&str], asks: impl FnOnce(u32)) -> i32 {
    let home = Home::new();
    let (port, client) = broker_that_floods();
    let mut command = home.command(&[&["sub", "-p", &port, "-t", "a"], more].concat());
    let (_reader, writer) = std::io::pipe().unwrap();
    command.stdout(writer);
    let mut child = command.spawn().unwrap();
    client.join().unwrap();
    asks(child.id());
    wait_for("the program to end", || child.try_wait().unwrap())
        .code()
        .unwrap()
}

#[test]
fn reader_that_stands_still_holds_up_no_end() {
    let terminate = |id: u32| {
        let status = Command::new("kill").arg(id.to_string()).status();
        assert!(status.unwrap().success());
    };
    assert_eq!(end_while_nobody_reads(&[], terminate), 0);
    assert_eq!(end_while_nobody_reads(&["-W", "0.3"], |_| {}), 27);
}

#[test]
fn broker_that_is_not_there_exits_3_with_what_to_do() {
    let port = crate::common::free_port().to_string();
    let ran = Home::new().run(&["sub", "-h", "127.0.0.1", "-p", &port, "-t", "a"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    let expected = format!("mqttscope: mqtt://127.0.0.1:{port}: TCP: connection refused");
    assert!(
        ran.stderr.starts_with(&expected) && ran.stderr.lines().count() == 1,
        "{ran:?}"
    );
}

#[test]
fn payload_that_is_no_json_is_told_and_not_printed_as_json() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    retain(&home, &broker, "a", "nope");
    let (code, stdout, stderr) = sub(&home, &broker, "-t a -C 1 -F %J");
    assert_eq!((code, stdout.as_str()), (0, ""));
    assert_eq!(
        stderr,
        "mqttscope: the payload on a is not valid JSON, so %J cannot print it\n"
    );
}

#[test]
fn password_on_the_command_line_warns() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    retain(&home, &broker, "a", "x");
    let (code, stdout, stderr) = sub(&home, &broker, "-t a -C 1 -u me -P hunter2");
    assert_eq!((code, stdout.as_str()), (0, "x\n"));
    assert!(
        stderr.contains("can be seen by other users") && !stderr.contains("hunter2"),
        "{stderr}"
    );
}

/// A broker that accepts one client and answers its SUBSCRIBE with these codes; its port.
fn broker_that_grants(codes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        assert_eq!(frame(&mut client)[0] >> 4, 1, "CONNECT");
        client.write_all(&[0x20, 3, 0, 0, 0]).unwrap();
        let subscribe = frame(&mut client);
        let mut suback = vec![0x90, 3 + codes.len() as u8, subscribe[2], subscribe[3], 0];
        suback.extend(codes);
        client.write_all(&suback).unwrap();
        // stays until the client goes
        let _ = client.read_to_end(&mut Vec::new());
    });
    port
}

/// A broker that sends its one client 1 MiB, more than pipes hold; its port, and the thread that ends when it is taken.
fn broker_that_floods() -> (String, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let flooding = thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        frame(&mut client);
        client.write_all(&[0x20, 3, 0, 0, 0]).unwrap();
        let subscribe = frame(&mut client);
        client
            .write_all(&[0x90, 4, subscribe[2], subscribe[3], 0, 0])
            .unwrap();
        let mut publish = vec![0x30, 0x84, 0x08, 0, 1, b'a', 0];
        publish.resize(publish.len() + 1024, b'x');
        for _ in 0..1024 {
            client.write_all(&publish).unwrap();
        }
        // The answers of a client that goes are not waited for.
        std::mem::forget(client);
    });
    (port, flooding)
}

fn frame(from: &mut impl Read) -> Vec<u8> {
    let mut frame = vec![0; 2];
    from.read_exact(&mut frame).unwrap();
    assert!(frame[1] < 0x80, "a short frame");
    frame.resize(2 + usize::from(frame[1]), 0);
    from.read_exact(&mut frame[2..]).unwrap();
    frame
}

#[test]
fn refused_subscription_exits_3_if_nothing_is_left_and_is_said_otherwise() {
    let home = Home::new();
    let port = broker_that_grants(&[0x87, 0x8f]);
    let ran = home.run(&["sub", "-p", &port, "-t", "a", "-t", "b"]);
    let expected = "mqttscope: subscription to a refused: not authorized (0x87); subscription to b refused: topic filter invalid (0x8F)\n";
    assert_eq!(
        (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
        (3, "", expected)
    );
    let port = broker_that_grants(&[0x87, 0]);
    let ran = home.run(&["sub", "-p", &port, "-t", "a", "-t", "b", "-W", "0.3"]);
    let expected = "mqttscope: subscription to a refused: not authorized (0x87)\nmqttscope: timed out after 0.3 s (-W)\n";
    assert_eq!(
        (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
        (27, "", expected)
    );
}
