//! Modules.

use super::generator::{Generator, Style};
use super::kind::Kind;
use super::piece::{Piece, row};

/// Packages that programs are made of. One is inside another; one has a keyword in its name.
const PACKAGES: [&str; 6] = ["t", "lib", "t.sub", "lib.util", "q.r", "x.every"];

impl Generator {
    /// Modules, with their names: packages one after another, so that each refers only to those
    /// before it.
    pub(super) fn modules(&mut self, v0: bool) -> Vec<(String, Piece)> {
        let count = self.chance.weighted(&[0, 6, 4, 2]);
        let mut modules = Vec::new();
        let mut packages: Vec<&str> = Vec::new();
        for at in 0..count {
            let package = match packages.last() {
                // Now and then a package in two modules.
                Some(last) if self.chance.percent(20) => last,
                _ => {
                    let mut left: Vec<_> =
                        PACKAGES.into_iter().filter(|name| !packages.contains(name)).collect();
                    // v0 knows no keywords in packages.
                    left.retain(|name| !v0 || !name.contains("every"));
                    self.chance.word(&left)
                }
            };
            packages.push(package);
            package.clone_into(&mut self.package);
            self.style = if v0 {
                if self.chance.percent(50) { Style::Plain } else { Style::Future }
            } else {
                Style::V1
            };
            modules.push((format!("m{at}.rego"), self.module()));
        }
        modules
    }

    fn module(&mut self) -> Piece {
        self.imports.clear();
        self.aliases.clear();
        let mut lines = Vec::new();
        match self.style {
            Style::Future => {
                let import = self.chance.word(&["rego.v1", "future.keywords"]);
                lines.push(row!("import ", import));
            }
            Style::V1 if self.chance.percent(8) => lines.push(row!("import rego.v1")),
            _ => {}
        }
        self.import_packages(&mut lines);
        self.import_documents(&mut lines);
        let rules = self.chance.weighted(&[0, 0, 2, 4, 4, 3, 2]);
        let mut written = Vec::new();
        for _ in 0..rules {
            self.fuel = self.chance.between(6, 40);
            written.push(self.rule());
        }
        // An import that nothing refers to any more must be able to go.
        let imports = Piece::list("\n", lines, 0);
        let package = self.package.clone();
        row!("package ", package, "\n\n", imports, "\n\n", Piece::list("\n\n", written, 0), "\n")
    }

    fn import_packages(&mut self, lines: &mut Vec<Piece>) {
        let mut packages: Vec<_> = self.known.iter().map(|known| known.package.clone()).collect();
        packages.sort();
        packages.dedup();
        packages.retain(|package| *package != self.package);
        for package in packages {
            if !self.chance.percent(60) {
                continue;
            }
            self.form("import of a package");
            let last = package.rsplit('.').next().unwrap_or(&package).to_owned();
            if last == "every" || self.chance.percent(40) {
                let alias = self.fresh("imp");
                lines.push(row!("import data.", package.clone(), " as ", alias.clone()));
                self.aliases.push((alias, package));
            } else {
                lines.push(row!("import data.", package.clone()));
                self.aliases.push((last, package));
            }
        }
    }

    fn import_documents(&mut self, lines: &mut Vec<Piece>) {
        for _ in 0..self.chance.weighted(&[6, 3, 1]) {
            let Some((path, kind)) = self.path(&Kind::Any) else { continue };
            let plain = path.contains('.') && !path.contains('[') && !path.ends_with(".if");
            if !plain || self.imports.iter().any(|(_, other)| *other == kind) {
                continue;
            }
            self.form("import of a document");
            let alias = self.fresh("doc");
            lines.push(row!("import ", path, " as ", alias.clone()));
            self.imports.push((alias, kind));
        }
    }
}
