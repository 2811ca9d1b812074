//! A password given for this run is on no screen, in no log file and in no summary.

use std::{fs, path::Path};

use super::Scene;

const MARK: &str = "s3cr3t-MARK";

fn holders(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holders(&path));
        } else if fs::read(&path)
            .unwrap()
            .windows(MARK.len())
            .any(|at| at == MARK.as_bytes())
        {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn no_password_reaches_the_screen_the_log_file_or_the_summary() {
    let mut scene = Scene::new();
    let url = scene.url().replace("mqtt://", &format!("mqtt://u:{MARK}@"));
    let summary = scene.folder.path().join("summary.json").display().to_string();
    let mut terminal = Scene::connected_by(scene.start(&[&url, "--summary-json", &summary]));
    for keys in [
        "1i", "\x1b", "1e", "\t\t\t\t", "\x1b", "\x1b", "1d", "\x1b", "L", "\x1b", "?", "\x1b",
    ] {
        terminal.keys(keys);
    }
    // What a lost connection leaves in the log must not tell it either.
    scene.stop_broker();
    terminal.wait_until("the loss", |output| {
        let contents = output.parser.screen().contents();
        let words = ["closed the connection", "shutting down", "refused by"];
        words.iter().any(|words| contents.contains(words))
    });
    terminal.keys("L");
    terminal.keys("\x1b");
    terminal.keys("\x03");
    assert_eq!(terminal.ended().exit_code(), 0, "{}", terminal.contents());
    let shown = String::from_utf8_lossy(&terminal.output().raw).into_owned();
    assert!(
        shown.contains("can be seen by other users"),
        "the warning before the screen"
    );
    assert!(!shown.contains(MARK));
    let state = scene.folder.path().join("state");
    assert!(
        fs::read_dir(&state).is_ok_and(|mut files| files.next().is_some()),
        "there is a log file"
    );
    assert_eq!(holders(scene.folder.path()), Vec::<String>::new());
}
