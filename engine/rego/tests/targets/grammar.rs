//! A module written by bytes: each byte chooses one of the forms of the language.
//!
//! What it writes always parses. It is mostly safe, sometimes recursive or ill typed, so that the
//! compiler's refusals are reached as well.

use std::fmt::Write;

/// How deep terms and bodies are written.
const DEPTH: usize = 4;

/// The module of these bytes.
pub(super) fn module(bytes: &[u8]) -> String {
    let mut writer = Writer { bytes, text: "package t\n\n".to_owned(), fuel: 400 };
    for at in 0..=writer.below(7) {
        writer.rule(at);
    }
    writer.text
}

struct Writer<'a> {
    bytes: &'a [u8],
    text: String,
    /// How many terms may still be written before only leaves are.
    fuel: usize,
}

const VARS: &[&str] = &["u", "v", "w"];
const COMPARE: &[&str] = &["==", "!=", "<", "<=", ">", ">="];
const LEAVES: &[&str] = &[
    "0",
    "1",
    "2",
    "-1",
    "1.5",
    "1e3",
    "100000000000000000000",
    "\"a\"",
    "\"x\"",
    "\"\"",
    "`r`",
    "true",
    "false",
    "null",
    "[]",
    "{}",
    "set()",
    "input",
    "input.a",
    "input.b",
    "input.n",
    "input.s",
    "input.none",
    "data.base.k",
    "data.base.m",
    "data.base",
    "data.t.p0",
    "data.t.p1",
    "p0",
    "p1",
    "p2",
    "p3",
    "u",
    "v",
    "w",
];
const CALLS: &[&str] = &[
    "count(@)",
    "f0(@)",
    "f1(@)",
    "to_number(@)",
    "sort(@)",
    "sum(@)",
    "json.marshal(@)",
    "upper(@)",
    "object.get(input.b, @, 1)",
    "concat(\"\", [@, \"y\"])",
    "array.concat(@, [1])",
    "type_name(@)",
    "sprintf(\"%v\", [@])",
    "walk(@)",
    "object.union(@, {\"c\": 2})",
    "numbers.range(1, @)",
    "max(@)",
    "split(@, \"\")",
    "abs(@)",
    "union({@})",
    "object.keys(@)",
    "startswith(@, \"x\")",
    "(@ + 1)",
    "(@ - 1)",
    "(@ * 2)",
    "(@ / 2)",
    "(@ % 2)",
    "(@ | {1})",
    "(@ & {1})",
    "(0 - @)",
    "$\"a{@}\"",
];

