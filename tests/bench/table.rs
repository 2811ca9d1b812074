//! The table: measure, figure, bar, verdict.

/// One line of it.
pub struct Row {
    pub measure: &'static str,
    pub figure: f64,
    pub unit: &'static str,
    pub bar: Bar,
    /// The two figures behind a ratio.
    pub beside: Option<String>,
}

/// What is asked for.
#[derive(Clone, Copy)]
pub enum Bar {
    AtMost(f64),
    AtLeast(f64),
    Exactly(f64),
}

impl Bar {
    fn holds(self, figure: f64) -> bool {
        match self {
            Self::AtMost(bar) => figure <= bar,
            Self::AtLeast(bar) => figure >= bar,
            Self::Exactly(bar) => (figure - bar).abs() < f64::EPSILON,
        }
    }
}

impl Row {
    pub fn new(measure: &'static str, figure: f64, unit: &'static str, bar: Bar) -> Self {
        Self {
            measure,
            figure,
            unit,
            bar,
            beside: None,
        }
    }

    /// So many times as fast as mosquitto's client, if that is installed; both in seconds for `messages`.
    pub fn throughput(
        measure: &'static str,
        messages: usize,
        ours: f64,
        theirs: Option<f64>,
        bar: f64,
    ) -> Self {
        let a_second = |seconds: f64| format!("{:.0}/s", messages as f64 / seconds);
        let (ratio, peer) = match theirs {
            Some(theirs) => (theirs / ours, a_second(theirs)),
            None => (f64::NAN, "not installed".into()),
        };
        Self {
            beside: Some(format!("{} beside mosquitto_sub {peer}", a_second(ours))),
            ..Self::new(measure, ratio, "×", Bar::AtLeast(bar))
        }
    }

    /// Prints the row; 1 if its bar is missed.
    pub fn print(&self) -> usize {
        let is_missed = !self.bar.holds(self.figure);
        let bar = match self.bar {
            Bar::AtMost(bar) => format!("≤ {}", number(bar)),
            Bar::AtLeast(bar) => format!("≥ {}", number(bar)),
            Bar::Exactly(bar) => format!("= {}", number(bar)),
        };
        let beside = self.beside.as_deref().unwrap_or_default();
        let figure = format!("{} {}", number(self.figure), self.unit);
        let verdict = if is_missed { "MISSED" } else { "ok" };
        println!(
            "{:<58} {figure:>18} {bar:>12}  {verdict:<6}  {beside}",
            self.measure
        );
        usize::from(is_missed)
    }
}

pub fn head() {
    println!("{:<58} {:>18} {:>12}", "measure", "figure", "bar");
}

fn number(number: f64) -> String {
    match number.abs() {
        0.0 => "0".into(),
        1000.0.. => format!("{number:.0}"),
        10.0..1000.0 => format!("{number:.1}").trim_end_matches(".0").to_owned(),
        _ => format!("{number:.3}")
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned(),
    }
}

/// A count as the program shows it.
pub fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap())
        .collect();
    groups.join(" ")
}

/// The one in the middle.
pub fn median(figures: Vec<f64>) -> f64 {
    quantile(figures, 0.5)
}

/// The one below which a share of them lies.
pub fn quantile(mut figures: Vec<f64>, share: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    let last = figures.len() - 1;
    figures[(last as f64 * share).round() as usize]
}
