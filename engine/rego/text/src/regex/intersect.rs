//! `regex.globs_match`: whether some text matches two patterns of characters, `.`, sets, `*` and
//! `+`; the semantics of github.com/yashtewari/glob-intersection, which OPA uses.
//!
//! That library does not find every intersection, and the order in which it tries tells what it
//! finds, so the same order is kept. Results are remembered by the places in both patterns: its
//! time would otherwise double with each repetition.

use crate::give::{Given, give};
use referee_rego_builtin::{BuiltinError, Context, Result, operand};
use referee_rego_value::Value;
use referee_rego_value::bytes::shown;
use std::collections::{BTreeSet, HashMap};

pub(super) fn matches(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let left = operand::string(operands, 1)?;
    let right = operand::string(operands, 2)?;
    ctx.work(crate::give::units(left.len().saturating_add(right.len())))?;
    // All bytes that are no characters are the same one.
    let left = tokens(ctx, &shown(left))?;
    let right = tokens(ctx, &shown(right))?;
    let Some((left, right)) = trimmed(&left, &right) else {
        return give(false);
    };
    give(Search { left, right, known: HashMap::new() }.run(ctx)?)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Character(char),
    Any,
    Set(BTreeSet<char>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flag {
    None,
    Plus,
    Star,
}

#[derive(Clone, Debug)]
struct Token {
    what: What,
    flag: Flag,
}

fn meet(a: &Token, b: &Token) -> bool {
    match (&a.what, &b.what) {
        (What::Any, _) | (_, What::Any) => true,
        (What::Character(a), What::Character(b)) => a == b,
        (What::Character(c), What::Set(set)) | (What::Set(set), What::Character(c)) => {
            set.contains(c)
        }
        (What::Set(a), What::Set(b)) => a.intersection(b).next().is_some(),
    }
}

/// Reads a pattern; repetitions of the same one after the other become one.
struct Reader<'a> {
    text: &'a str,
    input: Vec<char>,
    at: usize,
}

fn tokens(ctx: &mut Context<'_>, text: &str) -> Result<Vec<Token>> {
    let mut reader = Reader { text, input: text.chars().collect(), at: 0 };
    let mut tokens: Vec<Token> = Vec::new();
    while let Some((c, escaped)) = reader.next()? {
        let what = match c {
            _ if escaped => What::Character(c),
            '.' => What::Any,
            '[' => What::Set(reader.set(ctx)?),
            ']' => return Err(reader.error("set-close ']' with no preceding '['")),
            '+' | '*' => {
                return Err(reader.error(&format!("flag '{c}' must be preceded by a non-flag")));
            }
            c => What::Character(c),
        };
        let start = reader.at;
        let flag = match reader.next()? {
            Some(('+', false)) => Flag::Plus,
            Some(('*', false)) => Flag::Star,
            _ => {
                reader.at = start;
                Flag::None
            }
        };
        match tokens.last_mut() {
            Some(last) if flag != Flag::None && last.flag != Flag::None && last.what == what => {
                if flag == Flag::Plus {
                    last.flag = Flag::Plus;
                }
            }
            _ => tokens.push(Token { what, flag }),
        }
    }
    Ok(tokens)
}

impl Reader<'_> {
    fn error(&self, what: &str) -> BuiltinError {
        let (text, at) = (self.text, self.at);
        BuiltinError::new(format!("input:{text}, pos:{at}, {what}: the input provided is invalid"))
    }

    /// The next character, and whether it is escaped.
    fn next(&mut self) -> Result<Option<(char, bool)>> {
        let Some(c) = self.input.get(self.at).copied() else {
            return Ok(None);
        };
        if c != '\\' {
            self.at += 1;
            return Ok(Some((c, false)));
        }
        match self.input.get(self.at + 1).copied() {
            Some(escaped) => {
                self.at += 2;
                Ok(Some((escaped, true)))
            }
            None => Err(self.error("input ends with a \\ (escape) character")),
        }
    }

    fn set(&mut self, ctx: &mut Context<'_>) -> Result<BTreeSet<char>> {
        let mut set = BTreeSet::new();
        let mut previous = None;
        loop {
            let Some((c, escaped)) = self.next()? else {
                return Err(self.error("found [ without matching ]"));
            };
            match (c, escaped) {
                (']', false) => return Ok(set),
                ('-', false) => {
                    let low = previous.take().ok_or_else(|| {
                        self.error("range character '-' must be preceded by a Unicode character")
                    })?;
                    if self.at + 1 >= self.input.len() {
                        let words = "range character '-' must be followed by a Unicode character";
                        return Err(self.error(words));
                    }
                    let (high, escaped) = self.next()?.unwrap_or(('\0', false));
                    if !escaped && matches!(high, ']' | '-') {
                        let words = "range character '-' cannot be followed by a special symbol";
                        return Err(self.error(words));
                    }
                    if high < low {
                        let words = format!(
                            "range is out of order: '{high}' comes before '{low}' in Unicode"
                        );
                        return Err(self.error(&words));
                    }
                    for c in low..=high {
                        ctx.work(1)?;
                        ctx.reserve(size_of::<char>())?;
                        set.insert(c);
                    }
                }
                (c, _) => {
                    ctx.reserve(size_of::<char>())?;
                    set.insert(c);
                    previous = Some(c);
                }
            }
        }
    }
}

