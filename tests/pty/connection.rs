//! A broker that goes and comes back.

use super::Scene;

#[test]
fn restarted_broker_is_found_again_and_said() {
    let mut scene = Scene::new();
    let terminal = scene.connected();
    scene.client().publish("a", b"before");
    terminal.wait_for(&["before"]);
    let addr = scene.stop_broker();
    terminal.wait_for(&["127.0.0.1 waiting"]);
    scene.start_broker(addr);
    terminal.wait_for(&["connected, MQTT 5"]);
    scene.client().publish("a", b"after");
    terminal.wait_for(&["before", "after", "rx 2"]);
}

#[test]
fn nobody_listening_is_said_in_words() {
    let mut scene = Scene::new();
    let url = scene.url();
    scene.stop_broker();
    let terminal = scene.start(&[&url]).run();
    terminal.wait_for(&["refused", "waiting"]);
}
