use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

fn labels(model: &Model, view: &mut TreeView) -> Vec<String> {
    let rows = view.rows(model.topics(), 0..10_000);
    rows.iter()
        .map(|row| {
            let mut text = "  ".repeat(row.depth as usize);
            model.topics().write_label(row.top, row.node, &mut text);
            if row.has_children && !row.is_expanded {
                text.push_str(" >");
            }
            text
        })
        .collect()
}

fn view(model: &Model, scope: Scope) -> TreeView {
    let mut view = TreeView::new(scope);
    view.sync(model.topics(), &mut |_| false);
    view
}

#[test]
fn empty_levels_are_kept_apart() {
    let mut model = model(1 << 20);
    receive(&mut model, &["x", "/x", "x/", "x//", "a//b", "a/b", "/", "//"]);
    let topics = model.topics();
    assert_eq!(topics.topic_count(), 8);
    for topic in ["x", "/x", "x/", "x//", "a//b", "a/b", "/", "//"] {
        let node = topics.find(HOME, topic).unwrap();
        assert_eq!(topics.topic(node), topic);
        assert_eq!(topics.stats(node).messages, 1, "{topic}");
    }
    assert_eq!(topics.find(PLANT, "x"), None);
}

#[test]
fn chains_without_values_share_a_row() {
    let mut model = model(1 << 20);
    receive(&mut model, &["l0/l1/l2"]);
    let mut view = view(&model, Scope::Only(HOME));
    assert_eq!(labels(&model, &mut view), ["l0/l1/l2"]);
    receive(&mut model, &["l0/l1/l2/l3"]);
    view.sync(model.topics(), &mut |_| false);
    assert_eq!(labels(&model, &mut view), ["l0/l1/l2 >"]);
    let end = model.topics().find(HOME, "l0/l1/l2").unwrap();
    view.toggle(model.topics(), end);
    assert_eq!(labels(&model, &mut view), ["l0/l1/l2", "  l3"]);
    // A value in the middle takes the row apart, and what was open stays in sight.
    receive(&mut model, &["l0/l1", "l0/other"]);
    view.sync(model.topics(), &mut |_| false);
    assert_eq!(
        labels(&model, &mut view),
        ["l0", "  l1", "    l2", "      l3", "  other"]
    );
}

#[test]
fn each_connection_is_a_root_and_a_removed_one_is_hidden() {
    let mut model = model(1 << 20);
    receive(&mut model, &["a"]);
    model.apply(batch(PLANT, 0, &[shape("a", b""), shape("b", b"")]), 0);
    let mut view = view(&model, Scope::All);
    assert_eq!(labels(&model, &mut view), ["home", "  a", "plant", "  a", "  b"]);
    view.set_scope(model.topics(), Scope::Only(PLANT));
    assert_eq!(labels(&model, &mut view), ["a", "b"]);
    view.set_scope(model.topics(), Scope::All);
    model.remove_connection(HOME);
    view.sync(model.topics(), &mut |_| false);
    assert_eq!(labels(&model, &mut view), ["plant", "  a", "  b"]);
    assert_eq!(model.topics().topic_count(), 2);
}

#[test]
fn sent_messages_make_no_rows() {
    let mut model = model(1 << 20);
    let mut sent = shape("a/set", b"on");
    sent.is_sent = true;
    model.apply(batch(HOME, 0, &[sent]), 0);
    let mut view = view(&model, Scope::Only(HOME));
    assert_eq!(view.row_count(), 0);
    assert_eq!(model.message(1).unwrap().topic(), "a/set");
    receive(&mut model, &["a/set"]);
    view.sync(model.topics(), &mut |_| false);
    assert_eq!(labels(&model, &mut view), ["a/set"]);
}

