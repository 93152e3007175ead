//! A sheet of labelled blocks: labels in a narrow left column, text beside them, wrapped.

use crate::console::{Paint, Role};
use crate::layout;
use std::io::{self, Write};

/// Where the text column begins: after two spaces, the widest label (`signatures`) and one more.
/// With the 67 columns that are left of 80 a signature's line fits.
const MARGIN: usize = 13;

/// How a sheet is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    /// The colours.
    pub(crate) paint: Paint,
    /// The columns of the terminal, where there is one.
    pub(crate) width: Option<usize>,
    /// Everything is told, however long.
    pub(crate) verbose: bool,
}

/// A sheet under way.
pub(crate) struct Sheet<'a> {
    out: &'a mut dyn Write,
    view: View,
    label: &'static str,
}

impl<'a> Sheet<'a> {
    /// A sheet.
    pub(crate) fn new(out: &'a mut dyn Write, view: View) -> Self {
        Self { out, view, label: "" }
    }

    /// The label of the next line.
    pub(crate) fn label(&mut self, label: &'static str) -> &mut Self {
        self.label = label;
        self
    }

    /// A line of text, wrapped. The text is safe to show already.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.entry(None, text, 0, None)
    }

    /// A line that explains the one above it.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn aside(&mut self, text: &str) -> io::Result<()> {
        self.entry(None, text, 2, None)
    }

    /// The same, for those who look closer.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn faint(&mut self, text: &str) -> io::Result<()> {
        self.entry(None, text, 2, Some(Role::Faint))
    }

    /// A line of text right after a word in a colour; what is wrapped is indented by `hang`.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn headed(
        &mut self,
        role: Role,
        head: &str,
        text: &str,
        hang: usize,
    ) -> io::Result<()> {
        self.entry(Some((role, head)), text, hang, None)
    }

    fn entry(
        &mut self,
        head: Option<(Role, &str)>,
        text: &str,
        hang: usize,
        role: Option<Role>,
    ) -> io::Result<()> {
        let paint = self.view.paint;
        let used = head.map_or(hang, |(_, head)| layout::columns(head));
        let room = |taken: usize| self.view.width.map(|w| w.saturating_sub(MARGIN + taken));
        for (position, line) in layout::wrap(text, room(used), room(hang)).iter().enumerate() {
            let label = layout::pad(std::mem::take(&mut self.label), MARGIN - 2);
            write!(self.out, "  {}", paint.show(Role::Faint, label))?;
            match head {
                Some((role, head)) if position == 0 => {
                    write!(self.out, "{}", paint.show(role, head))?
                }
                _ => write!(self.out, "{}", " ".repeat(hang))?,
            }
            let line = line.trim_end();
            match role {
                Some(role) => writeln!(self.out, "{}", paint.show(role, line))?,
                None => writeln!(self.out, "{line}")?,
            }
        }
        Ok(())
    }

    /// Whether a line of so many columns fits beside the labels.
    pub(crate) fn fits(&self, columns: usize) -> bool {
        self.view.width.is_none_or(|width| MARGIN + columns <= width)
    }

    /// How the sheet is written.
    pub(crate) fn view(&self) -> View {
        self.view
    }
}
