//! Brokers that speak to the terminal instead of the program: whatever they say wherever they may say it, none of
//! it acts, on the screen or on the lines of the headless verbs.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

use super::{Scene, pty::Terminal, raw_stream::intruder};

/// Clipboard, title, reset, colours by C1, a query that would be answered, text turned round, nothing visible.
const EVIL: &str =
    "\x1b]52;c;ZXZpbA==\x07\x1b]0;t\x07\x1bc\u{9b}31m\x1b[6n\u{202e}txt\u{2066}\u{200b}\u{feff}\r\n\x08\x7f";

/// A broker of MQTT 5 that answers CONNECT with one thing and the first SUBSCRIBE with others.
struct Hostile {
    listener: TcpListener,
}

/// A packet to be read, or nothing any more.
fn packet(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = [0; 2];
    stream.read_exact(&mut head).ok()?;
    let mut len = usize::from(head[1] & 0x7F);
    if head[1] & 0x80 != 0 {
        let mut more = [0; 1];
        stream.read_exact(&mut more).ok()?;
        len += usize::from(more[0]) << 7;
    }
    let mut body = vec![head[0]; len + 1];
    stream.read_exact(&mut body[1..]).ok()?;
    Some(body)
}

impl Hostile {
    fn bind() -> Self {
        Self {
            listener: TcpListener::bind("127.0.0.1:0").unwrap(),
        }
    }

    fn addr(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// Answers every client so, and keeps its connection.
    fn serve(self, greeting: Vec<u8>, behind_subscribe: Vec<u8>) {
        thread::spawn(move || {
            for stream in self.listener.incoming() {
                let (greeting, behind) = (greeting.clone(), behind_subscribe.clone());
                thread::spawn(move || answer(stream.unwrap(), &greeting, &behind));
            }
        });
    }
}

/// A client that has gone is no failure.
fn answer(mut stream: TcpStream, greeting: &[u8], behind_subscribe: &[u8]) {
    while let Some(packet) = packet(&mut stream) {
        let answer = match packet[0] >> 4 {
            1 => greeting.to_vec(),
            8 => {
                let codes = [0x87, 0x00];
                let mut suback = vec![packet[1], packet[2]];
                suback.extend(properties(&[(0x1F, EVIL)]));
                suback.extend(codes);
                [frame(0x90, &suback), behind_subscribe.to_vec()].concat()
            }
            12 => vec![0xD0, 0],
            _ => continue,
        };
        if stream.write_all(&answer).is_err() {
            return;
        }
    }
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat()
}

fn variable(mut len: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (len % 128) as u8;
        len /= 128;
        bytes.push(if len > 0 { byte | 0x80 } else { byte });
        if len == 0 {
            return bytes;
        }
    }
}

fn frame(first_byte: u8, body: &[u8]) -> Vec<u8> {
    [vec![first_byte], variable(body.len()), body.to_vec()].concat()
}

/// Text properties and a user property of the same.
fn properties(list: &[(u8, &str)]) -> Vec<u8> {
    let mut bytes = vec![0x26];
    bytes.extend(text(EVIL));
    bytes.extend(text(EVIL));
    for (id, value) in list {
        bytes.push(*id);
        bytes.extend(text(value));
    }
    [variable(bytes.len()), bytes].concat()
}

fn connack(code: u8, list: &[(u8, &str)]) -> Vec<u8> {
    frame(0x20, &[vec![0, code], properties(list)].concat())
}

fn publish(topic: &str, payload: &str) -> Vec<u8> {
    let list = [(0x03, EVIL), (0x08, "evil/\x1b[6n/answer"), (0x09, EVIL)];
    frame(
        0x30,
        &[text(topic), properties(&list), payload.as_bytes().to_vec()].concat(),
    )
}

fn disconnect() -> Vec<u8> {
    frame(
        0xE0,
        &[vec![0x80], properties(&[(0x1F, EVIL), (0x1C, EVIL)])].concat(),
    )
}

/// Ends the program and looks at every byte the terminal got.
fn check(mut terminal: Terminal, what: &str) {
    terminal.keys("\x03");
    terminal.ended();
    let output = terminal.output();
    let left = output
        .raw
        .windows(8)
        .rposition(|at| at == b"\x1b[?1049l")
        .unwrap();
    assert_eq!(intruder(&output.raw[..left]), None, "{what}");
    check_lines(&output.raw[left + 8..], what);
}

