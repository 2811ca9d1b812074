use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::Stdio,
};

use crate::program::{Home, Running, TestBroker};

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

#[cfg(unix)]
#[test]
fn users_come_from_files_only_their_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::new();
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let write = |text: &str, mode: u32| {
        std::fs::write(path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    write("ann:secret\n", 0o644);
    let ran = home.run(&["broker", "--port", "0", "--users", path]);
    let expected =
        format!("mqttscope: {path}: others can read the passwords in it (mode 644); chmod 600 {path}\n");
    assert_eq!((ran.code, ran.stderr), (2, expected));
    write("# people\nhunter2\nann:sec:ret\n:x\n", 0o600);
    let ran = home.run(&["broker", "--port", "0", "--users", path]);
    let expected = format!("{path}:2: no NAME:PASSWORD\n{path}:4: no NAME:PASSWORD\n");
    assert_eq!((ran.code, ran.stderr), (2, expected));
    write("# people\nann:sec:ret\nbob:b\n", 0o600);
    let broker = TestBroker::start_with(&home, &["--users", path], &[]);
    let port = broker.port.as_str();
    for (user, password, code) in [("ann", "sec:ret", 0), ("bob", "b", 0), ("bob", "sec:ret", 3)] {
        let ran = home.run(&[
            "pub",
            "-h",
            "127.0.0.1",
            "-p",
            port,
            "-u",
            user,
            "-P",
            password,
            "-t",
            "a",
            "-m",
            "x",
        ]);
        assert_eq!(ran.code, code, "{user} {ran:?}");
    }
}

#[test]
fn a_user_needs_a_password_and_one_in_the_arguments_is_warned_of() {
    let home = Home::new();
    let ran = home.run(&["broker", "--port", "0", "--user", "ann"]);
    let expected = "mqttscope: --user needs a password; use --password-file or MQTTSCOPE_BROKER_PASSWORD\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (2, expected));
    let args = ["broker", "--port", "0", "--user", "ann", "--password", "hunter2"];
    let mut running = Running::start(home.command(&args));
    running.until_said("a password on the command line can be seen by other users");
    running.terminate();
    running.end();
}
