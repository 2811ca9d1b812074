//! How fast it reads. By hand, on a release build:
//! `cargo test --release --test source -- --ignored --nocapture speed`.

use std::{io::Write, net::TcpListener, time::Instant};

use mqttscope::{event::Record, mqtt::ProtocolChoice, mqtt::ProtocolVersion, source};

use crate::{observer::profile, peer::publish};

const MESSAGES: usize = 1_000_000;

/// CPU time of this thread, seconds.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn flood(listener: &TcpListener, bytes: &[u8]) {
    let (mut stream, _) = listener.accept().unwrap();
    stream.write_all(&[0x20, 2, 0, 0]).unwrap();
    stream.write_all(bytes).unwrap();
    std::thread::park();
}

#[test]
#[ignore = "a measurement"]
fn speed_of_reading_small_publishes() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let one = publish("plant/line1/press/temperature", br#"{"t":21.4}"#);
    let bytes = one.repeat(MESSAGES);
    std::thread::spawn(move || flood(&listener, &bytes));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (began, used) = (Instant::now(), cpu());
    let batches = runtime.block_on(async {
        let (batches_tx, mut batches_rx) = source::batches(64, 8 << 20);
        let profile = profile(port, ProtocolChoice::Exactly(ProtocolVersion::V311));
        let _handle = source::spawn(
            mqttscope::event::SourceId(1),
            profile,
            None,
            source::Limits::default(),
            source::Clock::start(),
            batches_tx,
        );
        let (mut seen, mut batches) = (0, 0);
        while seen < MESSAGES {
            let batch = batches_rx.recv().await.unwrap();
            batches += 1;
            seen += batch
                .records
                .iter()
                .filter(|record| matches!(record, Record::Publish(_)))
                .count();
        }
        batches
    });
    let (took, used) = (began.elapsed().as_secs_f64(), cpu() - used);
    println!(
        "{MESSAGES} messages of {} B: {took:.3} s, {:.3} µs of CPU each, {batches} batches, {:.0} MB/s",
        one.len(),
        used * 1e6 / MESSAGES as f64,
        (one.len() * MESSAGES) as f64 / took / 1e6
    );
}
