//! Random changes of small modules that have to do with one another in all ways in which modules
//! can: functions, imports, packages in packages, references to what is not there, open rules,
//! `with`, metadata, several modules of one package; and errors of every stage.

use std::collections::BTreeMap;

/// A generator of numbers (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 33).unwrap() % count
    }
}

/// Bodies of modules; `N` and `M` are numbers of packages, `K` a small number.
const BODIES: [&str; 38] = [
    "top := K",
    "top if input.n == K",
    "import data.lib\n\ntop := lib.twice(K)",
    "import data.lib.twice\n\ntop := twice(K)",
    "top := data.lib.twice(K)",
    "top := data.pM.top",
    "top := x if x := data.pM.top",
    "top := count([x | some x in data.pM.list])",
    "list contains x if some x in [K, 1, 2]",
    "list contains x if some x in data.pM.list",
    "map[x] := y if {\n\tsome x in [\"a\", \"b\"]\n\ty := K\n}",
    "map.a := K\n\nmap.b := 2",
    "map[x].deep := 1 if some x in [\"a\", \"c\"]",
    "top := data.pM",
    "top := data[x].list if x := \"pM\"",
    "top := object.keys(data.pM.map)",
    "top := data.pM.nothing.here",
    "default top := false\n\ntop if data.users[input.user] == K",
    "top if data.pM.top == 1 with data.pM.top as 1",
    "top := x if x := data.pM.f(K) with data.pM.f as data.pM.g",
    "f(x) := x + K\n\ng(x) := x * 2",
    "f(x) := y if {\n\ty := data.lib.twice(x)\n}",
    "f(x, y) := x + y",
    "top := data.pM.f(K)",
    "top := data.pM.f(K, 1)",
    "inner.top := K",
    "top := data.pM.inner.top",
    "# METADATA\n# title: a\n# custom:\n#   k: K\ntop := rego.metadata.rule().title",
    "top := [x.path | some x in rego.metadata.chain()]",
    // Errors: types, safety, functions, recursion, conflicts.
    "top := data.pM.list + 1",
    "top := x if y := K",
    "top := nothing(K)",
    "top := data.pN.top",
    "top contains 1\n\ntop := K",
    "top if 1 == \"a\"",
    "top := upper(data.pM.top)",
    "default top := 1\n\ndefault top := 2",
    "",
];

/// Heads of modules.
const PACKAGES: [&str; 6] = [
    "package pN",
    "package pN",
    "package pN",
    "package pN.inner",
    "package pN.list",
    "# METADATA\n# scope: subpackages\n# description: around K\npackage pN",
];

/// A way in which modules may change.
pub(crate) struct Edits {
    random: Random,
    texts: BTreeMap<String, String>,
    before: BTreeMap<String, String>,
}

impl Edits {
    pub(crate) fn new(random: Random) -> Self {
        Self { random, texts: BTreeMap::new(), before: BTreeMap::new() }
    }

    /// Modules that compile.
    pub(crate) fn first(&mut self) -> Vec<(String, String)> {
        self.texts.insert("lib".into(), "package lib\n\ntwice(x) := 2 * x\n".into());
        for n in 0..12 {
            let text = format!("package p{n}\n\nlist contains {n}\n\nmap.a := {n}\n");
            self.texts.insert(format!("m{n}"), text);
        }
        self.texts.clone().into_iter().collect()
    }

    fn text(&mut self) -> String {
        let package = PACKAGES[self.random.below(PACKAGES.len())];
        let mut text = format!("{package}\n\n");
        for at in 0..=self.random.below(2) {
            let body = BODIES[self.random.below(BODIES.len())];
            if at == 0 || !body.starts_with("import") {
                text.push_str(body);
                text.push_str("\n\n");
            }
        }
        let numbers = [self.random.below(14), self.random.below(14), self.random.below(5)];
        let [n, m, k] = numbers.map(|number| number.to_string());
        let spelled = |text: &str| {
            text.replace("pN", &format!("p{n}")).replace("pM", &format!("p{m}")).replace('K', &k)
        };
        spelled(&text)
    }

    /// What changes next: names with a text, or without one where the module goes.
    pub(crate) fn next(&mut self) -> Vec<(String, Option<String>)> {
        self.before.clone_from(&self.texts);
        let mut changes = Vec::new();
        for _ in 0..=self.random.below(2) {
            let name = match self.random.below(12) {
                0 => "lib".to_owned(),
                _ => format!("m{}", self.random.below(18)),
            };
            let text = match (self.random.below(5), name.as_str()) {
                (0 | 1, "lib") => "package lib\n\ntwice(x) := x + x\n".to_owned(),
                (2, "lib") => "package lib\n\ntwice(x) := sprintf(\"%v\", [x])\n".to_owned(),
                (_, "lib") => "package lib\n\ntwice(x) := 2 * x\n\nother := 1\n".to_owned(),
                (0, _) => {
                    self.texts.remove(&name);
                    changes.push((name, None));
                    continue;
                }
                _ => self.text(),
            };
            self.texts.insert(name.clone(), text.clone());
            changes.push((name, Some(text)));
        }
        changes
    }

    /// The last change did not take place.
    pub(crate) fn undo(&mut self) {
        self.texts.clone_from(&self.before);
    }

    /// Paths of everything there may be.
    pub(crate) fn queries(&self) -> Vec<String> {
        let mut queries = vec!["data".to_owned(), "data.lib".to_owned(), "data.users".to_owned()];
        for n in 0..14 {
            for rest in ["", ".top", ".list", ".map", ".map.a", ".inner", ".inner.top", ".list.top"]
            {
                queries.push(format!("data.p{n}{rest}"));
            }
        }
        queries
    }
}
