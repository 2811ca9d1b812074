//! Splitting siblings that are in no order into parts that are: a look at each, whatever their number.
//!
//! Bounds come from a sample. They are words, so that a child costs one look at its name, or its key, and four
//! comparisons: of seven bytes of the name from where names begin to differ. What these cannot tell apart stays
//! together, and is split by later bytes if it is ever looked at.
#![allow(
    clippy::indexing_slicing,
    reason = "parts are numbered by what counts them, names are cut where they were seen to be long enough"
)]

use std::cmp::Ordering;

use super::order::{Block, Least, Siblings, is_last};

/// Bounds between parts: one less than a power of two, for the search.
const BOUNDS: usize = 15;
/// One more than bounds, and what comes before and behind all that begins as the sample does.
const PARTS: usize = BOUNDS + 3;
/// The last part: what comes behind all that begins as the sample does.
const BEHIND: usize = PARTS - 1;
/// Children looked at for the bounds.
const SAMPLE: usize = 1_024;

/// The blocks that children of one key fall into by their names, in order; one if nothing tells them apart. `least` is
/// of all of them.
pub(super) fn by_names(nodes: &[u32], least: &Least, at: Siblings) -> Vec<Block> {
    let sample: Vec<u32> = sample(nodes.iter(), nodes.len()).collect();
    let names = Names::new(&sample, at);

    let mut homes = Vec::with_capacity(nodes.len());
    let mut rows = [0; PARTS];
    let mut counts = [0; PARTS];
    for &id in nodes {
        let home = names.home(at.name(id));
        homes.push(home as u8);
        counts[home] += 1;
        rows[home] += at.levels.rows_of(id);
    }
    let mut sum = 0;
    let mut ends = counts.map(|count| {
        sum += count;
        sum - count
    });
    let mut in_parts = vec![0; nodes.len()];
    for (&id, home) in nodes.iter().zip(homes) {
        let end = &mut ends[usize::from(home)];
        in_parts[*end] = id;
        *end += 1;
    }
    (0..PARTS)
        .filter(|&part| counts[part] > 0)
        .map(|part| Block {
            nodes: in_parts[ends[part] - counts[part]..ends[part]].to_vec(),
            rows: rows[part],
            loose: Some(names.least(part, least)),
        })
        .collect()
}

/// Some of so many children, from all over.
fn sample<'a>(nodes: impl Iterator<Item = &'a u32>, count: usize) -> impl Iterator<Item = u32> {
    nodes.step_by((count / SAMPLE).max(1)).copied()
}

/// The bytes that all these names begin with.
fn shared_start<'a>(ids: &[u32], at: Siblings<'a>) -> &'a [u8] {
    let mut names = ids.iter().map(|&id| at.name(id));
    let first = names.next().unwrap_or_default();
    let same = |a: &[u8], b: &[u8]| a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let shared = names.fold(first.len(), |shared, name| same(&first[..shared], name));
    &first[..shared]
}

/// The children of blocks in order by name, by their keys. Those of one key stay in such blocks.
pub(super) fn by_keys(named: &[Block], at: Siblings) -> Vec<Block> {
    let count: usize = named.iter().map(|block| block.nodes.len()).sum();
    let nodes = named.iter().flat_map(|block| &block.nodes);
    let keys = sample(nodes, count).map(|id| u64::from(at.key(id)));
    let bounds = Bounds::new(keys.collect());
    let mut parts: [Keyed; BOUNDS + 1] = Default::default();
    for (block, named) in named.iter().enumerate() {
        for &id in &named.nodes {
            let key = at.key(id);
            parts[bounds.below(u64::from(key))].push(id, key);
        }
        for part in &mut parts {
            part.end_run(block);
        }
    }
    parts.iter().flat_map(|part| part.blocks(named, at)).collect()
}

/// Children whose keys are within bounds.
#[derive(Default)]
struct Keyed {
    nodes: Vec<u32>,
    /// Where those of a block end.
    runs: Vec<(usize, usize)>,
    /// The first key and the last in order.
    keys: Option<(u32, u32)>,
}

impl Keyed {
    fn push(&mut self, id: u32, key: u32) {
        self.nodes.push(id);
        let (first, last) = self.keys.unwrap_or((key, key));
        self.keys = Some((first.min(key), last.max(key)));
    }

    fn end_run(&mut self, block: usize) {
        let ended = self.runs.last().map_or(0, |run| run.1);
        if ended < self.nodes.len() {
            self.runs.push((block, self.nodes.len()));
        }
    }

