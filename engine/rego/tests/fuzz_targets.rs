//! The fuzzer's targets over seeds and mutations of seeds: a bounded number of each, the same on
//! every machine. `REFEREE_FUZZ_ROUNDS` asks for more.

mod targets;

/// Mutations of each target unless more are asked for.
const ROUNDS: u64 = 400;

/// What is put into seeds: the words and marks that mean something to one target or another.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "'",
    "`",
    "#",
    "|",
    ":=",
    "=",
    " if ",
    " some ",
    " in ",
    "not ",
    "every ",
    "contains ",
    " with input as ",
    " else := ",
    "\n",
    "data",
    "input",
    ".",
    ",",
    "_",
    "\\u12",
    "1e9",
    "-",
    "0x",
    "\0",
    "\u{feff}",
    "\u{2028}",
    "é",
    "😀",
    "$",
    "%",
    "*",
    "?",
    "!",
    "&a ",
    "*a",
    "<<: ",
    "---",
    "\t",
    "  ",
    "{{",
    "}}",
    "(?i",
    "[^",
    "{1,",
    "\\pL",
    "+",
    "2006-01-02",
    "T15:04:05Z",
    "1h",
    "GB",
    "null",
    "true",
    "# METADATA\n# title: x\n",
    "import rego.v1\n",
    "package p\n",
    "\u{ff}",
];

const SEEDS: &[&str] = &[
    "",
    "\0package p\n\nimport data.q as r\n\n# METADATA\n# title: x\n# scope: rule\ndefault a := 1\n\na := x if { some x in [1, 2]; x > 1 } else := 3\n\nb contains y if { y := input.z[_]; not y == 2 }\n\nc[k] := v if { some k, v in {\"a\": 1} }\n\nf(x) := [z | z := x[_]] if every w in x { w > 0 }\n",
    "\u{1}package p\na[x] { x := input[_]; not b with input as {\"a\": 1} }\nb = c { c := count({1, 2}) } else = 4 { true }\n",
    "{\"a\": [1, 2.50, -3e-7, null, true], \"b\": {\"c\": \"\\u00e9\\ud83d\\ude00\"}}",
    "a: &x [1, 2]\nb: *x\nc: {d: e}\n? f\n: |\n  g\n  h\n",
    "^(a|b)*[^c]{2,3}\\d+$\naabb--12",
    "2006-01-02T15:04:05.000Z07:00\n2026-01-31T12:00:00.5+01:00",
    "%5.2f %v %q\nx",
    "{{range .b}}{{printf \"%d\" .}}{{else}}{{.a | html}}{{end}}\nx",
    "100000000000000000000 -7e30 1.25",
    "{a,b*}?[!c]\nabd",
    "\u{5}\u{3}\u{17}abc\u{42}1 2 3",
];

/// A sequence of numbers from a seed (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.0 % bound).unwrap_or_default()
    }

    fn one<'a>(&mut self, of: &'a [&'a str]) -> &'a str {
        let at = self.below(of.len());
        of.get(at).copied().unwrap_or_default()
    }

    /// A seed with some damage.
    fn mutation(&mut self) -> Vec<u8> {
        let mut bytes = self.one(SEEDS).as_bytes().to_vec();
        for _ in 0..=self.below(6) {
            let from = self.below(bytes.len() + 1);
            match self.below(4) {
                0 => {
                    let to = (from + self.below(12)).min(bytes.len());
                    bytes.drain(from..to);
                }
                1 => bytes.insert(from, u8::try_from(self.below(256)).unwrap_or_default()),
                2 => {
                    let piece = self.one(PIECES).repeat(1 + self.below(3));
                    bytes.splice(from..from, piece.bytes());
                }
                _ => {
                    let other = self.one(SEEDS).as_bytes();
                    let start = self.below(other.len() + 1);
                    let part = other.get(start..).unwrap_or_default();
                    bytes.splice(from..from, part.iter().copied());
                }
            }
        }
        bytes.truncate(4_000);
        bytes
    }

    /// Any bytes at all: what the grammars of their own take.
    fn noise(&mut self) -> Vec<u8> {
        (0..self.below(400)).map(|_| u8::try_from(self.below(256)).unwrap_or_default()).collect()
    }
}

fn run(name: &str) {
    let target = targets::TARGETS.iter().find(|(found, _)| *found == name);
    assert!(target.is_some(), "no target {name}");
    let Some((_, body)) = target else { return };
    let rounds = std::env::var("REFEREE_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    SEEDS.iter().for_each(|seed| body(seed.as_bytes()));
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for round in 0..rounds.unwrap_or(ROUNDS) {
        let bytes = if round % 2 == 0 { chance.mutation() } else { chance.noise() };
        let tried = std::panic::catch_unwind(|| body(&bytes));
        if let Err(panic) = tried {
            // The bytes, so that the case can be kept.
            let shown: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            std::fs::write(std::env::temp_dir().join(format!("fuzz-{name}")), &bytes)
                .unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert_eq!(shown, "", "round {round} of {name} panics on {text:?}");
            std::panic::resume_unwind(panic);
        }
    }
}

macro_rules! targets {
    ($($name:ident = $target:literal;)*) => {$(
        #[test]
        fn $name() {
            run($target);
        }
    )*};
}

targets! {
    any_text_is_a_module_or_is_refused_at_a_place_in_it = "rego_parse";
    a_program_has_one_answer_however_it_is_evaluated = "rego_eval";
    any_operands_of_any_builtin_give_a_value_or_an_error = "builtins";
    json_that_is_read_is_written_again = "json";
    yaml_that_is_read_is_written_again = "yaml";
    patterns_of_any_kind_keep_their_laws = "patterns";
    times_that_are_read_are_written_again = "times";
    values_have_one_order_and_equal_hashes = "value_laws";
    numbers_keep_the_laws_of_arithmetic = "numbers";
}
