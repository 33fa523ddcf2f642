//! The tables' one form, for programs and for people.

use serde::{Serialize, Serializer};

/// What `cargo xtask bench` prints.
#[derive(Serialize)]
pub struct Table {
    pub table: String,
    pub machine: String,
    pub rows: Vec<Row>,
}

/// One figure of ours beside one of a peer. A case with several peers has several rows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Row {
    pub case: String,
    pub metric: &'static str,
    pub unit: &'static str,
    #[serde(serialize_with = "number")]
    pub ours: Option<f64>,
    #[serde(serialize_with = "number")]
    pub peer: Option<f64>,
    /// With version and, where the figure was not measured in this run, its origin; nothing where there is no peer.
    pub peer_name: Option<String>,
    /// Ours over the peer's, so that less is better.
    pub ratio: Option<f64>,
    /// Whether the peer's outputs are ours, where both ran.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// Where they are not: whether those of the peer's unoptimized kernels are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Check>,
    /// Why a figure is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How far our outputs are from a peer's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Check {
    pub agrees: bool,
    pub difference: f64,
    pub difference_unit: &'static str,
}

impl Row {
    pub fn new(case: &str, metric: &'static str, unit: &'static str, ours: Option<f64>) -> Row {
        Row { case: case.to_owned(), metric, unit, ours: ours.map(rounded), ..Row::default() }
    }

    /// Beside a peer's figure.
    pub fn beside(mut self, peer_name: impl Into<String>, peer: Option<f64>) -> Row {
        self.peer = peer.map(rounded);
        self.peer_name = Some(peer_name.into());
        self.ratio = self.ours.zip(self.peer).filter(|&(_, peer)| peer > 0.0).map(|(ours, peer)| ratio(ours, peer));
        self
    }

    /// Beside a peer that is not on this machine.
    pub fn beside_missing(self, peer_name: &str) -> Row {
        self.beside(format!("{peer_name} (not installed)"), None)
    }

    pub fn note(mut self, note: Option<String>) -> Row {
        self.note = note;
        self
    }
}

impl Table {
    /// Aligned columns, numbers to the right, with a line for the machine above.
    pub fn text(&self) -> String {
        let header = ["case", "metric", "ours", "peer", "ratio", "peer's name", "outputs", "note"].map(str::to_owned);
        let lines: Vec<[String; 8]> = [header].into_iter().chain(self.rows.iter().map(cells)).collect();
        let width = |column: usize| lines.iter().map(|l| l[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 8] = std::array::from_fn(width);
        let mut text = format!("{} on {}", self.table, self.machine);
        for line in &lines {
            let cells = line.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column {
                2..=4 => format!("{cell:>width$}"),
                _ => format!("{cell:<width$}"),
            });
            text.push('\n');
            text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        }
        text
    }
}

fn cells(row: &Row) -> [String; 8] {
    let figure = |value: Option<f64>| value.map_or("-".to_owned(), grouped);
    [
        row.case.clone(),
        if row.metric == row.unit { row.unit.to_owned() } else { format!("{}, {}", row.metric, row.unit) },
        figure(row.ours),
        if row.peer_name.is_some() { figure(row.peer) } else { String::new() },
        row.ratio.map_or(String::new(), |r| format!("{r:.2}")),
        row.peer_name.clone().unwrap_or_default(),
        row.check.iter().map(shown).chain(row.reference.iter().map(|c| format!("; reference {}", shown(c)))).collect(),
        row.note.clone().unwrap_or_default(),
    ]
}

fn shown(check: &Check) -> String {
    let word = if check.agrees { "agrees" } else { "DIFFERS" };
    match check.difference {
        0.0 => "equal".to_owned(),
        d if d.fract() == 0.0 => format!("{word}, {d} {}", check.difference_unit),
        d => format!("{word}, {d:.1e} {}", check.difference_unit),
    }
}

/// `12,345.6`, `0.972`; whole numbers without a fraction.
fn grouped(value: f64) -> String {
    // Shares and parts of a second would vanish in one decimal.
    let decimals = if value.abs() < 1.0 { 3 } else { 1 };
    let text = if value.fract() == 0.0 { format!("{value}") } else { format!("{value:.decimals$}") };
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + fraction
}

