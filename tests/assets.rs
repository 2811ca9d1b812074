//! What lies beside the code and must agree with it: themes, profiles, the README's keys, snapshots, screenshots.
//! `MQTTSCOPE_BLESS=1` writes the generated ones anew.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where something is not as it is to be"
)]

#[path = "common/house.rs"]
mod house;
#[path = "common/message.rs"]
mod message;
#[path = "common/picture.rs"]
mod picture;
#[path = "common/screen/mod.rs"]
mod screen;
#[path = "common/svg.rs"]
mod svg;

use std::{
    collections::BTreeSet,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use message::Sample;
use mqttscope::{
    app::{
        action::{Action, Layer},
        keys::KeyMap,
    },
    config::{SHIPPED_PROFILES, SHIPPED_THEMES, Theme, read_profile},
    event::Outcome,
    mqtt::ReasonCode,
};
use screen::{Screen, screen_with, theme};

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn stems(folder: &str, ending: &str) -> BTreeSet<String> {
    fs::read_dir(at(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

fn is_blessing() -> bool {
    std::env::var_os("MQTTSCOPE_BLESS").is_some()
}

/// Compares a generated file, or writes it when asked to.
fn check_generated(path: &str, wanted: &str) {
    let path = at(path);
    if is_blessing() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, wanted).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "{} is not what the program would write; look at the change, then run the tests with MQTTSCOPE_BLESS=1",
        path.display()
    );
}

#[test]
fn every_theme_file_is_shipped_and_loads() {
    let shipped: BTreeSet<String> = SHIPPED_THEMES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(stems("themes", "toml"), shipped);
    for name in shipped {
        let theme = Theme::load(Path::new("/nowhere"), &name).unwrap_or_else(|faults| panic!("{faults}"));
        assert!(!theme.name.is_empty());
    }
}

#[test]
fn every_profile_file_is_shipped_and_loads() {
    let shipped: BTreeSet<String> = SHIPPED_PROFILES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(stems("profiles", "toml"), shipped);
    for (name, text) in SHIPPED_PROFILES {
        let file = format!("profiles/{name}.toml");
        read_profile(&file, name, text).unwrap_or_else(|faults| panic!("{faults}"));
    }
}

// ---- the README's keys ----

const START: &str = "<!-- keys -->\n";
const END: &str = "<!-- /keys -->";

/// Every action with its keys, by layer, in the order of the help.
fn key_table() -> String {
    let keys = KeyMap::default();
    let mut out = String::from("| in | keys | what it does | name |\n|---|---|---|---|\n");
    for layer in Layer::ALL {
        let mut place = format!("`[{}]`", layer.name());
        for action in Action::ALL.iter().filter(|action| action.layer() == *layer) {
            let keys: Vec<String> = keys.keys(*action).map(|key| format!("`{key}`")).collect();
            let _ = writeln!(
                out,
                "| {place} | {} | {} | `{}` |",
                keys.join(" "),
                action.about(),
                action.name()
            );
            place.clear();
        }
    }
    out
}

#[test]
fn readme_lists_the_keys_as_they_are() {
    let readme = fs::read_to_string(at("README.md")).unwrap();
    let (before, rest) = readme.split_once(START).expect("README.md has <!-- keys -->");
    let (_, after) = rest.split_once(END).expect("README.md has <!-- /keys -->");
    check_generated(
        "README.md",
        &format!("{before}{START}{}{END}{after}", key_table()),
    );
}

// ---- snapshots ----

/// The names that the screen tests compare with.
fn named_snapshots() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in stems("tests/screens", "rs") {
        let code = fs::read_to_string(at("tests/screens").join(file + ".rs")).unwrap();
        names.extend(literals(&code, ".snapshot(\"", "\""));
        for name in literals(&code, ".snapshot_at_each_size(\"", "\"") {
            names.extend(screen::SIZES.map(|(width, height)| format!("{name}-{width}x{height}")));
        }
    }
    names
}

/// What stands between each `start` and the next `end`.
fn literals(code: &str, start: &str, end: &str) -> Vec<String> {
    code.split(start)
        .skip(1)
        .filter_map(|rest| rest.split(end).next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_snapshot_file_belongs_to_a_test() {
    let named = named_snapshots();
    assert!(
        named.len() > 30,
        "only {} names found: the tests are not read right",
        named.len()
    );
    let files = stems("tests/screens/snapshots", "snap");
    let odd: Vec<_> = files.symmetric_difference(&named).collect();
    assert!(
        odd.is_empty(),
        "files no test names, or names without a file: {odd:?}"
    );
}

// ---- screenshots ----

/// A day at home in the Harbor theme; the plant's broker is away, production is only looked at.
fn home() -> Screen {
    let mut prod = screen::profile("prod");
    prod.read_only = true;
    screen_with(|setup| {
        setup.theme = theme("harbor");
        setup.theme_name = "harbor".into();
    })
    .connected("home")
    .opened("plant")
    .waiting(3, 31.0, "connection refused")
    .saved(prod)
    .keys("<esc>1gj")
    .on("home")
    .house()
    .keys("2")
}

/// A light switched from here, and the broker's acknowledgement.
fn published() -> Screen {
    let body = "{\n  \"state\": \"ON\",\n  \"brightness\": 180\n}";
    let on = br#"{"state":"ON","brightness":180}"#;
    home()
        .keys("3kkkp<s-tab><s-tab>1<tab><tab>")
        .paste(body)
        .keys("<c-s>")
        .message(
            &Sample::new("home/kitchen/light/set", body.as_bytes())
                .qos(1)
                .sent(),
        )
        .pass(0.003)
        .ended(Outcome::Acked(vec![ReasonCode::SUCCESS]), 3)
        .pass(0.02)
        .receive("home/kitchen/light/state", on)
}

fn screenshots() -> Vec<(&'static str, Screen)> {
    vec![
        ("overview-120x36", home().keys("3")),
        ("narrow-80x24", home().keys("jjjjjjjj").resize(80, 24)),
        ("publish", published().resize(120, 32)),
        ("details", home().keys("34]]]]")),
        ("help", home().keys("?").resize(100, 30)),
    ]
}

#[test]
fn screenshots_are_what_the_program_draws() {
    let theme = theme("harbor");
    let mut names = BTreeSet::new();
    for (name, mut screen) in screenshots() {
        check_generated(
            &format!("screenshots/{name}.svg"),
            &svg::svg(&screen.buffer(), &theme),
        );
        names.insert(name.to_owned());
    }
    assert_eq!(stems("screenshots", "svg"), names);
    let readme = fs::read_to_string(at("README.md")).unwrap();
    let shown = literals(&readme, "](screenshots/", ".svg)");
    assert!(!shown.is_empty(), "README.md shows no screenshot");
    for name in shown {
        assert!(
            names.contains(&name),
            "README.md shows screenshots/{name}.svg, which nobody draws"
        );
    }
}
