//! "Did you mean": the known name nearest to what was typed.

/// The candidate nearest to `name`, if near enough to be meant: about one slip in three letters.
///
/// A swap of two letters is one slip; case is none. The first of equally near ones wins.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = name.to_lowercase().chars().collect();
    candidates
        .into_iter()
        .map(|candidate| {
            let letters: Vec<char> = candidate.to_lowercase().chars().collect();
            let slips = distance(&wanted, &letters);
            (slips, wanted.len().max(letters.len()), candidate)
        })
        .filter(|(slips, longest, _)| slips * 3 <= *longest || (*slips == 1 && *longest > 1))
        .min_by_key(|(slips, ..)| *slips)
        .map(|(.., candidate)| candidate)
}

/// Optimal string alignment distance, three rows at a time.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut last_a = None;
    for (row, &from) in a.iter().enumerate() {
        let mut current = vec![row + 1];
        let mut last_b = None;
        for (column, &to) in b.iter().enumerate() {
            let cell = |cells: &[usize], at: usize| cells.get(at).copied().unwrap_or(usize::MAX / 2);
            let changed = cell(&above, column) + usize::from(from != to);
            let mut best = changed
                .min(cell(&above, column + 1) + 1)
                .min(cell(&current, column) + 1);
            if column > 0 && last_a == Some(to) && last_b == Some(from) {
                best = best.min(cell(&before, column - 1) + 1);
            }
            current.push(best);
            last_b = Some(to);
        }
        before = std::mem::replace(&mut above, current);
        last_a = Some(from);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let names = ["url", "username", "password", "keepalive", "topic"];
        for (typed, meant) in [
            ("ulr", Some("url")),
            ("usrname", Some("username")),
            ("KEEPALIVE", Some("keepalive")),
            ("keep_alive", Some("keepalive")),
            ("tpoic", Some("topic")),
            ("banana", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(nearest(typed, names), meant, "{typed}");
        }
    }

    #[test]
    fn distance_counts_slips() {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        for (a, b, slips) in [
            ("", "abc", 3),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(&letters(a), &letters(b)), slips, "{a} {b}");
        }
    }
}