#[test]
fn the_selection_s_row_follows_its_topic() {
    let mut model = model(1 << 20);
    receive(&mut model, &["m/x", "m/y"]);
    let mut view = view(&model, Scope::Only(HOME));
    let selected = model.topics().find(HOME, "m/y").unwrap();
    assert_eq!(view.index_of(model.topics(), selected), None);
    view.reveal(model.topics(), selected);
    assert_eq!(view.index_of(model.topics(), selected), Some(2));
    receive(&mut model, &["a", "m/a", "z"]);
    view.sync(model.topics(), &mut |_| false);
    let row = view.index_of(model.topics(), selected).unwrap();
    assert_eq!((row, view.node_at(model.topics(), row)), (4, Some(selected)));
    let parent = model.topics().parent(selected).unwrap();
    view.toggle(model.topics(), parent);
    assert_eq!(view.visible_ancestor(model.topics(), selected), Some(parent));
}

#[test]
fn rows_move_on_resort_only() {
    let mut model = model(1 << 20);
    receive(&mut model, &["a", "b", "c", "c"]);
    let mut view = view(&model, Scope::Only(HOME));
    view.set_now(1_000_000);
    view.set_sort(SortBy::Rate);
    assert_eq!(labels(&model, &mut view), ["c", "a", "b"]);
    receive(&mut model, &["b", "b", "b"]);
    view.sync(model.topics(), &mut |_| false);
    assert_eq!(labels(&model, &mut view), ["c", "a", "b"]);
    view.resort();
    assert_eq!(labels(&model, &mut view), ["b", "c", "a"]);
}

#[test]
fn a_filter_shows_matches_and_what_is_above_them() {
    let mut model = model(1 << 20);
    receive(&mut model, &["a/temp", "a/hum", "b/temp", "c"]);
    let mut view = view(&model, Scope::Only(HOME));
    view.set_filter();
    assert_eq!(view.row_count(), 0);
    let mut checks = 1;
    while !view.check(model.topics(), 2, &mut |node| model.topics().name(node) == "temp") {
        checks += 1;
    }
    assert!(checks > 2, "in slices");
    assert_eq!(labels(&model, &mut view), ["a", "  temp", "b/temp"]);
    receive(&mut model, &["d/temp", "d/no"]);
    view.sync(model.topics(), &mut |node| model.topics().name(node) == "temp");
    assert_eq!(
        labels(&model, &mut view),
        ["a", "  temp", "b/temp", "d", "  temp"]
    );
    let c = model.topics().find(HOME, "c").unwrap();
    view.mark_match(model.topics(), c);
    assert_eq!(view.row_count(), 6);
    // Asked again: what no longer matches goes, with what was there for it alone.
    view.recheck();
    let d = model.topics().find(HOME, "d/temp").unwrap();
    assert!(view.check(model.topics(), 100, &mut |node| node == d || node == c));
    assert_eq!(labels(&model, &mut view), ["c", "d", "  temp"]);
    assert!(view.is_checked());
    view.clear_filter();
    assert_eq!(labels(&model, &mut view), ["a >", "b/temp", "c", "d >"]);
}

#[test]
fn beyond_the_budget_topics_are_counted_not_kept() {
    let mut model = model(1 << 20);
    let count = 20_000;
    for n in 0..count {
        receive(&mut model, &[&format!("device{n}/state")]);
    }
    let topics = model.topics();
    let kept = topics.topic_count();
    assert!(kept > 1_000 && kept < count, "{kept}");
    assert_eq!(topics.messages_not_kept(), count - kept);
    assert!(topics.topics_not_kept().abs_diff(count - kept) < count / 20);
    assert!(model.memory().used <= model.memory().budget);
    let last = model.message(model.log().last_id()).unwrap();
    assert_eq!((last.node(), &*last.topic()), (None, "device19999/state"));
}

#[test]
fn a_topic_of_thirty_thousand_levels_is_survived() {
    let mut model = model(4 << 20);
    let deep = "/".repeat(30_000);
    let thousand = "a/".repeat(1_000);
    receive(&mut model, &[&deep, &thousand]);
    let mut view = view(&model, Scope::All);
    view.expand_all();
    assert_eq!(model.topics().topics_not_kept(), 1);
    assert_eq!(view.row_count(), 3);
    assert_eq!(model.message(1).unwrap().topic(), deep);
}

/// What the tree should show, worked out the slow way.
struct Naive<'a> {
    values: &'a BTreeMap<String, u64>,
    open: &'a BTreeSet<String>,
}

