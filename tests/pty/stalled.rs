//! A terminal that stops reading (a stalled SSH, Ctrl-S, a closed lid) stops nothing else.

use std::time::Instant;

use super::{Scene, load::LoadBroker, pty::Terminal};

const MESSAGES: u64 = 16_000;

/// The program, its terminal stalled, its writer blocked by a full pipe: keys bring frames until no more come out.
fn stalled(scene: &Scene, broker: &LoadBroker) -> (Terminal, super::load::Subscriber) {
    let url = format!("mqtt://{}", broker.addr());
    let mut terminal = scene.start(&[&url]).size(200, 60).run();
    let mut subscriber = broker.accept();
    terminal.wait_for(&["connected; nothing was published yet"]);
    terminal.stall(true);
    let packet = subscriber.publish("flood/a", &[b'x'; 4096]);
    for _ in 0..MESSAGES / 2 {
        subscriber.send(&packet);
    }
    for _ in 0..100 {
        terminal.keys("?\x1b");
    }
    // More than all buffers between the two hold: it goes through only if the program goes on reading.
    for _ in 0..MESSAGES / 2 {
        subscriber.send(&packet);
    }
    (terminal, subscriber)
}

#[test]
fn reception_goes_on_and_the_picture_catches_up() {
    let scene = Scene::new();
    let broker = LoadBroker::bind();
    let (mut terminal, _subscriber) = stalled(&scene, &broker);
    terminal.stall(false);
    terminal.wait_for(&["rx 16 000"]);
    terminal.keys("q");
    assert_eq!(terminal.ended().exit_code(), 0);
    assert!(terminal.contents().contains("16,000 received"));
}

#[test]
fn quitting_is_not_held_up() {
    let scene = Scene::new();
    let broker = LoadBroker::bind();
    let (mut terminal, _subscriber) = stalled(&scene, &broker);
    let asked = Instant::now();
    terminal.keys("\x03");
    assert_eq!(terminal.ended().exit_code(), 0);
    assert!(asked.elapsed().as_millis() < 1_500, "{:?}", asked.elapsed());
    assert!(terminal.has_old_modes(), "terminal modes are the old ones");
}

#[test]
fn signal_ends_the_program_within_a_second() {
    let scene = Scene::new();
    let broker = LoadBroker::bind();
    let (mut terminal, _subscriber) = stalled(&scene, &broker);
    let asked = Instant::now();
    terminal.signal("TERM");
    assert_eq!(terminal.ended().exit_code(), 143);
    assert!(asked.elapsed().as_secs() < 1, "{:?}", asked.elapsed());
    assert!(terminal.has_old_modes(), "terminal modes are the old ones");
}
