//! How deep a source text can make a parser or an evaluator recurse, found before either sees it.
//!
//! A stack that overflows ends the process; no `catch_unwind` helps. So the depth is bounded on
//! the text: brackets inside brackets, and chains of operators, which a parser turns into a tree
//! as deep as the chain is long (`1 + 1 + …`, `a.b.c…`). The scan errs on the side of too deep;
//! policies people write stay under 30.

/// How deep a source may be. regorus itself stops at 32 nested expressions; this bounds what it
/// does not count. 2 MiB, the stack of a thread in tokio and in tests, hold several times that.
const MAX_SOURCE_DEPTH: usize = 256;

/// Where a source is too deep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nested too deep, or too long a chain of operators (limit {MAX_SOURCE_DEPTH})")]
pub(crate) struct TooDeep {
    /// The line, from 1.
    pub(crate) row: u32,
    /// The column in characters, from 1.
    pub(crate) col: u32,
}

/// Refuses a source that is nested too deep.
pub(crate) fn check(source: &str) -> Result<(), TooDeep> {
    let mut scan =
        Scan { chains: vec![0], total: 0, after_operator: false, pending: false, in_word: false };
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
        if scan.depth() > MAX_SOURCE_DEPTH {
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

struct Scan {
    /// For each open bracket, and for the whole, how many operators its present operand has.
    chains: Vec<usize>,
    /// The sum of `chains`.
    total: usize,
    /// Whether the last token was an operator: the chain goes on over the end of the line.
    after_operator: bool,
    /// Whether the chain ends with the next token unless that is an operator.
    pending: bool,
    /// Whether the last character was one of a word.
    in_word: bool,
}

impl Scan {
    fn depth(&self) -> usize {
        self.total.saturating_add(self.chains.len())
    }

    fn code(&mut self, character: char) {
        self.in_word = is_word(character);
        match character {
            '\n' => self.pending = !self.after_operator,
            ' ' | '\t' | '\r' => {}
            '(' | '[' | '{' => {
                // `x[0][0][0]` and `f(x)` on one line are chains as well.
                self.operator();
                self.chains.push(0);
            }
            ')' | ']' | '}' => {
                if self.chains.len() > 1 {
                    self.end_chain();
                    self.chains.pop();
                }
                self.after_operator = false;
                self.pending = character == '}';
            }
            ',' | ';' => {
                self.end_chain();
                self.after_operator = true;
                self.pending = false;
            }
            '+' | '-' | '*' | '/' | '%' | '&' | '|' | '=' | '!' | '<' | '>' | '.' | ':' => {
                self.operator();
            }
            _ => self.operand(),
        }
    }

    fn operator(&mut self) {
        self.pending = false;
        self.after_operator = true;
        if let Some(chain) = self.chains.last_mut() {
            *chain = chain.saturating_add(1);
            self.total = self.total.saturating_add(1);
        }
    }

    fn operand(&mut self) {
        if self.pending {
            self.end_chain();
            self.pending = false;
        }
        self.after_operator = false;
    }

    fn end_chain(&mut self) {
        if let Some(chain) = self.chains.last_mut() {
            self.total = self.total.saturating_sub(*chain);
            *chain = 0;
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
    fn what_is_in_strings_and_comments_does_not_count() {
        let brackets = "([{".repeat(1000);
        let source =
            format!("package p # {brackets}\nx := \"\\\"{brackets}\"\ny := `\\{brackets}`\n");
        assert_eq!(check(&source), Ok(()));
    }
}
