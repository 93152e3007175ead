//! When types are equal, and in which order they stand (OPA's `types.Compare`).
//!
//! The order is seen in messages: the alternatives of a union are written in it. Types share
//! parts and recursive ones contain themselves, so pairs that have been compared are remembered
//! once a comparison becomes long.

use crate::{AnyType, ArrayType, Function, ObjectType, RecursiveType, Type};
use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

/// After how many steps pairs are remembered.
const PATIENCE: u32 = 512;

fn rank(ty: &Type) -> u8 {
    match ty {
        Type::Unknown => 0,
        Type::Null => 1,
        Type::Boolean => 2,
        Type::Number => 3,
        Type::String => 4,
        Type::Array(_) => 5,
        Type::Object(_) => 6,
        Type::Set(_) => 7,
        Type::Any(_) => 8,
        Type::Function(_) | Type::Recursive(_) => 9,
    }
}

#[derive(Default)]
struct Comparison {
    steps: u32,
    /// Pairs of shared parts that are equal, or that are being compared.
    seen: HashSet<(usize, usize)>,
}

fn address<T>(part: &Arc<T>) -> usize {
    Arc::as_ptr(part).addr()
}

impl Comparison {
    /// Whether this pair is known to be equal or under way. A pair that is found to differ ends
    /// the whole comparison, so what is remembered is never wrong.
    fn known(&mut self, a: usize, b: usize, always: bool) -> bool {
        self.steps = self.steps.saturating_add(1);
        a == b || ((always || self.steps > PATIENCE) && !self.seen.insert((a, b)))
    }

    fn types(&mut self, a: &Type, b: &Type) -> Ordering {
        match (a, b) {
            (Type::Array(a), Type::Array(b)) => {
                if self.known(address(a), address(b), false) {
                    return Ordering::Equal;
                }
                self.arrays(a, b)
            }
            (Type::Object(a), Type::Object(b)) => {
                if self.known(address(a), address(b), false) {
                    return Ordering::Equal;
                }
                self.objects(a, b)
            }
            (Type::Set(a), Type::Set(b)) => {
                if self.known(address(a), address(b), false) {
                    return Ordering::Equal;
                }
                self.types(a.of(), b.of())
            }
            (Type::Any(a), Type::Any(b)) => {
                if self.known(address(a), address(b), false) {
                    return Ordering::Equal;
                }
                self.unions(a, b)
            }
            (Type::Function(a), Type::Function(b)) => self.functions(a, b),
            (Type::Recursive(a), Type::Recursive(b)) => {
                if self.known(a.identity(), b.identity(), true) {
                    return Ordering::Equal;
                }
                self.types(&a.unwrap_type(), &b.unwrap_type())
            }
            (Type::Recursive(a), b) => self.recursive(a, b),
            (a, Type::Recursive(b)) => self.recursive(b, a).reverse(),
            _ => rank(a).cmp(&rank(b)),
        }
    }

    fn recursive(&mut self, a: &RecursiveType, b: &Type) -> Ordering {
        self.types(&a.unwrap_type(), b)
    }

    fn arrays(&mut self, a: &ArrayType, b: &ArrayType) -> Ordering {
        self.options(a.rest(), b.rest()).then_with(|| self.lists(a.items(), b.items()))
    }

    fn objects(&mut self, a: &ObjectType, b: &ObjectType) -> Ordering {
        let rest = match (a.rest(), b.rest()) {
            (Some(a), Some(b)) => self.types(&a.0, &b.0).then_with(|| self.types(&a.1, &b.1)),
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        if rest.is_ne() {
            return rest;
        }
        for ((a_key, a_type), (b_key, b_type)) in a.members().iter().zip(b.members()) {
            let order = a_key.cmp(b_key).then_with(|| self.types(a_type, b_type));
            if order.is_ne() {
                return order;
            }
        }
        a.members().len().cmp(&b.members().len())
    }

    fn unions(&mut self, a: &AnyType, b: &AnyType) -> Ordering {
        self.lists(a.of(), b.of())
    }

    fn functions(&mut self, a: &Function, b: &Function) -> Ordering {
        let length = a.args.len().cmp(&b.args.len());
        if length.is_ne() {
            return length;
        }
        for ((_, a), (_, b)) in a.args.iter().zip(&b.args) {
            let order = self.types(a, b);
            if order.is_ne() {
                return order;
            }
        }
        self.options(a.result.as_ref(), b.result.as_ref())
            .then_with(|| self.options(a.variadic.as_ref(), b.variadic.as_ref()))
    }

    fn lists(&mut self, a: &[Type], b: &[Type]) -> Ordering {
        for (a, b) in a.iter().zip(b) {
            let order = self.types(a, b);
            if order.is_ne() {
                return order;
            }
        }
        a.len().cmp(&b.len())
    }

    fn options(&mut self, a: Option<&Type>, b: Option<&Type>) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) => self.types(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    }
}

impl Ord for Type {
    fn cmp(&self, other: &Self) -> Ordering {
        Comparison::default().types(self, other)
    }
}

impl PartialOrd for Type {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Type {}
