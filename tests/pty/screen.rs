//! What is drawn, and that keys, pastes and sizes reach it.

use super::Scene;

#[test]
fn panes_are_drawn_and_a_message_is_shown() {
    let scene = Scene::new();
    let mut terminal = scene.connected();
    terminal.wait_for(&["1 Connections", "2 Topics", "3 Messages", "4 Details"]);
    scene
        .client()
        .publish("home/kitchen/climate", br#"{"t":21.2,"h":48}"#);
    terminal.wait_for(&["home/kitchen/climate", r#""t":21.2"#, "rx 1", "all 1"]);
    terminal.keys("p");
    terminal.wait_for(&["5 Publish", "Topic", "Body"]);
}

#[test]
fn keys_work() {
    let scene = Scene::new();
    let mut terminal = scene.connected();
    scene.client().publish("a/b", b"one");
    terminal.wait_for(&["a/b", "one"]);
    terminal.keys("?");
    terminal.wait_for(&["Help: what works here"]);
    terminal.keys("\x1b");
    terminal.wait_without("Help: what works here");
    terminal.keys("3z");
    terminal.wait_without("2 Topics");
    terminal.keys("z");
    terminal.wait_for(&["2 Topics"]);
    terminal.keys(" ");
    terminal.wait_for(&["paused by you"]);
    scene.client().publish("a/b", b"two");
    terminal.wait_for(&["PAUSED +1"]);
    terminal.keys(" ");
    terminal.wait_for(&["two", "follow"]);
}

#[test]
fn every_size_is_drawn() {
    let scene = Scene::new();
    let mut terminal = scene.connected();
    scene.client().publish("a/b", b"one");
    terminal.wait_for(&["one", "4 Details"]);
    terminal.resize(80, 24);
    terminal.wait_without("4 Details");
    terminal.wait_for(&["2 Topics", "3 Messages"]);
    terminal.resize(30, 5);
    terminal.wait_for(&["rx 1 drop 0 evict 0"]);
    terminal.resize(1, 1);
    terminal.resize(140, 40);
    terminal.wait_for(&["1 Connections", "4 Details"]);
}

#[test]
fn paste_is_text_and_the_composer_reaches_a_subscriber() {
    let scene = Scene::new();
    let mut terminal = scene.connected();
    let mut subscriber = scene.client();
    subscriber.subscribe("lights/#");
    terminal.keys("p");
    terminal.wait_for(&["5 Publish", "Body"]);
    terminal.paste("lights/set");
    terminal.wait_for(&["lights/set"]);
    terminal.keys("\t\t\t");
    // "q" would quit, were it a key; two lines stay one paste.
    terminal.paste("q quits\nnot");
    terminal.wait_for(&["q quits", "not"]);
    terminal.keys("\x13");
    assert_eq!(
        subscriber.message(),
        ("lights/set".to_owned(), b"q quits\nnot".to_vec())
    );
    terminal.wait_for(&["↑ lights/set", "tx 1"]);
}
