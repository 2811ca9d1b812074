use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::Stdio,
};

use crate::program::{Home, Running};

#[test]
fn broker_says_where_it_listens_and_ends_on_sigterm() {
    let home = Home::new();
    let mut running = Running::start(home.command(&["broker", "--port", "0"]));
    running.until_said("broker on the loopback only; Ctrl-C ends it");
    running.terminate();
    let (code, stdout) = running.end();
    assert_eq!(code, 0);
    let url = String::from_utf8(stdout).unwrap();
    assert!(
        url.starts_with("mqtt://127.0.0.1:") && url.ends_with('\n'),
        "{url:?}"
    );
}

#[test]
fn port_in_use_is_an_error_with_a_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = Home::new().run(&["broker", "--port", &port]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(
        ran.stderr
            .starts_with(&format!("mqttscope: cannot listen on 127.0.0.1:{port}: ")),
        "{ran:?}"
    );
    assert!(
        ran.stderr.ends_with("; choose another address or port\n"),
        "{ran:?}"
    );
}

#[test]
fn broker_open_to_the_network_says_so() {
    let home = Home::new();
    let mut child = home
        .command(&["broker", "--port", "0", "--bind", "0.0.0.0"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.contains("without passwords, open to everybody"), "{line}");
}
