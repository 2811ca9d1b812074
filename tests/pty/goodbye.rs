//! Quitting takes no time and says DISCONNECT where it can, whatever the peer does.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use super::{Scene, pty::Terminal};

/// A peer on a free port that answers CONNECT with this and then reads all it is sent, or nothing; what it read
/// comes when the client has closed.
fn peer(connack: &'static [u8], reads: bool) -> (u16, mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (read_tx, read_rx) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, read_tx) = (stream.unwrap(), read_tx.clone());
            thread::spawn(move || serve(stream, connack, reads, &read_tx));
        }
    });
    (port, read_rx)
}

fn serve(mut stream: TcpStream, connack: &[u8], reads: bool, read_tx: &mpsc::Sender<Vec<u8>>) {
    let mut first = [0; 1024];
    if connack.is_empty() || stream.read(&mut first).is_err() || stream.write_all(connack).is_err() {
        // Keeps the connection open and silent for as long as the test may take.
        thread::park_timeout(Duration::from_secs(30));
        return;
    }
    if !reads {
        thread::park_timeout(Duration::from_secs(30));
    }
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    let _ = read_tx.send(all);
}

fn url(port: u16) -> String {
    format!("mqtt://127.0.0.1:{port}")
}

const CONNACK: &[u8] = &[0x20, 3, 0, 0, 0];

fn assert_quits(terminal: &mut Terminal, how: &str) -> String {
    terminal.keys("\x03");
    let asked = Instant::now();
    assert_eq!(terminal.ended().exit_code(), 0, "{how}");
    assert!(
        asked.elapsed() < Duration::from_secs(1),
        "{how}: {:?}",
        asked.elapsed()
    );
    terminal.contents()
}

#[test]
fn quitting_takes_less_than_a_second_on_the_way_to_every_peer() {
    let scene = Scene::new();
    let (silent, _) = peer(&[], false);
    let refused = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    for (how, target, shown) in [
        ("nothing open", None, "1 Connections"),
        (
            "a name being looked up",
            Some("mqtt://x.invalid".to_owned()),
            "x.invalid",
        ),
        ("TLS", Some(format!("mqtts://127.0.0.1:{silent}")), "TLS"),
        ("WebSocket", Some(format!("ws://127.0.0.1:{silent}")), "WEBSOCKET"),
        ("CONNECT", Some(format!("mqtt://127.0.0.1:{silent}")), "CONNECT"),
        ("waiting", Some(format!("mqtt://127.0.0.1:{refused}")), "refused"),
    ] {
        let arguments: Vec<&str> = target.as_deref().into_iter().collect();
        let mut terminal = scene.start(&arguments).run();
        terminal.wait_for(&[shown]);
        let contents = assert_quits(&mut terminal, how);
        assert!(!contents.contains("DISCONNECT"), "{how}: {contents}");
    }
}

#[test]
fn disconnect_is_sent_at_every_end_while_the_socket_takes_it() {
    let scene = Scene::new();
    for signal in [None, Some("TERM"), Some("INT"), Some("HUP"), Some("QUIT")] {
        let (port, read) = peer(CONNACK, true);
        let mut terminal = scene.start(&[&url(port), "-V", "5"]).run();
        terminal.wait_for(&["connected; nothing was published yet"]);
        match signal {
            None => drop(assert_quits(&mut terminal, "q")),
            Some(name) => {
                terminal.signal(name);
                terminal.ended();
            }
        }
        let all = read.recv_timeout(Duration::from_secs(5)).expect("closed");
        assert_eq!(all.last_chunk(), Some(&[0xE0, 0]), "{signal:?}");
    }
}

#[test]
fn disconnect_that_a_socket_does_not_take_is_told_at_the_end() {
    let scene = Scene::new();
    let (port, _) = peer(CONNACK, false);
    let payload = scene.folder.path().join("large");
    std::fs::write(&payload, vec![b'x'; 16 << 20]).unwrap();
    let mut terminal = scene.start(&[&url(port), "-V", "5"]).run();
    terminal.wait_for(&["connected; nothing was published yet"]);
    terminal.keys("pbig\t\t\t");
    terminal.keys(payload.to_str().unwrap());
    terminal.keys("\x0f");
    terminal.wait_for(&["payload from"]);
    terminal.keys("\x13");
    terminal.wait_for(&["waiting for the broker"]);
    let contents = assert_quits(&mut terminal, "zero window");
    assert!(contents.contains("DISCONNECT was not sent"), "{contents}");
    assert!(contents.contains("1 publish ended unknown"), "{contents}");
}
