//! Runs programs through two implementations and tells where they divide.

use super::compare::{Difference, Level, differs};
use super::shrink::shrink;
use super::sketch::{Options, Sketch, sketch};
use crate::rego::{Answer, Implementation, Outcome, Program, guarded};
use std::collections::BTreeMap;
use std::ops::Range;

/// Two implementations and how they are compared.
pub struct Differ<'a> {
    /// What is held to be right.
    pub reference: &'a (dyn Implementation + Sync),
    /// What is examined.
    pub subject: &'a (dyn Implementation + Sync),
    /// How closely.
    pub level: Level,
    /// What programs are like.
    pub options: Options,
}

/// A program on which they divide.
#[derive(Clone, Debug)]
pub struct Divergence {
    /// The seed it came from.
    pub seed: u64,
    /// In what they differ.
    pub difference: Difference,
    /// The program.
    pub sketch: Sketch,
    /// What the reference says.
    pub wanted: Outcome,
    /// What the subject says.
    pub got: Outcome,
}

impl Divergence {
    /// What other divergences of the same cause mostly have in common: the kind of difference and
    /// the errors, without names and numbers.
    #[must_use]
    pub fn signature(&self) -> String {
        let errors = |outcome: &Outcome| match outcome {
            Outcome::Rejected(errors) => errors.first().map(|error| shape(&error.message)),
            Outcome::Broken(what) => Some(shape(what)),
            Outcome::Answered(_) => None,
        };
        let mut parts = vec![self.difference.to_string()];
        match (&self.wanted, &self.got) {
            (Outcome::Answered(wanted), Outcome::Answered(got)) => {
                let unlike = wanted.iter().zip(got).find(|(one, two)| one != two);
                for answer in unlike.into_iter().flat_map(|(one, two)| [one, two]) {
                    if let Answer::Errors(errors) = answer {
                        parts.extend(errors.first().map(|error| shape(&error.message)));
                    }
                }
            }
            (wanted, got) => parts.extend([errors(wanted), errors(got)].into_iter().flatten()),
        }
        parts.join(" | ")
    }
}

/// A message without what differs from program to program: numbers, and names with numbers.
fn shape(message: &str) -> String {
    let word = |word: &str| {
        let named = word.contains(|letter: char| letter.is_ascii_digit()) || word.contains("data.");
        if named { "_".to_owned() } else { word.to_owned() }
    };
    message.split_whitespace().take(12).map(word).collect::<Vec<_>>().join(" ")
}

/// What a run went through.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Programs.
    pub programs: usize,
    /// Programs that the reference refuses.
    pub refused: usize,
    /// Queries.
    pub queries: usize,
    /// Queries that give rows.
    pub defined: usize,
    /// Queries whose evaluation fails.
    pub failed: usize,
    /// Queries that give a row which is not empty, false or null.
    pub telling: usize,
    /// Programs on which the reference, asked again, agrees with the subject.
    pub wavering: usize,
    /// Programs that the reference could not answer.
    pub broken: usize,
    /// How often each form and builtin was used.
    pub forms: BTreeMap<&'static str, usize>,
    /// Errors that the reference gave, by code and message without names.
    pub errors: BTreeMap<String, usize>,
}

/// How often the reference is asked again about a program on which they divide.
const AGAIN: usize = 8;

