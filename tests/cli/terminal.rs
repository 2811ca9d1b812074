//! What a terminal gets to see, in a pseudo terminal.

use std::io::Read;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::program::{Home, TestBroker};

const EVIL: &[u8] = b"\x1b[31mred\x07\x1b]0;title\x07 \xc2\x9b2J\xe2\x80\xae\xff";

/// Everything `mqttscope sub` writes to a terminal.
fn on_terminal(home: &Home, args: &[&str]) -> String {
    let pty = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mqttscope"));
    command.args(args);
    command.env_clear();
    command.env("HOME", home.path());
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let mut reader = pty.master.try_clone_reader().unwrap();
    let mut bytes = Vec::new();
    // reading a pty whose other end is closed may be an error rather than an end
    let _ = reader.read_to_end(&mut bytes);
    assert!(child.wait().unwrap().success());
    String::from_utf8(bytes).unwrap()
}

#[test]
fn nothing_of_the_network_reaches_a_terminal_raw() {
    let home = Home::new();
    let broker = TestBroker::start(&home);
    let topic = "evil/\u{1b}[2J\u{202e}";
    let args = ["pub", "-p", &broker.port, "-q", "1", "-r", "-t", topic, "-s"];
    let ran = home.run_with_input(&args, EVIL);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    for format in [&["-v"][..], &["-F", "%t %p %P %C"], &["-F", "%j"]] {
        let args = [&["sub", "-p", &broker.port, "-t", "evil/#", "-C", "1"], format].concat();
        let seen = on_terminal(&home, &args);
        let bad = seen
            .chars()
            .find(|c| (c.is_control() && !"\r\n".contains(*c)) || *c == '\u{202e}');
        assert_eq!(bad, None, "{format:?}: {seen:?}");
        assert!(seen.contains("evil/"), "{seen:?}");
    }
    let args = ["sub", "-p", &broker.port, "-t", "evil/#", "-C", "1"];
    assert_eq!(
        home.command(&args).output().unwrap().stdout,
        [EVIL, b"\n"].concat(),
        "a pipe gets the bytes"
    );
}

#[test]
fn faulty_profile_and_password_are_warned_of_before_the_screen() {
    let home = Home::new();
    home.write("profiles/bad.toml", "url = 5\n");
    // without a terminal the screen does not start, but all that is before it happens
    let ran = home.run(&["-h", "127.0.0.1", "-P", "hunter2"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    for part in [
        "profiles/bad.toml:1: \"url\" is to be a string",
        "can be seen by other users",
        "needs a terminal",
    ] {
        assert!(ran.stderr.contains(part), "{part}: {ran:?}");
    }
}