/// Leaves out what is plain at both ends, but for one token; `None` where it does not meet.
fn trimmed<'a>(left: &'a [Token], right: &'a [Token]) -> Option<(&'a [Token], &'a [Token])> {
    let plain = |a: &Token, b: &Token| a.flag == Flag::None && b.flag == Flag::None;
    let before = left.iter().zip(right).take_while(|(a, b)| plain(a, b)).count();
    if !left.iter().zip(right).take(before).all(|(a, b)| meet(a, b)) {
        return None;
    }
    let start = before.saturating_sub(1);
    let (left, right) = (left.get(start..)?, right.get(start..)?);
    let pairs = || left.iter().rev().zip(right.iter().rev());
    let after = pairs().take_while(|(a, b)| plain(a, b)).count();
    if !pairs().take(after).all(|(a, b)| meet(a, b)) {
        return None;
    }
    let cut = after.saturating_sub(1);
    Some((left.get(..left.len() - cut)?, right.get(..right.len() - cut)?))
}

/// What is asked: whether the patterns meet from two places on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Question {
    /// Both from a place on; of two repetitions the left's comes first, or the right's.
    Both(usize, usize, bool),
    /// A token of the left, or of the right, takes what the other pattern has, none or more.
    Star(usize, usize, bool),
}

struct Search<'a> {
    left: &'a [Token],
    right: &'a [Token],
    known: HashMap<Question, bool>,
}

/// How a question is answered: at once, or by other questions.
enum Step {
    Known(bool),
    /// First this one has to be answered.
    Ask(Question),
}

impl Search<'_> {
    fn run(mut self, ctx: &mut Context<'_>) -> Result<bool> {
        let mut open = vec![Question::Both(0, 0, true)];
        let mut answer = false;
        while let Some(question) = open.last().copied() {
            ctx.work(1)?;
            let step = match question {
                Question::Both(i, j, left_first) => self.both(ctx, i, j, left_first)?,
                Question::Star(i, j, starred_left) => self.star(ctx, i, j, starred_left)?,
            };
            match step {
                Step::Ask(other) => {
                    ctx.reserve(size_of::<Question>() * 4)?;
                    open.push(other);
                }
                Step::Known(found) => {
                    answer = found;
                    self.known.insert(question, found);
                    open.pop();
                }
            }
        }
        Ok(answer)
    }

    fn ask(&self, question: Question) -> Step {
        self.known.get(&question).map_or(Step::Ask(question), |known| Step::Known(*known))
    }

    fn both(
        &self,
        ctx: &mut Context<'_>,
        mut i: usize,
        mut j: usize,
        left_first: bool,
    ) -> Result<Step> {
        loop {
            ctx.work(1)?;
            let (Some(a), Some(b)) = (self.left.get(i), self.right.get(j)) else {
                let ended = i >= self.left.len() && j >= self.right.len();
                return Ok(Step::Known(ended));
            };
            if a.flag == Flag::None && b.flag == Flag::None {
                if !meet(a, b) {
                    return Ok(Step::Known(false));
                }
                i += 1;
                j += 1;
                continue;
            }
            let starred_left = if left_first { a.flag != Flag::None } else { b.flag == Flag::None };
            let flag = if starred_left { a.flag } else { b.flag };
            if flag == Flag::Star {
                return Ok(self.ask(Question::Star(i, j, starred_left)));
            }
            return Ok(self.plus(i, j, starred_left));
        }
    }

    /// A repetition that takes one at least.
    fn plus(&self, i: usize, j: usize, plussed_left: bool) -> Step {
        let (Some(a), Some(b)) = (self.left.get(i), self.right.get(j)) else {
            return Step::Known(false);
        };
        if !meet(a, b) {
            return Step::Known(false);
        }
        let (taken, gone) = if plussed_left {
            (Question::Star(i, j + 1, true), Question::Both(i + 1, j, true))
        } else {
            (Question::Star(i + 1, j, false), Question::Both(i, j + 1, false))
        };
        let other = if plussed_left { b } else { a };
        match self.ask(taken) {
            Step::Known(false) if other.flag != Flag::None => self.ask(gone),
            step => step,
        }
    }

    fn star(&self, ctx: &mut Context<'_>, i: usize, j: usize, starred_left: bool) -> Result<Step> {
        let (starred, other) = if starred_left {
            (self.left.get(i..), self.right.get(j..))
        } else {
            (self.right.get(j..), self.left.get(i..))
        };
        let (starred, other) = (starred.unwrap_or_default(), other.unwrap_or_default());
        let Some(star) = starred.first() else {
            return Ok(Step::Known(false));
        };
        let next = starred.get(1);
        for (taken, token) in other.iter().enumerate() {
            ctx.work(1)?;
            if next.is_some_and(|next| meet(token, next)) {
                let question = if starred_left {
                    Question::Both(i + 1, j + taken, true)
                } else {
                    Question::Both(i + taken, j + 1, false)
                };
                match self.ask(question) {
                    Step::Known(false) => {}
                    step => return Ok(step),
                }
            }
            if !meet(token, star) {
                return Ok(Step::Known(false));
            }
        }
        Ok(Step::Known(next.is_none()))
    }
}