impl Differ<'_> {
    /// Whether the reference, asked afresh, ever says what the subject said: then its answer is no
    /// function of the program, and nothing is to be learnt from it.
    fn wavers(&self, sketch: &Sketch, got: &Outcome) -> bool {
        self.reference.renew();
        let programs = vec![sketch.program(); AGAIN];
        let answers = self.reference.run_all(&programs);
        let answered = answers.iter().filter(|wanted| !matches!(wanted, Outcome::Broken(_)));
        answered.into_iter().any(|wanted| differs(wanted, got, self.level).is_none())
    }

    /// Runs the programs of these seeds, and tells of those on which they divide.
    pub fn run(&self, seeds: Range<u64>, tally: &mut Tally) -> Vec<Divergence> {
        let sketches: Vec<_> = seeds.clone().map(|seed| sketch(seed, &self.options)).collect();
        let programs: Vec<_> = sketches.iter().map(Sketch::program).collect();
        let (wanted, got) = self.both(&programs);
        let mut divergences = Vec::new();
        for (((seed, sketch), wanted), got) in seeds.zip(sketches).zip(wanted).zip(got) {
            tally.count(&sketch, &wanted);
            if let Some(difference) = differs(&wanted, &got, self.level) {
                if self.wavers(&sketch, &got) {
                    tally.wavering += 1;
                    continue;
                }
                divergences.push(Divergence { seed, difference, sketch, wanted, got });
            }
        }
        divergences
    }

    /// Asks both at once: the reference in a process of its own, the subject here.
    fn both(&self, programs: &[Program]) -> (Vec<Outcome>, Vec<Outcome>) {
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| self.reference.run_all(programs));
            let got = programs.iter().map(|program| guarded(self.subject, program)).collect();
            (asked.join().unwrap_or_default(), got)
        })
    }

    /// The same divergence with as little as possible.
    #[must_use]
    pub fn shrink(&self, divergence: Divergence) -> Divergence {
        let difference = divergence.difference;
        let mut divides = |sketches: &[Sketch]| {
            self.reference.renew();
            let programs: Vec<_> = sketches.iter().map(Sketch::program).collect();
            let (wanted, got) = self.both(&programs);
            let verdict = |(wanted, got): (&Outcome, &Outcome)| {
                differs(wanted, got, self.level) == Some(difference)
            };
            wanted.iter().zip(&got).map(verdict).collect()
        };
        let sketch = shrink(divergence.sketch, &mut divides);
        self.reference.renew();
        let (wanted, got) = self.both(&[sketch.program()]);
        let first = |outcomes: Vec<Outcome>| {
            outcomes.into_iter().next().unwrap_or_else(|| Outcome::Broken("no outcome".into()))
        };
        Divergence { sketch, wanted: first(wanted), got: first(got), ..divergence }
    }
}

impl Tally {
    fn count(&mut self, sketch: &Sketch, wanted: &Outcome) {
        self.programs += 1;
        for (form, count) in &sketch.forms {
            *self.forms.entry(form).or_default() += count;
        }
        match wanted {
            Outcome::Broken(what) => {
                self.broken += 1;
                *self.errors.entry(pattern(what)).or_default() += 1;
            }
            Outcome::Rejected(errors) => {
                self.refused += 1;
                for error in errors.iter().take(1) {
                    *self.errors.entry(pattern(&error.to_string())).or_default() += 1;
                }
            }
            Outcome::Answered(answers) => {
                for answer in answers {
                    self.queries += 1;
                    match answer {
                        Answer::Rows(rows) if rows.is_empty() => {}
                        Answer::Rows(_) => {
                            self.defined += 1;
                            self.telling += usize::from(is_telling(answer));
                        }
                        Answer::Errors(errors) => {
                            self.failed += 1;
                            for error in errors.iter().take(1) {
                                let text = pattern(&error.to_string());
                                *self.errors.entry(text).or_default() += 1;
                            }
                        }
                    }
                }
            }
        }
    }
}

fn is_telling(answer: &Answer) -> bool {
    !matches!(
        answer.to_string().as_str(),
        "[{\"x\":[]}]" | "[{\"x\":{}}]" | "[{\"x\":false}]" | "[{\"x\":null}]"
    )
}

/// An error's text with the names of this program's rules, variables and numbers taken out.
fn pattern(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars().take(120) {
        match (letter.is_ascii_digit(), out.ends_with('#')) {
            (true, true) => {}
            (true, false) => out.push('#'),
            _ => out.push(letter),
        }
    }
    out
}