impl Naive<'_> {
    fn children(&self, prefix: &str) -> BTreeSet<String> {
        self.values
            .keys()
            .filter_map(|topic| topic.strip_prefix(prefix))
            .map(|rest| format!("{prefix}{}", rest.split('/').next().unwrap()))
            .collect()
    }

    fn flatten(&self, prefix: &str, depth: usize, out: &mut Vec<(String, usize)>) {
        for top in self.children(prefix) {
            let mut node = top;
            while !self.values.contains_key(&node) {
                let children = self.children(&format!("{node}/"));
                if children.len() != 1 {
                    break;
                }
                node = children.into_iter().next().unwrap();
            }
            out.push((node.clone(), depth));
            if self.open.contains(&node) {
                self.flatten(&format!("{node}/"), depth + 1, out);
            }
        }
    }
}

fn topic() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["", "a", "b", "c"]), 1..5)
        .prop_map(|levels| levels.join("/"))
        .prop_filter("a topic has a character", |topic| !topic.is_empty())
}

proptest! {
    #[test]
    fn counts_equal_a_naive_recount(published in prop::collection::vec(topic(), 1..200)) {
        let mut model = model(8 << 20);
        for chunk in published.chunks(7) {
            receive(&mut model, &chunk.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let topics = model.topics();
        let nodes = (1..topics.len() as u32).map(NodeId).filter(|&id| !topics.is_root(id));
        for id in nodes {
            let path = topics.topic(id);
            let below = format!("{path}/");
            let subtree: Vec<_> = published.iter().filter(|t| **t == path || t.starts_with(&below)).collect();
            let stats = topics.stats(id);
            prop_assert_eq!(stats.subtree_messages, subtree.len() as u64);
            prop_assert_eq!(stats.messages, published.iter().filter(|t| **t == path).count() as u64);
            prop_assert_eq!(stats.subtree_topics as usize, subtree.iter().collect::<BTreeSet<_>>().len());
            prop_assert_eq!(stats.children as usize, topics.children(id).count());
            prop_assert_eq!(topics.find(HOME, &path), Some(id));
        }
    }

    #[test]
    fn rows_equal_a_naive_flatten(
        steps in prop::collection::vec((prop::collection::vec(topic(), 0..6), any::<prop::sample::Index>()), 1..25),
    ) {
        let mut model = model(8 << 20);
        let mut view = view(&model, Scope::Only(HOME));
        let (mut values, mut open) = (BTreeMap::new(), BTreeSet::<String>::new());
        for (published, toggled) in steps {
            receive(&mut model, &published.iter().map(String::as_str).collect::<Vec<_>>());
            for topic in published {
                *values.entry(topic).or_insert(0) += 1;
            }
            view.sync(model.topics(), &mut |_| false);
            view.rows(model.topics(), 0..3);
            // Rows that were taken apart may have been opened by that.
            for id in (1..model.topics().len() as u32).map(NodeId) {
                let path = model.topics().topic(id);
                if view.is_expanded(model.topics(), id) { open.insert(path); } else { open.remove(&path); }
            }
            let rows = view.rows(model.topics(), 0..usize::MAX >> 40);
            if !rows.is_empty() {
                let node = rows[toggled.index(rows.len())].node;
                let path = model.topics().topic(node);
                view.toggle(model.topics(), node);
                if !open.remove(&path) { open.insert(path); }
            }
            let mut expected = Vec::new();
            Naive { values: &values, open: &open }.flatten("", 0, &mut expected);
            let all: Vec<_> = view.rows(model.topics(), 0..expected.len() + 5).iter()
                .map(|row| (model.topics().topic(row.node), row.depth as usize)).collect();
            prop_assert_eq!(&all, &expected);
            prop_assert_eq!(view.row_count(), expected.len());
            for start in 0..expected.len() {
                let end = (start + 3).min(expected.len());
                let part: Vec<_> = view.rows(model.topics(), start..end).iter()
                    .map(|row| (model.topics().topic(row.node), row.depth as usize)).collect();
                prop_assert_eq!(&part[..], &expected[start..end]);
                let node = model.topics().find(HOME, &expected[start].0).unwrap();
                prop_assert_eq!(view.index_of(model.topics(), node), Some(start));
            }
        }
    }
}
