//! However the program ends, the terminal is as it was before.

use std::{path::PathBuf, time::Instant};

use super::{
    Scene,
    pty::{Start, Terminal},
};

/// What every end must have come to.
fn assert_restored(terminal: &Terminal, how: &str) {
    let output = terminal.output();
    let screen = output.parser.screen();
    assert!(!screen.alternate_screen(), "{how}: alternate screen left");
    assert!(!screen.hide_cursor(), "{how}: cursor shown");
    assert!(!screen.bracketed_paste(), "{how}: bracketed paste off");
    assert_eq!(
        screen.mouse_protocol_mode(),
        vt100::MouseProtocolMode::None,
        "{how}: mouse off"
    );
    drop(output);
    assert!(terminal.has_old_modes(), "{how}: terminal modes are the old ones");
}

#[test]
fn quitting_restores_the_terminal_and_sums_up() {
    let scene = Scene::new();
    for keys in ["q", "\x03"] {
        let summary = scene.folder.path().join("summary.json");
        let arguments = [
            scene.url(),
            "--summary-json".into(),
            summary.display().to_string(),
        ];
        let mut terminal = Scene::connected_by(scene.start(&arguments.each_ref().map(String::as_str)));
        assert!(!terminal.has_old_modes(), "the terminal is taken meanwhile");
        assert!(terminal.output().parser.screen().alternate_screen());
        scene.client().publish("a", b"1");
        terminal.wait_for(&["rx 1"]);
        terminal.keys("p");
        terminal.wait_for(&["5 Publish"]);
        terminal.keys("\x1b");
        terminal.wait_without("5 Publish");
        terminal.keys(keys);
        assert_eq!(terminal.ended().exit_code(), 0);
        assert_restored(&terminal, keys);
        let contents = terminal.contents();
        let line = "mqttscope: 1 received · 1 stored · 0 evicted · 0 dropped · 0 sent · 00:0";
        assert!(contents.contains(line), "on the ordinary screen: {contents}");
        let json: serde_json::Value = serde_json::from_slice(&std::fs::read(&summary).unwrap()).unwrap();
        assert_eq!((&json["received"], &json["stored"]), (&1.into(), &1.into()));
        for figure in ["frames", "terminal_bytes", "first_frame_us", "slowest_key_us"] {
            assert!(json[figure].as_u64().unwrap() > 0, "{figure} in {json}");
        }
        std::fs::remove_file(summary).unwrap();
    }
}

#[test]
fn signals_restore_the_terminal() {
    let scene = Scene::new();
    for (name, number) in [("TERM", 15), ("HUP", 1), ("INT", 2), ("QUIT", 3)] {
        let mut terminal = scene.connected();
        terminal.signal(name);
        let asked = Instant::now();
        assert_eq!(terminal.ended().exit_code(), 128 + number, "SIG{name}");
        assert!(asked.elapsed().as_secs() < 1, "SIG{name}: {:?}", asked.elapsed());
        assert_restored(&terminal, name);
    }
}

#[test]
fn closed_terminal_ends_the_program() {
    let scene = Scene::new();
    let mut terminal = scene.connected();
    terminal.hang_up();
    let asked = Instant::now();
    assert_eq!(terminal.ended().exit_code(), 129);
    assert!(asked.elapsed().as_secs() < 1, "{:?}", asked.elapsed());
}

/// This test binary again, as a program that takes the terminal and panics: in a thread, a task, the main thread.
#[test]
fn panic_in_any_thread_restores_the_terminal_and_ends_the_program() {
    let this: PathBuf = std::env::current_exe().unwrap();
    let arguments = ["--exact", "leaving::panics", "--ignored", "--nocapture"];
    for place in ["thread", "task", "main"] {
        let start = Start::bare(&this, &arguments).env("PANIC_IN", place);
        // a backtrace would push the words off the screen
        let mut terminal = start.env("RUST_BACKTRACE", "0").run();
        assert_eq!(terminal.ended().exit_code(), 101, "{place}");
        assert_restored(&terminal, place);
        let contents = terminal.contents();
        assert!(contents.contains("a broken invariant"), "{place}: {contents}");
    }
}

#[test]
#[ignore = "a program of its own for the test above"]
fn panics() {
    mqttscope::tui::install_panic_hook();
    let _terminal = mqttscope::tui::Terminal::enter(true).unwrap();
    let panics = || panic!("a broken invariant");
    match std::env::var("PANIC_IN").as_deref() {
        Ok("thread") => drop(std::thread::spawn(panics).join()),
        Ok("task") => {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .build()
                .unwrap();
            drop(runtime.block_on(runtime.spawn(async move { panics() })));
        }
        _ => panics(),
    }
    unreachable!("the panic has ended the program");
}

#[test]
fn an_error_at_the_end_is_told_on_a_restored_terminal() {
    let scene = Scene::new();
    let url = scene.url();
    let mut terminal = Scene::connected_by(scene.start(&[&url, "--summary-json", "/no/such/folder/file"]));
    terminal.keys("q");
    assert_eq!(terminal.ended().exit_code(), 1);
    assert_restored(&terminal, "error");
    let contents = terminal.contents();
    assert!(
        contents.contains("/no/such/folder/file: No such file"),
        "{contents}"
    );
}

/// What `stty -g` says in a shell before the program and after it, however it ends.
#[test]
fn stty_says_the_same_before_and_after() {
    let scene = Scene::new();
    let script = "stty -g; \"$@\"; echo \"code $?\"; stty -g";
    for end in ["q", "\x03", "TERM", "HUP", "INT", "QUIT"] {
        let (folder, url) = (scene.folder.path().display().to_string(), scene.url());
        let arguments = ["-c", script, "sh", super::PROGRAM, &url, "--config", &folder];
        let mut terminal = Start::bare("sh", &arguments).env("XDG_STATE_HOME", &folder).run();
        terminal.wait_for(&["connected; nothing was published yet"]);
        if end.len() > 1 {
            terminal.signal_child(end);
        } else {
            terminal.keys(end);
        }
        terminal.wait_for(&["code "]);
        terminal.ended();
        assert_restored(&terminal, end);
        let raw = String::from_utf8_lossy(&terminal.output().raw).into_owned();
        let is_modes = |line: &&str| line.matches(':').count() > 20;
        let modes: Vec<&str> = raw.lines().map(str::trim).filter(is_modes).collect();
        assert_eq!(modes.len(), 2, "{end:?}: {raw:?}");
        assert_eq!(modes[0], modes[1], "{end:?}");
    }
}