    fn blocks(&self, named: &[Block], at: Siblings) -> Vec<Block> {
        let Some((key, highest)) = self.keys else {
            return Vec::new();
        };
        let block = |nodes: &[u32], loose| Block {
            nodes: nodes.to_vec(),
            rows: at.levels.rows_of_all(nodes),
            loose,
        };
        if key < highest {
            let least = Least {
                key,
                ..Least::default()
            };
            return vec![block(&self.nodes, Some(least))];
        }
        let mut start = 0;
        let mut blocks = Vec::with_capacity(self.runs.len());
        for &(run, end) in &self.runs {
            let least = named[run].loose.clone();
            let least = least.map(|least| Least { key, ..least });
            blocks.push(block(&self.nodes[start..end], least));
            start = end;
        }
        blocks
    }
}

/// What tells names apart.
struct Names<'a> {
    /// How they begin, but for a few.
    start: &'a [u8],
    start_head: u64,
    /// Between parts of those, from there on.
    bounds: Bounds,
}

impl<'a> Names<'a> {
    fn new(sample: &[u32], at: Siblings<'a>) -> Self {
        let start = shared_start(sample, at);
        let words = sample.iter().map(|&id| word_of(at.name(id), start.len()));
        Self {
            start,
            start_head: head(start),
            bounds: Bounds::new(words.collect()),
        }
    }

    /// Whether a name begins as nearly all do; no call for it where a word can tell.
    fn is_alike(&self, name: &[u8]) -> bool {
        match self.start.len() {
            0 => true,
            len @ 1..=8 => name.len() >= len && (head(name) ^ self.start_head) >> (64 - 8 * len) == 0,
            _ => name.starts_with(self.start),
        }
    }

    /// The part of a name.
    fn home(&self, name: &[u8]) -> usize {
        if self.is_alike(name) {
            return 1 + self.bounds.below(word_of(name, self.start.len()));
        }
        match (is_last(name), name).cmp(&(is_last(self.start), self.start)) {
            Ordering::Less => 0,
            _ => BEHIND,
        }
    }

    /// The least rank of a part.
    fn least(&self, part: usize, of_all: &Least) -> Least {
        let (is_last, name) = match part {
            0 => return of_all.clone(),
            1 => (is_last(self.start), self.start.to_vec()),
            BEHIND => (is_last(self.start), behind(self.start)),
            _ => {
                let [is_last, bytes @ ..] = self.bounds.words[part - 2].to_be_bytes();
                let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |end| end + 1);
                (is_last != 0, [self.start, &bytes[..end]].concat())
            }
        };
        Least {
            key: of_all.key,
            is_last,
            name: name.into(),
        }
    }
}

/// Whether a name stands behind the others, and seven bytes of it.
#[inline]
fn word_of(name: &[u8], start: usize) -> u64 {
    head(&name[start..]) >> 8 | u64::from(is_last(name)) << 56
}

/// The first eight bytes; zeros behind fewer.
#[inline]
fn head(bytes: &[u8]) -> u64 {
    if let Some(first) = bytes.first_chunk() {
        u64::from_be_bytes(*first)
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        // Four bytes and four, some of them twice.
        let last = u64::from(u32::from_be_bytes(*last)) << (64 - 8 * bytes.len());
        u64::from(u32::from_be_bytes(*first)) << 32 | last
    } else {
        let head = bytes.iter().fold(0, |head, &byte| head << 8 | u64::from(byte));
        head.checked_shl(64 - 8 * bytes.len() as u32).unwrap_or(0)
    }
}

/// The least text behind all that begin like this. A name is UTF-8: no byte of it is the last one.
fn behind(start: &[u8]) -> Vec<u8> {
    let mut text = start.to_vec();
    if let Some(last) = text.last_mut() {
        *last = last.saturating_add(1);
    }
    text
}

/// Words between parts, ascending; those that are not needed are above all.
struct Bounds {
    words: [u64; BOUNDS],
}

impl Bounds {
    fn new(mut sample: Vec<u64>) -> Self {
        sample.sort_unstable();
        let step = sample.len().div_ceil(BOUNDS + 1).max(1);
        let chosen: Vec<u64> = sample.iter().copied().skip(step).step_by(step).collect();
        let mut chosen: Vec<u64> = chosen
            .chunk_by(|a, b| a == b)
            // Of what is there again and again a part is made that holds nothing else.
            .flat_map(|equal| [equal[0], equal[0] + u64::from(equal.len() > 1)])
            .collect();
        chosen.dedup();
        if let [] | [_] = chosen[..] {
            let middle = sample.get(sample.len() / 2).copied().unwrap_or(0);
            chosen = vec![middle, middle + 1];
        }
        let mut words = [u64::MAX; BOUNDS];
        for (to, from) in words.iter_mut().zip(chosen) {
            *to = from;
        }
        Self { words }
    }

    /// How many of them are not above a word.
    fn below(&self, word: u64) -> usize {
        let mut below = 0;
        let mut step = BOUNDS.div_ceil(2);
        while step > 0 {
            below += step * usize::from(self.words[below + step - 1] <= word);
            step /= 2;
        }
        below
    }
}
