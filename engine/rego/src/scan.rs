//! What a source text can do to a parser and an evaluator, bounded before either sees it.
//!
//! A stack that overflows ends the process; no `catch_unwind` helps. So the depth is bounded on
//! the text: brackets inside brackets, and chains of operators, which a parser turns into a tree
//! as deep as the chain is long (`1 + 1 + …`, `a.b.c…`). The scan errs on the side of too deep;
//! policies people write stay under 30.
//!
//! And regorus reads the first element of `[…]` and `{…}` twice, once in case it is a
//! comprehension: of literals inside literals the innermost is read 2^depth times. The sum of
//! that over a source is bounded as well.

/// How deep a source may be. regorus itself stops at 32 nested expressions; this bounds what it
/// does not count. 2 MiB, the stack of a thread in tokio and in tests, hold several times that.
const MAX_SOURCE_DEPTH: usize = 256;

/// How often literals may be read, over a whole source. Reading one takes regorus 5 to 20 µs, so
/// this many take it one or two seconds. 4,000 literals, each five deep in the first elements of
/// those around it, are that many.
const MAX_READINGS: u64 = 1 << 17;

/// Where a source is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nested too deep, or too long a chain of operators")]
pub(crate) struct TooDeep {
    /// The line, from 1.
    pub(crate) row: u32,
    /// The column in characters, from 1.
    pub(crate) col: u32,
}

/// Refuses a source that is nested too deep.
pub(crate) fn check(source: &str) -> Result<(), TooDeep> {
    let mut scan = Scan::default();
    let mut characters = source.char_indices();
    let (mut row, mut col) = (1_u32, 0_u32);
    let mut state = State::Code;
    while let Some((position, character)) = characters.next() {
        if character == '\n' {
            row = row.saturating_add(1);
            col = 0;
        } else {
            col = col.saturating_add(1);
        }
        state = match (state, character) {
            (State::Code, '"') => State::String,
            (State::Code, '`') => State::Raw,
            (State::Code, '#') => State::Comment,
            (State::Code, character) => {
                if !scan.in_word && source.get(position..).is_some_and(begins_with_in) {
                    scan.operator();
                    scan.in_operator = true;
                }
                scan.code(character);
                State::Code
            }
            (State::String, '\\') => {
                // What is escaped can be neither the end of the string nor a bracket of the code.
                col = col.saturating_add(1);
                if characters.next().is_some_and(|(_, escaped)| escaped == '\n') {
                    row = row.saturating_add(1);
                    col = 0;
                }
                State::String
            }
            (State::String, '"' | '\n') | (State::Raw, '`') => {
                scan.operand();
                State::Code
            }
            (State::Comment, '\n') => {
                scan.code('\n');
                State::Code
            }
            (state, _) => state,
        };
        if scan.depth > MAX_SOURCE_DEPTH || scan.readings > MAX_READINGS {
            return Err(TooDeep { row, col });
        }
    }
    Ok(())
}

