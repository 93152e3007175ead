//! Tables with lines around them, as OPA draws them.

use crate::escape::escape_whole;
use crate::layout::{columns, pad};
use std::io::{self, Write};

/// A table.
#[derive(Debug, Default)]
pub(crate) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table of these columns; without a head where none is named.
    pub(crate) fn new(head: impl IntoIterator<Item = String>) -> Self {
        Self { head: head.into_iter().map(|cell| escape_whole(&cell)).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| escape_whole(&cell)).collect());
    }

    /// Draws blocks of lines with their names, a line between one block and the next.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn write_blocks(
        blocks: &[(String, Vec<String>)],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let lines = blocks.iter().map(|(name, lines)| -> Vec<[String; 2]> {
            let names = std::iter::once(name.as_str()).chain(std::iter::repeat(""));
            let count = lines.len().max(1);
            let lines = lines.iter().map(|line| escape_whole(line));
            let lines = lines.chain(std::iter::repeat(String::new()));
            names.zip(lines).take(count).map(|(name, line)| [name.to_owned(), line]).collect()
        });
        let blocks: Vec<Vec<[String; 2]>> = lines.collect();
        let width = |column: usize| {
            let cells = blocks.iter().flatten().filter_map(|row| row.get(column));
            cells.map(|cell| columns(cell)).max().unwrap_or(0)
        };
        let widths = [width(0), width(1)];
        rule(out, &widths, ["┌", "┬", "┐"])?;
        for (at, block) in blocks.iter().enumerate() {
            if at > 0 {
                rule(out, &widths, ["├", "┼", "┤"])?;
            }
            block.iter().try_for_each(|row| line(out, &widths, row, pad))?;
        }
        rule(out, &widths, ["└", "┴", "┘"])
    }

    /// Draws it.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or(0).max(self.head.len());
        let width = |column: usize| {
            let cells = self.rows.iter().chain([&self.head]).filter_map(|row| row.get(column));
            cells.map(|cell| columns(cell)).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..count).map(width).collect();
        rule(out, &widths, ["┌", "┬", "┐"])?;
        if !self.head.is_empty() {
            line(out, &widths, &self.head, centred)?;
            rule(out, &widths, ["├", "┼", "┤"])?;
        }
        for row in &self.rows {
            line(out, &widths, row, pad)?;
        }
        rule(out, &widths, ["└", "┴", "┘"])
    }
}

fn rule(out: &mut dyn Write, widths: &[usize], [left, middle, right]: [&str; 3]) -> io::Result<()> {
    let parts: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
    writeln!(out, "{left}{}{right}", parts.join(middle))
}

fn line(
    out: &mut dyn Write,
    widths: &[usize],
    cells: &[String],
    fit: fn(&str, usize) -> String,
) -> io::Result<()> {
    let cell = |at: usize| cells.get(at).map_or("", String::as_str);
    let parts = widths.iter().enumerate().map(|(at, width)| format!(" {} ", fit(cell(at), *width)));
    writeln!(out, "│{}│", parts.collect::<Vec<_>>().join("│"))
}

fn centred(text: &str, width: usize) -> String {
    let left = width.saturating_sub(columns(text)) / 2;
    pad(&format!("{}{text}", " ".repeat(left)), width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_looks_as_opa_draws_it() {
        let mut table = Table::new(["x".to_owned(), "Metric".to_owned()]);
        table.row(["\"abc\"".to_owned(), "1".to_owned()]);
        let mut out = Vec::new();
        table.write(&mut out).unwrap();
        let expected = "┌───────┬────────┐\n│   x   │ Metric │\n├───────┼────────┤\n\
                        │ \"abc\" │ 1      │\n└───────┴────────┘\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