fn ratio(ours: f64, peer: f64) -> f64 {
    // Four digits: more would be noise, fewer would hide a peer that is a thousand times slower.
    let exact = ours / peer;
    let scale = 10f64.powf(3.0 - exact.log10().floor());
    if exact > 0.0 { (exact * scale).round() / scale } else { 0.0 }
}

/// To a thousandth: times come with more digits than they are good for.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// Bytes and instructions as whole numbers, which is what they are.
fn number<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        None => serializer.serialize_none(),
        Some(value) if value.fract() == 0.0 && value.abs() < 1e15 => serializer.serialize_i64(*value as i64),
        Some(value) => serializer.serialize_f64(*value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn value(row: Row) -> Value {
        let table = Table { table: "t".into(), machine: "m".into(), rows: vec![row] };
        serde_json::to_value(&table).unwrap()
    }

    #[test]
    fn json_has_the_agreed_keys() {
        let row = Row::new("kws", "arena", "bytes", Some(16000.0)).beside("HALE", Some(32000.0));
        let expected = json!({
            "table": "t",
            "machine": "m",
            "rows": [{
                "case": "kws", "metric": "arena", "unit": "bytes",
                "ours": 16000, "peer": 32000, "peer_name": "HALE", "ratio": 0.5,
            }],
        });
        assert_eq!(value(row).to_string(), expected.to_string());
    }

    #[test]
    fn checks_and_notes_are_further_keys() {
        let mut row = Row::new("kws", "latency", "us", None).note(Some("does not compile".into()));
        row.check = Some(Check { agrees: true, difference: 1.0, difference_unit: "steps" });
        let row = &value(row)["rows"][0];
        assert_eq!((&row["ours"], &row["peer"], &row["ratio"]), (&Value::Null, &Value::Null, &Value::Null));
        assert_eq!((&row["agrees"], &row["difference_unit"]), (&json!(true), &json!("steps")));
        assert_eq!(row["note"], "does not compile");
    }

    #[test]
    fn missing_peers_are_marked() {
        let row = Row::new("kws", "latency", "us", Some(1.5)).beside_missing("tract");
        assert_eq!(row.peer_name.as_deref(), Some("tract (not installed)"));
        assert_eq!((row.peer, row.ratio), (None, None));
    }

    #[test]
    fn ratios_are_ours_over_the_peers() {
        let ratio = |ours, peer| Row::new("", "", "", ours).beside("", peer).ratio;
        assert_eq!(ratio(Some(3.0), Some(2.0)), Some(1.5));
        assert_eq!(ratio(Some(1.0), Some(3.0)), Some(0.3333));
        assert_eq!(ratio(Some(1.0), Some(3000.0)), Some(0.0003333));
        assert_eq!(ratio(Some(0.0), Some(2.0)), Some(0.0));
        assert_eq!([ratio(Some(1.0), Some(0.0)), ratio(None, Some(2.0)), ratio(Some(1.0), None)], [None; 3]);
    }

    #[test]
    fn checks_are_words() {
        let check = |agrees, difference| Check { agrees, difference, difference_unit: "steps" };
        assert_eq!(shown(&check(true, 0.0)), "equal");
        assert_eq!(shown(&check(true, 0.25)), "agrees, 2.5e-1 steps");
        let row = Row { check: Some(check(false, 25.0)), reference: Some(check(true, 0.0)), ..Row::default() };
        assert_eq!(cells(&row)[6], "DIFFERS, 25 steps; reference equal");
    }

    #[test]
    fn text_is_aligned() {
        let rows = vec![
            Row::new("kws", "arena", "bytes", Some(16000.0)).beside("HALE", Some(20864.0)),
            Row::new("long name", "latency", "us", Some(7.25)).beside_missing("tract"),
        ];
        let table = Table { table: "t".into(), machine: "m".into(), rows };
        let expected = "t on m\n\
            case       metric          ours    peer  ratio  peer's name            outputs  note\n\
            kws        arena, bytes  16,000  20,864   0.77  HALE\n\
            long name  latency, us      7.2       -         tract (not installed)";
        assert_eq!(table.text(), expected);
    }
}
