use crate::program::Home;

#[test]
fn wrong_command_line_is_one_line_with_a_way_out_and_exit_code_2() {
    let home = Home::new();
    for (args, expected) in [
        (
            "--tpic x",
            "unknown flag --tpic; did you mean --topic? (mqttscope --help)",
        ),
        (
            "sub --topc x",
            "unknown flag --topc; did you mean --topic? (mqttscope sub --help)",
        ),
        ("sub -Z", "unknown flag -Z (mqttscope sub --help)"),
        (
            "sub -t a#",
            "--topic: \"a#\": `#` must be alone in the last level, as in `a/#` (MQTT-4.7.1-1) (mqttscope sub --help)",
        ),
        ("sub", "no topic to subscribe to; use -t FILTER, -t '#' for all"),
        ("sub -t", "--topic needs a value (mqttscope sub --help)"),
        (
            "sub -q 3 -t a",
            "--qos: \"3\": use 0, 1 or 2 (mqttscope sub --help)",
        ),
        (
            "sub -p 0 -t a",
            "--port: \"0\": use 1 to 65535 (mqttscope sub --help)",
        ),
        (
            "sub -C 0 -t a",
            "-C: \"0\": use a whole number from 1 (mqttscope sub --help)",
        ),
        (
            "sub -W abc -t a",
            "-W: `abc` is no duration: write 250ms, 30s, 2m, 1h or 1d (mqttscope sub --help)",
        ),
        (
            "sub -F %k -t a",
            "-F: \"%k\": no field is written %k; use one of %ACDEFIJPRSUXjlmpqrtx or %% (mqttscope sub --help)",
        ),
        (
            "sub -V 7 -t a",
            "--protocol-version: unknown protocol version \"7\"; use 5, 3.1.1, 3.1 or auto (mqttscope sub --help)",
        ),
        (
            "pub -t a",
            "missing one of --message, --file, --stdin-file, --stdin-line or --null-message (mqttscope pub --help)",
        ),
        (
            "pub -t a -m x -n",
            "--message cannot be used with --null-message (mqttscope pub --help)",
        ),
        (
            "pub -t a/+ -m x",
            "--topic: \"a/+\": a message is published to one topic: `+` is only for subscribing (MQTT-3.3.2-2) (mqttscope pub --help)",
        ),
        ("pub -m x", "no topic to publish to; use -t TOPIC"),
        ("pub pi a b -m x", "one topic only; \"b\" is one too many"),
        (
            "config",
            "missing path|check|init|schema (mqttscope config --help)",
        ),
        (
            "completions nosh",
            "<SHELL>: \"nosh\" is not one of bash, elvish, fish, powershell, zsh (mqttscope completions --help)",
        ),
        ("man docter", "no verb \"docter\"; did you mean doctor?"),
        (
            "config path extra",
            "\"extra\" is one word too many (mqttscope config --help)",
        ),
        ("-L x -h y", "--url cannot be used with --host (mqttscope --help)"),
        (
            "mqtt://",
            "TARGET: \"mqtt://\" names no host; write mqtt://HOST:PORT",
        ),
        (
            "http://x",
            "TARGET: unknown scheme \"http://\"; use mqtt:// mqtts:// ws:// wss:// or unix://",
        ),
        ("-h x:y", "-h: \"y\" is no port; use 1 to 65535"),
        (
            "-t a",
            "topics need a broker to be subscribed at; name one with -h HOST",
        ),
        ("--fps 0", "--fps: \"0\": use 1 to 120 (mqttscope --help)"),
        (
            "--max-memory 3x",
            "--max-memory: \"3x\": `x` is no unit of a size: write bytes as 512, 256k, 16M or 1G (k is 1024) (mqttscope --help)",
        ),
    ] {
        let args: Vec<&str> = args.split(' ').collect();
        let ran = home.run(&args);
        assert_eq!(ran.stderr, format!("mqttscope: {expected}\n"), "{args:?}");
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}");
    }
}

#[test]
fn no_error_repeats_a_password() {
    let home = Home::new();
    for args in [
        &["mqtt://me:hunter2@"][..],
        &["mqtt://me:hunter2@host:nope"],
        &["http://me:hunter2@host"],
        &["sub", "-P", "hunter2"],
        &["sub", "-P", "hunter2", "-h", "mqtt://x@y", "-t", "a"],
        &["sub", "-h", "127.0.0.1", "-p", "1", "-P", "hunter2", "-t", "a"],
    ] {
        let ran = home.run(args);
        assert_ne!(ran.code, 0, "{args:?}");
        assert!(!format!("{ran:?}").contains("hunter2"), "{ran:?}");
    }
}
