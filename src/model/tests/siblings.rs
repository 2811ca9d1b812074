//! Many children of one level: only those looked at are put in order, and that shows nowhere.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Names that begin alike for long, that begin others, that stand behind the others.
fn name() -> impl Strategy<Value = String> {
    (0u32..9_000, 0u8..8).prop_map(|(n, kind)| match kind {
        0 => format!("{n}"),
        1 => format!("$sys{n}"),
        2 => "a".repeat(n as usize % 40),
        3 => format!("ä{n:x}"),
        4 | 5 => format!("device-of-the-same-kind-{n:05}"),
        6 => format!("device-of-the-same-kind-{n:05}-and-{n}"),
        _ => format!("{:o}", n % 7),
    })
}

fn names(count: std::ops::Range<usize>) -> impl Strategy<Value = BTreeSet<String>> {
    prop::collection::btree_set(name(), count)
}

fn receive_under(model: &mut Model, names: &BTreeSet<String>) {
    let topics: Vec<_> = names.iter().map(|name| format!("p/{name}")).collect();
    // Not in their order.
    let (even, odd): (Vec<_>, Vec<_>) = topics.iter().enumerate().partition(|(n, _)| n % 2 == 0);
    let mixed = odd.into_iter().rev().chain(even).map(|(_, topic)| topic.as_str());
    receive(model, &mixed.collect::<Vec<_>>());
}

fn view(sort: SortBy) -> TreeView {
    let mut view = TreeView::new(Scope::Only(HOME));
    view.set_sort(sort);
    view
}

/// By name, `$SYS` and its like last.
fn rank(name: &str) -> (bool, &str) {
    (name.starts_with('$'), name)
}

#[test]
fn the_few_that_begin_unlike_the_others_stand_before_and_behind_them() {
    let mut model = model(32 << 20);
    let mut view = view(SortBy::Name);
    // What begins alike is found in a sample, which the second to the fourth are not in.
    let alike = (1..8_000).map(|n| format!("p/kind-{n:04}"));
    let topics: Vec<_> = ["p/kind-0000", "p/z", "p/b", "p/$x"]
        .map(str::to_owned)
        .into_iter()
        .chain(alike)
        .collect();
    receive(&mut model, &topics.iter().map(String::as_str).collect::<Vec<_>>());
    view.sync(model.topics(), &mut |_| false);
    view.expand_all();
    let row_of = |view: &mut TreeView, model: &Model, topic: &str| {
        let node = model.topics().find(HOME, topic).unwrap();
        view.index_of(model.topics(), node)
    };
    view.rows(model.topics(), 4_000..4_001);
    receive(&mut model, &["p/kinz", "p/a", "p/y", "p/kin", "p/kind-7990-b"]);
    view.sync(model.topics(), &mut |_| false);
    let places = [
        "a",
        "b",
        "kin",
        "kind-0000",
        "kind-7990-b",
        "kind-7999",
        "kinz",
        "y",
        "z",
        "$x",
    ]
    .map(|name| {
        let row = row_of(&mut view, &model, &format!("p/{name}"));
        row.unwrap()
    });
    assert_eq!(places, [1, 2, 3, 4, 7_995, 8_004, 8_005, 8_006, 8_007, 8_008]);
}