/// What stands on the ordinary screen: lines, and the modes put back before them.
fn check_lines(raw: &[u8], what: &str) {
    let text = String::from_utf8_lossy(raw).replace("\r\n", "");
    assert_eq!(intruder(text.as_bytes()), None, "{what}: {text:?}");
}

#[test]
fn a_refusal_cannot_speak_to_the_terminal() {
    let scene = Scene::new();
    for (code, list, words) in [
        (0x87, &[(0x1F, EVIL)][..], "not authorized"),
        (0x9D, &[(0x1F, EVIL), (0x1C, EVIL)], "server moved"),
    ] {
        let broker = Hostile::bind();
        let url = format!("mqtt://{}", broker.addr());
        broker.serve(connack(code, list), Vec::new());
        let mut terminal = scene.start(&[&url]).run();
        terminal.wait_for(&[words]);
        for keys in ["L", "\x1b", "1i", "\x1b", "?", "\x1b"] {
            terminal.keys(keys);
        }
        check(terminal, words);
        for verb in ["doctor", "sub"] {
            let mut terminal = scene.start(&[verb, &url, "a"]).run();
            assert_eq!(terminal.ended().exit_code(), 3, "{}", terminal.contents());
            check_lines(&terminal.output().raw, verb);
        }
    }
}

#[test]
fn nothing_a_connected_broker_says_reaches_the_terminal_raw() {
    let scene = Scene::new();
    let broker = Hostile::bind();
    let url = format!("mqtt://{}", broker.addr());
    let greeting = connack(0, &[(0x12, EVIL), (0x1F, EVIL), (0x1A, EVIL)]);
    let invisible = ["a", "a\u{200b}", "a\u{2060}", "a\u{feff}"].map(|topic| publish(topic, topic));
    let behind = [
        invisible.concat(),
        publish(&"d/".repeat(32_767), "deep"),
        publish(&format!("evil/{}", EVIL.replace('/', "")), EVIL),
        publish(
            "evil/json",
            &format!(r#"{{"{}":"{}"}}"#, "k\u{202e}\u{9d}0;x", "\u{9b}6n"),
        ),
        publish("last", "of all"),
    ]
    .concat();
    broker.serve(greeting, behind);
    let mut terminal = scene.start(&[&url]).run();
    terminal.wait_for(&["rx 8", "of all"]);
    for pane in ["1", "2", "3", "4"] {
        terminal.keys(pane);
        terminal.keys("G");
        for _ in 0..9 {
            terminal.keys("k");
            terminal.keys("4]]]]]]");
            terminal.keys(pane);
        }
    }
    for keys in [
        "1i", "\x1b", "L", "\x1b", "S", "\x1b", "3G", "r", "\x1b", "e", "\x1b", "p", "\x1b",
    ] {
        terminal.keys(keys);
    }
    terminal.keys("2gz");
    terminal.wait_for(&["U+200B", "U+2060", "U+FEFF"]);
    check(terminal, "connected");
}

#[test]
fn the_last_words_of_a_broker_are_shown_and_do_nothing() {
    let scene = Scene::new();
    let garbage = format!("{EVIL}\x1b[2J");
    for (greeting, behind, words) in [
        (connack(0, &[(0x1F, EVIL)]), disconnect(), "unspecified error"),
        (
            connack(0, &[]),
            frame(0x30, b"\0\x08\x1b[6n\xff\x1bc\x07\0"),
            "protocol violation",
        ),
        (
            connack(0, &[]),
            frame(0x00, garbage.as_bytes()),
            "protocol violation",
        ),
        (garbage.clone().into_bytes(), Vec::new(), "protocol violation"),
        (
            format!("HTTP/1.1 400 {garbage}\r\n\r\n").into_bytes(),
            Vec::new(),
            "protocol violation",
        ),
    ] {
        let broker = Hostile::bind();
        let url = format!("mqtt://{}", broker.addr());
        broker.serve(greeting, behind);
        let mut terminal = scene.start(&[&url]).run();
        terminal.wait_for(&[words]);
        for keys in ["L", "\x1b", "1i", "\x1b", "3", "G", "4", "]]]]"] {
            terminal.keys(keys);
        }
        check(terminal, words);
        let mut terminal = scene.start(&["doctor", &url]).run();
        terminal.ended();
        check_lines(&terminal.output().raw, words);
    }
}