/// Whether the text begins with the operator `in`, which is a word.
fn begins_with_in(text: &str) -> bool {
    text.strip_prefix("in").is_some_and(|rest| !rest.starts_with(is_word))
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[derive(Clone, Copy)]
enum State {
    Code,
    String,
    Raw,
    Comment,
}

/// An open bracket; or the whole source, which stands for one.
#[derive(Clone, Copy, Default)]
struct Level {
    /// How many operators its present operand has.
    chain: usize,
    /// Whether it is a literal's, and its first element is being read.
    twice: bool,
}

#[derive(Default)]
struct Scan {
    whole: Level,
    open: Vec<Level>,
    /// The open brackets and the operators of all levels.
    depth: usize,
    /// How many of the open brackets have `twice` set.
    doublings: u32,
    /// How often literals are read.
    readings: u64,
    /// Whether the last token was an operator: the chain goes on over the end of the line.
    after_operator: bool,
    /// Whether the chain ends with the next token unless that is an operator.
    pending: bool,
    /// Whether the last character was one of a word.
    in_word: bool,
    /// Whether that word is the operator `in`.
    in_operator: bool,
    /// Whether the last character ends something that can be indexed.
    after_indexable: bool,
}

impl Scan {
    fn code(&mut self, character: char) {
        let indexes = character == '[' && self.after_indexable;
        self.in_word = is_word(character);
        self.after_indexable = self.in_word || matches!(character, ')' | ']');
        self.in_operator &= self.in_word;
        match character {
            _ if self.in_operator => {}
            '\n' => self.pending = !self.after_operator,
            ' ' | '\t' | '\r' => {}
            '(' | '[' | '{' => {
                // `x[0][0][0]` and `f(x)` on one line are chains as well.
                self.operator();
                self.begin(match character {
                    '{' => 2,
                    '[' if !indexes => 1,
                    _ => 0,
                });
            }
            ')' | ']' | '}' => {
                self.end_operand();
                if self.open.pop().is_some() {
                    self.depth = self.depth.saturating_sub(1);
                }
                self.after_operator = false;
                self.pending = character == '}';
            }
            ',' | ';' => {
                self.end_operand();
                self.after_operator = true;
                self.pending = false;
            }
            '|' => {
                // What follows it in a comprehension is read once. In a union it is an operator.
                let chain = self.open.last().unwrap_or(&self.whole).chain;
                self.end_operand();
                (0..=chain).for_each(|_| self.operator());
            }
            '+' | '-' | '*' | '/' | '%' | '&' | '=' | '!' | '<' | '>' | '.' | ':' => {
                self.operator();
            }
            _ => self.operand(),
        }
    }

    /// A bracket opens. `cost`: what reading it once counts for; an object's is read as a set as
    /// well, one that begins no literal counts for nothing.
    fn begin(&mut self, cost: u64) {
        let literal = cost > 0;
        if literal {
            let times = 1_u64.checked_shl(self.doublings).unwrap_or(u64::MAX);
            self.readings = self.readings.saturating_add(times.saturating_mul(cost));
            self.doublings = self.doublings.saturating_add(1);
        }
        self.open.push(Level { chain: 0, twice: literal });
        self.depth = self.depth.saturating_add(1);
    }

    fn operator(&mut self) {
        self.pending = false;
        self.after_operator = true;
        let level = self.open.last_mut().unwrap_or(&mut self.whole);
        level.chain = level.chain.saturating_add(1);
        self.depth = self.depth.saturating_add(1);
    }

    fn operand(&mut self) {
        if self.pending {
            self.end_operand();
            self.pending = false;
        }
        self.after_operator = false;
    }

    /// An element, a statement or a bracket ends.
    fn end_operand(&mut self) {
        let level = self.open.last_mut().unwrap_or(&mut self.whole);
        self.depth = self.depth.saturating_sub(level.chain);
        level.chain = 0;
        if level.twice {
            level.twice = false;
            self.doublings = self.doublings.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_that_people_write_passes() {
        let rule = "deny contains msg if {\n\tsome s in input.signatures\n\tnot s.a.b[0].c == \
                    \"((((\"\n\tmsg := sprintf(`[[[%v`, [s.x + 1])\n} # ((((\n\n";
        let source = format!("package p\n\n{}", rule.repeat(2000));
        assert_eq!(check(&source), Ok(()));
        let list =
            format!("package p\nx := [{}]", "{\"a\": [1, -2.5], \"b\": q.r},\n".repeat(5000));
        assert_eq!(check(&list), Ok(()));
        let calls = format!("package p\n{}", "x := f(1)\ny[z] := 2\n".repeat(5000));
        assert_eq!(check(&calls), Ok(()));
    }

    #[test]
    fn brackets_that_are_too_deep_are_refused_at_their_place() {
        for open in ["(", "[", "{", "f(", "x["] {
            let source = format!("package p\nx := {}", open.repeat(10_000));
            let excess = check(&source).unwrap_err();
            assert_eq!(excess.row, 2, "{open}");
        }
    }

    #[test]
    fn chains_that_are_too_long_are_refused() {
        for link in ["1 + ", "1 +\n", "1\n+ ", "a.", "- ", "a in ", "a in\n", "a\nin ", "x == "] {
            let source = format!("package p\nx := {}1", link.repeat(10_000));
            assert!(check(&source).is_err(), "{link:?}");
        }
        for link in ["[0]", "(1)", ".b"] {
            let source = format!("package p\nx := a{}", link.repeat(10_000));
            assert!(check(&source).is_err(), "{link:?}");
        }
    }

    #[test]
    fn literals_that_a_parser_reads_too_often_are_refused() {
        for (open, close) in [("[", "]"), ("{", "}"), ("{\"a\": ", "}"), ("[\n", "\n]")] {
            let nested = |depth: usize| {
                format!("package p\nx := {}1{}\n", open.repeat(depth), close.repeat(depth))
            };
            assert_eq!(check(&nested(12)), Ok(()), "{open:?}");
            assert!(check(&nested(20)).is_err(), "{open:?}");
            assert!(check(&nested(14).repeat(100)).is_err(), "{open:?}");
        }
        let later = format!("package p\nx := {}1{}\n", "[1, ".repeat(30), "]".repeat(30));
        assert_eq!(check(&later), Ok(()));
        let index = format!("package p\nx := {}1{}\n", "y[".repeat(30), "]".repeat(30));
        assert_eq!(check(&index), Ok(()));
        let comprehension = "[a | a := ".repeat(30);
        assert_eq!(check(&format!("x := {comprehension}1{}\n", "]".repeat(30))), Ok(()));
    }

    #[test]
    fn what_is_in_strings_and_comments_does_not_count() {
        let brackets = "([{".repeat(1000);
        let source =
            format!("package p # {brackets}\nx := \"\\\"{brackets}\"\ny := `\\{brackets}`\n");
        assert_eq!(check(&source), Ok(()));
    }
}