impl Writer<'_> {
    fn byte(&mut self) -> usize {
        match self.bytes.split_first() {
            Some((first, rest)) => {
                self.bytes = rest;
                usize::from(*first)
            }
            None => 0,
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.byte() % bound.max(1)
    }

    fn one(&mut self, of: &[&'static str]) -> &'static str {
        let at = self.below(of.len());
        of.get(at).copied().unwrap_or_default()
    }

    fn rule(&mut self, at: usize) {
        let name = at / 2;
        let head = match self.below(9) {
            0 => format!("p{name} := {}", self.term(1)),
            1 => format!("p{name} contains {}", self.one(VARS)),
            2 => format!("p{name}[{}] := {}", self.one(VARS), self.one(VARS)),
            3 => format!("f{}({}) := {}", name % 2, self.one(VARS), self.term(1)),
            4 => format!("p{name}.q[{}] contains {}", self.term(DEPTH), self.one(VARS)),
            5 => {
                let _ = writeln!(self.text, "default p{name} := {}\n", at + 1);
                format!("p{name} := {}", self.term(2))
            }
            6 => format!("f{}({}, 1)", name % 2, self.one(VARS)),
            7 => {
                format!("f{}([{}, {}]) := {}", name % 2, self.one(VARS), self.term(3), self.term(2))
            }
            _ => format!("p{name}"),
        };
        let body = self.body(0, 1);
        let _ = write!(self.text, "{head} if {{\n{body}}}");
        for _ in 0..self.below(3) / 2 {
            let (value, body) = (self.term(2), self.body(1, 1));
            // Only a rule with one value has another.
            if !head.contains("contains") && !head.contains('[') {
                let _ = write!(self.text, " else := {value} if {{\n{body}}}");
            }
        }
        self.text.push_str("\n\n");
    }

    fn body(&mut self, depth: usize, least: usize) -> String {
        let mut body = String::new();
        for _ in 0..least + self.below(3) {
            let _ = writeln!(body, "{}{}", "  ".repeat(depth + 1), self.literal(depth));
        }
        body
    }

    fn literal(&mut self, depth: usize) -> String {
        let deep = depth >= DEPTH || self.fuel == 0;
        match self.below(if deep { 7 } else { 13 }) {
            0 => format!("{} = {}", self.pattern(), self.term(depth)),
            1 => format!("some {} in {}", self.pattern(), self.term(depth)),
            2 => format!("some {}, {} in {}", self.one(VARS), self.pattern(), self.term(depth)),
            3 => format!("{} {} {}", self.term(depth), self.one(COMPARE), self.term(depth)),
            4 => self.term(depth),
            5 => format!("{} in {}", self.term(depth), self.term(depth)),
            6 => format!("not {}", self.term(depth)),
            7 => format!("not {} = {}", self.pattern(), self.term(depth)),
            8 => {
                let (name, of) = (self.one(VARS), self.term(depth));
                format!("every {name} in {of} {{\n{}}}", self.body(depth + 1, 1))
            }
            9 => {
                let target = self.one(&[
                    "input",
                    "input.a",
                    "data.base.k",
                    "data.t.p1",
                    "p2",
                    "f0",
                    "count",
                ]);
                format!("{} with {target} as {}", self.plain(depth), self.term(depth + 1))
            }
            10 => format!("print({})", self.term(depth)),
            11 => format!("some {0}; {0} = {1}", self.one(VARS), self.term(depth)),
            _ => format!("walk({}, [{}, {}])", self.term(depth), self.one(VARS), self.one(VARS)),
        }
    }

    /// What a `with` may stand behind.
    fn plain(&mut self, depth: usize) -> String {
        match self.below(3) {
            0 => format!("{} = {}", self.pattern(), self.term(depth)),
            1 => format!("not {}", self.term(depth)),
            _ => self.term(depth),
        }
    }

    fn pattern(&mut self) -> String {
        match self.below(8) {
            0 => format!("[{}, {}]", self.one(VARS), self.one(VARS)),
            1 => format!("{{\"c\": {}}}", self.one(VARS)),
            2 => "_".to_owned(),
            _ => self.one(VARS).to_owned(),
        }
    }

    fn term(&mut self, depth: usize) -> String {
        if depth >= DEPTH || self.fuel == 0 {
            return self.one(LEAVES).to_owned();
        }
        self.fuel -= 1;
        let depth = depth + 1;
        match self.below(14) {
            0 => format!("[{}, {}]", self.term(depth), self.term(depth)),
            1 => format!("{{{}, {}}}", self.term(depth), self.term(depth)),
            2 => format!("{{\"c\": {}, {}: 1}}", self.term(depth), self.term(depth)),
            3 => self.comprehension("[", "]", depth),
            4 => self.comprehension("{", "}", depth),
            5 => {
                let (key, value) = (self.one(VARS), self.term(depth));
                format!("{{{key}: {value} |\n{}}}", self.body(depth, 1))
            }
            6 => {
                let head = self.one(&["input", "data.base", "data.t", "p0", "p1", "input.b"]);
                format!("{head}[{}]", self.term(depth))
            }
            7 => {
                let head = self.one(&["input", "data.base", "data.t", "p0", "p1"]);
                format!("{head}[{}][{}]", self.one(VARS), self.one(VARS))
            }
            8 | 9 => {
                let call = self.one(CALLS);
                let operand = self.term(depth);
                call.replace('@', &operand)
            }
            _ => self.one(LEAVES).to_owned(),
        }
    }

    fn comprehension(&mut self, open: &str, close: &str, depth: usize) -> String {
        let head = self.term(DEPTH);
        format!("{open}{head} |\n{}{close}", self.body(depth, 1))
    }
}
