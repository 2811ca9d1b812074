//! Arguments as mosquitto writes them → as clap reads them: `-o FILE` becomes the flags of that file,
//! `-D COMMAND PROPERTY VALUE` one value.

use super::{
    Failure,
    args::{SEPARATOR, words_of},
};

/// Flags whose next word is a value, whatever it looks like.
const TAKES_ANYTHING: &[&str] = &["-m", "--message", "-P", "--pw", "--will-payload", "-F"];

/// The arguments with every options file in front of them, so that they win over it.
pub fn expand(arguments: &[String]) -> Result<Vec<String>, Failure> {
    let (mut from_files, mut rest) = (Vec::new(), Vec::new());
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if TAKES_ANYTHING.contains(&word.as_str()) {
            rest.push(word.clone());
            rest.extend(words.next().cloned());
        } else if word == "--" {
            rest.push(word.clone());
            rest.extend(words.by_ref().cloned());
        } else if let Some(path) = file_named(word, &mut words)? {
            from_files.extend(read(path)?);
        } else if matches!(word.as_str(), "-D" | "--property") {
            rest.push(word.clone());
            rest.push(property(&mut words));
        } else {
            rest.push(word.clone());
        }
    }
    from_files.append(&mut rest);
    Ok(from_files)
}

fn file_named<'a>(
    word: &'a str,
    words: &mut std::slice::Iter<'a, String>,
) -> Result<Option<&'a str>, Failure> {
    if let Some(path) = word.strip_prefix("--options-file=") {
        return Ok(Some(path));
    }
    if !matches!(word, "-o" | "--options-file") {
        return Ok(None);
    }
    let path = words
        .next()
        .ok_or_else(|| Failure::usage("--options-file needs a value"))?;
    Ok(Some(path))
}

/// The words of a property as one; what is missing is told where it is read.
fn property<'a>(words: &mut impl Iterator<Item = &'a String>) -> String {
    let mut text: Vec<&str> = words.by_ref().take(2).map(String::as_str).collect();
    let count = text.last().map_or(1, |name| words_of(name));
    let value: Vec<&str> = words.take(count).map(String::as_str).collect();
    let value = value.join(&SEPARATOR.to_string());
    text.push(&value);
    text.join(" ").trim_end_matches(' ').to_owned()
}

/// A flag a line, its value behind the first blank; `#` begins a comment line.
fn read(path: &str) -> Result<Vec<String>, Failure> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Failure::usage(format!("-o {path}: {error}")))?;
    let mut words = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = || format!("{path}:{}", index + 1);
        let (flag, value) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        if !flag.starts_with('-') {
            let what = format!("{}: a line begins with a flag, as in -h HOST", place());
            return Err(Failure::usage(what));
        }
        match flag {
            "-o" | "--options-file" => {
                let what = format!("{}: an options file cannot name another", place());
                return Err(Failure::usage(what));
            }
            "-D" | "--property" => {
                let parts: Vec<String> = value.split_whitespace().map(Into::into).collect();
                words.extend([flag.to_owned(), property(&mut parts.iter())]);
            }
            _ => {
                words.push(flag.to_owned());
                words.extend(
                    Some(value.trim())
                        .filter(|value| !value.is_empty())
                        .map(Into::into),
                );
            }
        }
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(words: &[&str]) -> Vec<String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        expand(&words).unwrap()
    }

    #[test]
    fn property_becomes_one_value_and_what_follows_stays() {
        assert_eq!(
            expanded(&["-D", "publish", "user-property", "a b", "c", "lab", "-v"]),
            ["-D", "publish user-property a b\u{1f}c", "lab", "-v"]
        );
        assert_eq!(
            expanded(&["-D", "connect", "receive-maximum", "10", "lab"]),
            ["-D", "connect receive-maximum 10", "lab"]
        );
        assert_eq!(
            expanded(&["-m", "-D", "-F", "-o"]).len(),
            4,
            "a value may look like a flag"
        );
    }

    #[test]
    fn options_file_stands_in_front_of_the_arguments() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("options");
        std::fs::write(
            &path,
            "# lab\n\n-h pi.lan\n--username  me and you\n-v\n-D connect user-property a b\n",
        )
        .unwrap();
        let file = path.to_str().unwrap();
        assert_eq!(
            expanded(&["-t", "x", "-o", file]),
            [
                "-h",
                "pi.lan",
                "--username",
                "me and you",
                "-v",
                "-D",
                "connect user-property a\u{1f}b",
                "-t",
                "x"
            ]
        );
    }
}
