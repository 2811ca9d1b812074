use crate::program::Home;

/// `mqttscope --help` and those of its verbs, as users read them.
#[test]
fn help_is_as_it_was_read_and_accepted() {
    let home = Home::new();
    for verb in [
        "",
        "demo",
        "broker",
        "sub",
        "pub",
        "doctor",
        "will-test",
        "profiles",
        "config",
        "profiles",
        "completions",
        "man",
        "version",
    ] {
        let args: Vec<&str> = [verb, "--help"]
            .into_iter()
            .filter(|word| !word.is_empty())
            .collect();
        let ran = home.run(&args);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{verb}");
        let longest = ran.stdout.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= 100, "{verb}: {longest} columns");
        insta::assert_snapshot!(if verb.is_empty() { "mqttscope" } else { verb }, ran.stdout);
    }
}

#[test]
fn bare_h_and_question_mark_print_help() {
    let home = Home::new();
    for verb in ["sub", "pub", "config"] {
        let help = home.run(&[verb, "--help"]);
        assert_eq!(home.run(&[verb, "-h"]), help, "{verb}");
        assert_eq!(home.run(&[verb, "-?"]), help, "{verb}");
    }
    assert_eq!(home.run(&["-h"]), home.run(&["--help"]));
    assert_eq!(home.run(&["sub", "-t", "a", "-h"]), home.run(&["sub", "--help"]));
    let ran = home.run(&["pub", "-h", "127.0.0.1", "-p", "1", "-t", "a", "-m", "-h"]);
    assert_eq!(ran.code, 3, "a value that looks like it: {ran:?}");
}

#[test]
fn version_is_the_packages() {
    let ran = Home::new().run(&["--version"]);
    assert_eq!(
        (ran.code, ran.stdout),
        (0, format!("mqttscope {}\n", env!("CARGO_PKG_VERSION")))
    );
}