proptest! {
    #[test]
    fn what_was_looked_at_before_changes_no_row(
        (first, later) in (names(900..2_500), names(0..600)),
        looks in prop::collection::vec(any::<prop::sample::Index>(), 1..12),
    ) {
        let mut model = model(32 << 20);
        let mut view = view(SortBy::Name);
        receive_under(&mut model, &first);
        receive(&mut model, &["p/9/below", "p/9/beside"]);
        view.sync(model.topics(), &mut |_| false);
        view.expand_all();
        for (n, look) in looks.iter().enumerate() {
            let row = look.index(view.row_count());
            if n % 2 == 0 {
                view.rows(model.topics(), row..row + 5);
            } else {
                let name = first.iter().nth(look.index(first.len())).unwrap();
                let node = model.topics().find(HOME, &format!("p/{name}")).unwrap();
                let row = view.index_of(model.topics(), node).unwrap();
                prop_assert_eq!(view.node_at(model.topics(), row), Some(node));
            }
            if n == looks.len() / 2 {
                receive_under(&mut model, &later);
                view.sync(model.topics(), &mut |_| false);
            }
        }
        let all = view.rows(model.topics(), 1..100_000);
        let shown: Vec<_> = all.iter().filter(|row| row.depth == 1).map(|row| model.topics().name(row.node)).collect();
        let mut expected: Vec<_> = first.union(&later).map(String::as_str).chain(["9"]).collect();
        expected.sort_unstable_by_key(|name| rank(name));
        expected.dedup();
        prop_assert_eq!(shown, expected);
        prop_assert_eq!(all.len() + 1, view.row_count());
    }

    #[test]
    fn equals_among_many_siblings_are_in_order_by_name(
        names in names(900..2_500),
        large in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
        looks in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        sort in prop::sample::select(vec![SortBy::Name, SortBy::Size]),
    ) {
        let mut model = model(32 << 20);
        receive_under(&mut model, &names);
        let names: Vec<_> = names.iter().collect();
        for large in large {
            let topic = format!("p/{}", names[large.index(names.len())]);
            model.apply(batch(HOME, 0, &[shape(&topic, &[b'x'; 9_000])]), 0);
        }
        let mut view = view(sort);
        view.sync(model.topics(), &mut |_| false);
        view.expand_all();
        let key = |node: NodeId| {
            let size = model.topics().stats(node).subtree_bytes as f32;
            let name = model.topics().name(node);
            let size = if sort == SortBy::Size { size.to_bits() >> 15 } else { 0 };
            (std::cmp::Reverse(size), name.starts_with('$'), name.to_owned())
        };
        let parent = model.topics().find(HOME, "p").unwrap();
        let mut expected: Vec<_> = model.topics().children(parent).collect();
        expected.sort_by_cached_key(|&node| key(node));
        for look in looks {
            let index = look.index(expected.len());
            prop_assert_eq!(view.index_of(model.topics(), expected[index]), Some(index + 1));
            let index = expected.len() - 1 - index;
            prop_assert_eq!(view.node_at(model.topics(), index + 1), Some(expected[index]));
        }
        let shown = |view: &mut TreeView| -> Vec<_> {
            view.rows(model.topics(), 1..100_000).iter().map(|row| row.node).collect()
        };
        // Rows are counted where the children are, in order or not yet.
        let is_match = |node: NodeId| node.0.is_multiple_of(3);
        view.set_filter();
        view.check(model.topics(), u32::MAX, &mut |node| is_match(node));
        let matching: Vec<_> = expected.iter().copied().filter(|&node| is_match(node)).collect();
        prop_assert_eq!(shown(&mut view), matching);
        view.clear_filter();
        prop_assert_eq!(shown(&mut view), expected);
    }

    #[test]
    fn those_that_come_later_stand_behind_until_the_next_order(
        (first, later) in (names(900..2_500), names(0..900)),
        looks in prop::collection::vec(any::<prop::sample::Index>(), 0..3),
    ) {
        let mut model = model(32 << 20);
        let mut view = view(SortBy::Recent);
        receive_under(&mut model, &first);
        model.apply(batch(HOME, 90_000_000, &[shape("p/latest", b"")]), 0);
        view.sync(model.topics(), &mut |_| false);
        view.expand_all();
        view.rows(model.topics(), 0..3);
        for look in looks {
            let row = look.index(view.row_count());
            view.rows(model.topics(), row..row + 3);
        }
        let later: BTreeSet<_> = later.difference(&first).cloned().collect();
        receive_under(&mut model, &later);
        view.sync(model.topics(), &mut |_| false);
        // The last of those that were there: of what came later nothing is in view.
        let last = view.row_count().saturating_sub(later.len() + 1);
        view.rows(model.topics(), last..last + 1);
        let in_order = |names: &BTreeSet<String>| {
            let mut names: Vec<_> = names.iter().cloned().collect();
            names.sort_unstable_by(|a, b| rank(a).cmp(&rank(b)));
            names
        };
        let names = in_order(&first).into_iter().chain(in_order(&later));
        let names = names.map(|name| model.topics().find(HOME, &format!("p/{name}")).unwrap());
        let latest = model.topics().find(HOME, "p/latest").unwrap();
        let expected: Vec<_> = [latest].into_iter().chain(names).collect();
        let is_match = |node: NodeId| node.0.is_multiple_of(2);
        view.set_filter();
        view.check(model.topics(), u32::MAX, &mut |node| is_match(node));
        let matching: Vec<_> = expected.iter().copied().filter(|&node| is_match(node)).collect();
        for (index, &node) in matching.iter().enumerate().step_by(61) {
            prop_assert_eq!(view.node_at(model.topics(), index + 1), Some(node));
        }
        let shown: Vec<_> = view.rows(model.topics(), 1..100_000).iter().map(|row| row.node).collect();
        prop_assert_eq!(shown, matching);
        let node = expected[expected.len() / 2];
        view.clear_filter();
        prop_assert_eq!(view.index_of(model.topics(), node), Some(expected.len() / 2 + 1));
    }

    #[test]
    fn many_siblings_stay_in_order_in_every_sort(
        names in prop::collection::vec(0u32..5_000, 600..1_500),
        sort in prop::sample::select(vec![SortBy::Name, SortBy::Rate, SortBy::Recent, SortBy::Size]),
    ) {
        let mut model = model(16 << 20);
        let mut view = view(sort);
        let texts: Vec<_> = names.iter().map(|name| format!("p/{name:04}")).collect();
        for chunk in texts.chunks(100) {
            receive(&mut model, &chunk.iter().map(String::as_str).collect::<Vec<_>>());
            view.sync(model.topics(), &mut |_| false);
            view.expand_all();
            view.rows(model.topics(), 0..20);
            receive(&mut model, &[&format!("p/{}", chunk.len()), "p/0000/below"]);
            view.sync(model.topics(), &mut |_| false);
            let rows = view.rows(model.topics(), 0..100_000);
            prop_assert_eq!(rows.len(), view.row_count());
            for (index, row) in rows.iter().enumerate().step_by(97) {
                prop_assert_eq!(view.index_of(model.topics(), row.node), Some(index));
                prop_assert_eq!(view.node_at(model.topics(), index), Some(row.node));
            }
            if sort == SortBy::Name {
                let paths: Vec<_> = rows.iter().map(|row| model.topics().topic(row.node)).collect();
                prop_assert!(paths.is_sorted());
            }
        }
    }

    #[test]
    fn siblings_that_come_between_two_orders_find_their_place(
        names in prop::collection::vec(0u32..9_000, 1_500..2_500),
    ) {
        let mut model = model(16 << 20);
        let mut view = view(SortBy::Name);
        for (part, chunk) in names.chunks(names.len() / 8 + 1).enumerate() {
            let texts: Vec<_> = chunk.iter().map(|name| format!("p/{name}")).collect();
            receive(&mut model, &texts.iter().map(String::as_str).collect::<Vec<_>>());
            view.sync(model.topics(), &mut |_| false);
            view.expand_all();
            let sort = if part % 2 == 0 { SortBy::Name } else { SortBy::Size };
            view.set_sort(sort);
            view.rows(model.topics(), 0..20);
            let key = |row: &Row| {
                let node = row.node;
                let size = model.topics().stats(node).subtree_bytes as f32;
                let size = if sort == SortBy::Size { u32::MAX - (size.to_bits() >> 15) } else { 0 };
                (size, model.topics().name(node).to_owned())
            };
            let keys: Vec<_> = view.rows(model.topics(), 1..100_000).iter().map(key).collect();
            prop_assert_eq!(keys.len() + 1, view.row_count());
            prop_assert!(keys.is_sorted(), "{:?}", sort);
        }
    }
}
