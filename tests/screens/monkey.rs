//! Somebody who presses everything: long runs of keys, pastes, clicks, sizes, traffic and broken connections,
//! the same in every run of the test. Nothing panics, and every picture is safe to draw.

use mqttscope::{
    app::{
        action::Action,
        effect::{Done, Effect},
        update::run,
    },
    event::{ConnectionState, Outcome, Phase},
    mqtt::{Property, ReasonCode},
};

use crate::{
    message::Sample,
    screen::{Screen, facts, profile, screen, screen_with},
};

/// xorshift64*: the same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % sides
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.roll(from.len())]
    }
}

const KEYS: &[&str] = &[
    "<enter>", "<esc>", "<tab>", "<s-tab>", "<space>", "<up>", "<down>", "<left>", "<right>", "<pgup>",
    "<pgdn>", "<home>", "<end>", "<bs>", "<del>", "<c-s>", "<c-f>", "<c-p>", "<c-u>", "<c-d>", "<c-e>",
    "<c-o>", "<c-l>", "<c-x>", "<c-j>", "<c-k>", "<lt>", ">", "1", "2", "3", "4", "5", "?", ":", "/", "n",
    "N", "p", "P", "S", "u", "z", "s", "f", "x", "y", "e", "r", "m", "g", "G", "[", "]", "+", "-", "T", "M",
    "L", "U", "C", "a", "d", "c", "i", "j", "k", "h", "l", "#", "\"", "{", "ü", "温",
];

const TOPICS: &[&str] = &[
    "a",
    "a/b",
    "a//b",
    "/",
    "//",
    "a/b/c/d/e/f",
    "home/lamp",
    "home/lamp/set",
    "ünïcode/温度",
    "$SYS/broker/uptime",
    "evil/\u{1b}[2J/\u{202e}x",
    "home/lamp/set/",
    " ",
    "a/b ",
];

const PAYLOADS: &[&str] = &[
    "",
    "1",
    "ON",
    "{\"t\":21.5,\"list\":[1,2,{\"a\":null}]}",
    "{\"broken\":",
    "one\ntwo\n\tthree\n",
    "\u{1b}[31m\u{9b}",
    "温度 is hot",
    "[[[[[[[[[[[[[[[[",
    "\"text\"",
];

fn step(screen: Screen, dice: &mut Dice) -> Screen {
    match dice.roll(12) {
        0..=4 => screen.keys(dice.pick(KEYS)),
        5 | 6 => traffic(screen, dice),
        7 => {
            let (x, y) = (dice.roll(130) as u16, dice.roll(40) as u16);
            match dice.roll(3) {
                0 => screen.click(x, y),
                1 => screen.wheel(x, y, dice.roll(5) as i32 - 2),
                _ => screen.drag((x, y), (dice.roll(130) as u16, y)),
            }
        }
        8 => screen.resize(1 + dice.roll(140) as u16, 1 + dice.roll(45) as u16),
        9 => screen.pass(dice.roll(5000) as f64 / 100.0),
        10 => {
            let text = dice.pick(PAYLOADS);
            screen.paste(text)
        }
        _ => outside(screen, dice),
    }
}

fn traffic(mut screen: Screen, dice: &mut Dice) -> Screen {
    let sources: Vec<String> = screen
        .app
        .connections
        .iter()
        .map(|c| c.profile.name.clone())
        .collect();
    if let Some(name) = sources.get(dice.roll(sources.len().max(1))) {
        screen = screen.on(name);
    }
    for _ in 0..=dice.roll(8) {
        let mut sample =
            Sample::new(dice.pick(TOPICS), dice.pick(PAYLOADS).as_bytes()).qos(dice.roll(3) as u8);
        if dice.roll(4) == 0 {
            sample = sample.retain();
        }
        if dice.roll(6) == 0 {
            sample = sample.sent();
        }
        if dice.roll(5) == 0 {
            sample = sample.with(Property::ResponseTopic("answers/\u{202e}".into()));
        }
        screen = screen.message(&sample).pass(0.01);
    }
    screen
}

/// What workers and effects bring.
fn outside(screen: Screen, dice: &mut Dice) -> Screen {
    match dice.roll(8) {
        0 => screen.waiting(dice.roll(9) as u32, 4.0, "connection refused: \u{1b}[2J"),
        1 => screen.refused("not authorized (0x87)", "check \u{202e} user"),
        2 => screen.state(ConnectionState::Idle),
        3 => screen.state(ConnectionState::Connecting {
            attempt: 1,
            phase: Phase::Dns,
        }),
        4 | 5 => {
            let facts = facts(&profile("any"));
            screen.state(ConnectionState::Connected(Box::new(facts)))
        }
        6 => screen.done(match dice.roll(4) {
            0 => Done::Edited(Some("edited\n\u{1b}".into())),
            1 => Done::FileRead("/tmp/\u{202e}".into(), vec![0xff, 0x00]),
            2 => Done::Failed("no \u{1b}[2J way".into()),
            _ => Done::Copied("copied".into()),
        }),
        _ if screen.has_request() => screen.ended(
            match dice.roll(4) {
                0 => Outcome::Sent,
                1 => Outcome::Acked(vec![ReasonCode(0x87)]),
                2 => Outcome::Unknown,
                _ => Outcome::Failed {
                    code: None,
                    reason: "\u{1b}[2J".into(),
                },
            },
            3,
        ),
        _ => screen,
    }
}

#[test]
fn pressing_everything_never_breaks_it() {
    for seed in 1..=8 {
        let mut dice = Dice(seed * 0x9E37_79B9);
        let mut screen = screen_with(|setup| {
            setup.max_memory = 1 << 20;
            setup.profiles = vec![profile("saved")];
        })
        .connected("home")
        .connected("plant");
        for _ in 0..250 {
            screen = step(screen, &mut dice);
            screen.app.quit = false;
            if screen.app.connections.is_empty() {
                screen = screen.connected("again");
            }
            drop(screen.buffer());
        }
    }
}

#[test]
fn every_action_can_be_run_in_every_place() {
    let places = ["1", "2j", "3k", "34", "p", "2/x<enter>", "3<space>"];
    for keys in places {
        for action in Action::ALL {
            let mut screen = screen()
                .connected("home")
                .retained("home/lamp/state", "ON")
                .receive("home/door", r#"{"open":true}"#)
                .keys(keys);
            drop(run(&mut screen.app, *action));
            drop(screen.buffer());
            drop(run(&mut screen.app, *action));
            drop(screen.buffer());
        }
    }
    for action in Action::ALL {
        let mut empty = screen();
        drop(run(&mut empty.app, *action));
        drop(empty.buffer());
    }
}

#[test]
fn nothing_is_published_over_a_read_only_connection_whatever_is_pressed() {
    let mut dice = Dice(7);
    let mut prod = profile("prod");
    prod.read_only = true;
    let mut screen = screen().connected_with(prod, |_| {});
    for _ in 0..1000 {
        screen = match dice.roll(3) {
            0 => traffic(screen, &mut dice),
            _ => screen.keys(dice.pick(&[
                "p", "P", "e", "r", "<c-s>", "<esc>", "<tab>", "3", "2", "j", "x", "<enter>",
            ])),
        };
        screen.app.quit = false;
        for effect in screen.take_effects() {
            let publishes = matches!(effect, Effect::Send(_, mqttscope::event::Command::Publish(..)));
            assert!(!publishes, "{effect:?}");
        }
    }
}
