//! Through a real mosquitto as fast as it takes them: a subscriber that does not keep up loses QoS 0 messages
//! inside the broker, and nobody tells.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    load::publish,
    pty::Start,
    scene::PROGRAM,
    table::{Bar, Row, median},
};

const ROUNDS: usize = 5;
/// Nothing more comes after so long a silence.
const SILENCE: Duration = Duration::from_secs(1);

/// A mosquitto without a word of log for each message, killed when dropped.
struct Broker {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Broker {
    /// `None` where it is not installed.
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let config = folder.path().join("mosquitto.conf");
        let text =
            format!("listener {port} 127.0.0.1\nallow_anonymous true\nsys_interval 0\npersistence false\n");
        fs::write(&config, text).unwrap();
        let child = ["mosquitto", "/usr/sbin/mosquitto"].iter().find_map(|program| {
            let mut command = Command::new(program);
            command.arg("-c").arg(&config).stdin(Stdio::null());
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
        })?;
        let broker = Self {
            child,
            port,
            _folder: folder,
        };
        broker.connect();
        Some(broker)
    }

    fn connect(&self) -> TcpStream {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            match TcpStream::connect(("127.0.0.1", self.port)) {
                Ok(stream) => return stream,
                Err(error) => assert!(Instant::now() < deadline, "mosquitto does not listen: {error}"),
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Publishes packets and waits until the broker has read them all.
    fn take(&self, packets: &[u8]) {
        let mut stream = self.connect();
        stream.set_nodelay(true).unwrap();
        stream
            .write_all(b"\x10\x10\0\x04MQTT\x04\x02\0\0\0\x04load")
            .unwrap();
        stream.read_exact(&mut [0; 4]).unwrap();
        stream.write_all(packets).unwrap();
        stream.write_all(&[0xC0, 0]).unwrap();
        stream.read_exact(&mut [0; 2]).unwrap();
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn packets(count: usize, payload: usize) -> Vec<u8> {
    let packet = |n: usize| {
        let topic = format!("load/{}/{}", n % 10, n % 1_000 / 10);
        publish(&topic, format!("{n:>payload$}").as_bytes(), false)
    };
    (0..count).flat_map(packet).collect()
}

/// The share the program got with its screen on.
fn ours(packets: &[u8], count: usize) -> Option<f64> {
    let broker = Broker::start()?;
    let folder = tempfile::tempdir().unwrap();
    let summary = folder.path().join("summary.json");
    let url = format!("mqtt://127.0.0.1:{}", broker.port);
    let arguments = [&url, "--summary-json", &summary.display().to_string()];
    let mut terminal = Start::new(PROGRAM, folder.path(), &arguments).counting().run();
    terminal.wait_for(&["connected; nothing was published yet"]);
    broker.take(packets);
    until_silent(|| received(&terminal.contents()));
    terminal.keys("\x03");
    assert!(terminal.ended().success());
    let summary: serde_json::Value = serde_json::from_slice(&fs::read(&summary).unwrap()).unwrap();
    Some(summary["received"].as_f64().unwrap() / count as f64)
}

/// The share mosquitto's own client got.
fn theirs(packets: &[u8], count: usize) -> Option<f64> {
    let broker = Broker::start()?;
    // A retained message is the first to come: then it is subscribed.
    let mut retained = publish("ready", b"!", false);
    retained[0] |= 1;
    broker.take(&retained);
    let mut child = Command::new("mosquitto_sub")
        .args(["-h", "127.0.0.1", "-t", "#", "-p"])
        .arg(broker.port.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let lines = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&lines);
    let (ready_tx, ready_rx) = std::sync::mpsc::channel();
    let output = BufReader::with_capacity(1 << 20, child.stdout.take().unwrap());
    let reading = thread::spawn(move || {
        let mut output = output.split(b'\n').map_while(Result::ok);
        let _ = ready_tx.send(output.next());
        for _ in output {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    assert_eq!(
        ready_rx.recv_timeout(Duration::from_secs(10)).unwrap().as_deref(),
        Some(&b"!"[..])
    );
    broker.take(packets);
    until_silent(|| lines.load(Ordering::Relaxed));
    let _ = child.kill();
    child.wait().unwrap();
    reading.join().unwrap();
    Some(lines.load(Ordering::Relaxed) as f64 / count as f64)
}

/// `rx 12 345` on the screen.
fn received(contents: &str) -> u64 {
    let figure = contents.split("rx ").nth(1).unwrap_or_default();
    figure
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == ' ')
        .filter_map(|c| c.to_digit(10))
        .fold(0, |number, digit| number * 10 + u64::from(digit))
}

/// Waits until a figure has not changed for a while.
fn until_silent(figure: impl Fn() -> u64) {
    let mut seen = (figure(), Instant::now());
    while seen.1.elapsed() < SILENCE {
        thread::sleep(Duration::from_millis(50));
        let now = figure();
        if now != seen.0 {
            seen = (now, Instant::now());
        }
    }
}

fn row(measure: &'static str, count: usize, payload: usize, bar: Bar) -> Row {
    let packets = packets(count, payload);
    let rounds: Option<Vec<_>> = (0..ROUNDS)
        .map(|_| Some((ours(&packets, count)?, theirs(&packets, count)?)))
        .collect();
    let Some(rounds) = rounds else {
        return Row {
            beside: Some("mosquitto is not installed".into()),
            ..Row::new(measure, f64::NAN, "", bar)
        };
    };
    let (ours, theirs): (Vec<f64>, Vec<f64>) = rounds.into_iter().unzip();
    let worst = ours.iter().copied().fold(f64::INFINITY, f64::min);
    let theirs_median = median(theirs.clone());
    let theirs_worst = theirs.into_iter().fold(f64::INFINITY, f64::min);
    Row {
        beside: Some(format!(
            "worst {worst:.4} beside mosquitto_sub {theirs_median:.4}, worst {theirs_worst:.4}"
        )),
        ..Row::new(measure, median(ours), "", bar)
    }
}

pub fn small() -> Vec<Row> {
    vec![row(
        "500,000 × 64 B through mosquitto: share received",
        500_000,
        64,
        Bar::Exactly(1.0),
    )]
}

pub fn large() -> Vec<Row> {
    vec![row(
        "60,000 × 4 KiB through mosquitto: share received",
        60_000,
        4096,
        Bar::AtLeast(0.99),
    )]
}
