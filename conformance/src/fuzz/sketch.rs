//! A program as it was written, in pieces.

use super::chance::Chance;
use super::generator::{Generator, Shape};
use super::mutate;
use super::piece::{Piece, row};
use crate::json::Json;
use crate::rego::{Dialect, Input, Module, Program, Settings};
use std::collections::BTreeMap;
use std::time::Duration;

/// The most queries a program is asked.
const QUERIES: usize = 8;

/// What programs are to be like, in percent.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Programs of Rego v0.
    pub v0: usize,
    /// Programs whose builtin errors end the evaluation.
    pub strict_builtin_errors: usize,
    /// Programs compiled in strict mode.
    pub strict: usize,
    /// Programs with something wrong with them.
    pub broken: usize,
    /// How long a query may take.
    pub timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            v0: 10,
            strict_builtin_errors: 25,
            strict: 4,
            broken: 5,
            timeout: Duration::from_secs(5),
        }
    }
}

/// A program in pieces.
#[derive(Clone, Debug)]
pub struct Sketch {
    /// Modules by name.
    pub modules: Vec<(String, Piece)>,
    /// Base data.
    pub data: Json,
    /// The input.
    pub input: Option<Json>,
    /// Queries.
    pub queries: Vec<Piece>,
    /// How it is compiled and run.
    pub settings: Settings,
    /// How often each form and builtin is used.
    pub forms: BTreeMap<&'static str, usize>,
}

/// The program of a seed.
#[must_use]
pub fn sketch(seed: u64, options: &Options) -> Sketch {
    // A sequence of its own for what does not change the text, so that options do not either.
    let mut chance = Chance::new(seed ^ 0x5eed);
    let v0 = chance.percent(options.v0);
    let mut generator = Generator::new(seed);
    let mut modules = generator.modules(v0);
    if chance.percent(options.broken) {
        generator.form("broken");
        let place = chance.below(modules.len());
        if let Some((_, module)) = modules.get_mut(place) {
            *module = Piece::text(mutate::broken(&mut chance, &module.write()));
        }
    }
    let queries = queries(&mut generator, &mut chance);
    Sketch {
        modules,
        data: generator.world.data,
        input: generator.world.input,
        queries,
        settings: Settings {
            dialect: if v0 { Dialect::V0 } else { Dialect::V1 },
            strict: chance.percent(options.strict),
            strict_builtin_errors: chance.percent(options.strict_builtin_errors),
            // As `opa eval` does it.
            prints: true,
            timeout: options.timeout,
            ..Settings::default()
        },
        forms: generator.forms,
    }
}

fn queries(generator: &mut Generator, chance: &mut Chance) -> Vec<Piece> {
    let mut queries = Vec::new();
    let mut known = generator.known.clone();
    chance.shuffle(&mut known);
    for rule in known.iter().take(QUERIES) {
        let name = format!("data.{}.{}", rule.package, rule.name);
        match &rule.shape {
            Shape::Value(_) => queries.push(row!(name, " = x")),
            Shape::Partial(_) if chance.percent(70) => queries.push(row!(name, " = x")),
            Shape::Partial(_) => queries.push(row!(name, "[x] = y")),
            Shape::Function { parameters, .. } if chance.percent(40) => {
                let operands: Vec<_> =
                    parameters.iter().map(|kind| generator.literal(kind)).collect();
                let least = operands.len();
                queries.push(row!(name, "(", Piece::list(", ", operands, least), ") = x"));
            }
            Shape::Function { .. } => {}
        }
    }
    let packages: Vec<_> = known.iter().map(|rule| rule.package.clone()).collect();
    if let Some(package) = chance.pick(&packages) {
        queries.push(row!("data.", package.clone(), " = x"));
    }
    queries
}

impl Sketch {
    /// The program.
    #[must_use]
    pub fn program(&self) -> Program {
        let module =
            |(name, piece): &(String, Piece)| Module { name: name.clone(), text: piece.write() };
        Program {
            modules: self.modules.iter().map(module).collect(),
            data: Some(self.data.clone()),
            input: self.input.clone().map_or(Input::None, Input::Json),
            queries: self.queries.iter().map(Piece::write).collect(),
            settings: self.settings.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_gives_the_same_program() {
        for seed in 0..50 {
            let options = Options::default();
            assert_eq!(sketch(seed, &options).program(), sketch(seed, &options).program());
        }
    }
}
