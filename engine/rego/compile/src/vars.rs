//! Which variables there are in a tree. Follows OPA's `VarVisitor` (`v1/ast/visit.go`) with its
//! parameters.

use crate::names::{VarSet, operator};
use crate::outputs::implicit_body_vars;
use crate::tree::Arities;
use referee_rego_syntax::ast::{
    Expr, ExprKind, Head, Module, Rule, TemplatePart, Term, TermKind, With,
};

/// What a collection of variables leaves out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Params<'a> {
    /// The heads of references.
    pub(crate) ref_head: bool,
    /// The heads of operators, and of references in `with`.
    pub(crate) ref_call_head: bool,
    /// The keys of objects.
    pub(crate) object_keys: bool,
    /// Comprehensions, template strings, and the bodies of `every`, `not`, `and`, `or`.
    pub(crate) closures: bool,
    /// Sets.
    pub(crate) sets: bool,
    /// Where given: from bodies without braces of `not`, `and` and `or` take what must be bound
    /// outside them.
    pub(crate) promote: Option<&'a Arities<'a>>,
}

impl<'a> Params<'a> {
    /// Everything.
    pub(crate) const ALL: Self = Self {
        ref_head: false,
        ref_call_head: false,
        object_keys: false,
        closures: false,
        sets: false,
        promote: None,
    };

    /// OPA's `SafetyCheckVisitorParams`.
    pub(crate) const SAFETY: Self = Self { ref_call_head: true, closures: true, ..Self::ALL };

    /// What a term binds where it is matched with a value.
    pub(crate) const PATTERN: Self =
        Self { ref_head: true, object_keys: true, closures: true, ..Self::ALL };

    /// What a call binds by its output.
    pub(crate) const OUTPUT: Self = Self { sets: true, ..Self::PATTERN };

    /// OPA's `SafetyCheckVisitorParamsWithArity`.
    pub(crate) fn safety_with(arities: &'a Arities<'a>) -> Self {
        Self { promote: Some(arities), ..Self::SAFETY }
    }
}

/// Collects variables.
#[derive(Debug)]
pub(crate) struct Collector<'s, 'p> {
    params: Params<'p>,
    found: &'s mut VarSet,
}

/// The variables of a term.
pub(crate) fn of_term(term: &Term, params: Params<'_>) -> VarSet {
    let mut found = VarSet::new();
    Collector::new(params, &mut found).term(term);
    found
}

/// The variables of an expression.
pub(crate) fn of_expr(expr: &Expr, params: Params<'_>) -> VarSet {
    let mut found = VarSet::new();
    Collector::new(params, &mut found).expr(expr);
    found
}

/// The variables of a body.
pub(crate) fn of_body(body: &[Expr], params: Params<'_>) -> VarSet {
    let mut found = VarSet::new();
    Collector::new(params, &mut found).body(body);
    found
}

/// The variables of the arguments of a head.
pub(crate) fn of_args(head: &Head, found: &mut VarSet) {
    Collector::new(Params::ALL, found).terms(head.args.as_deref().unwrap_or_default());
}

/// All variables of the rules of a module, the names of its rules included.
pub(crate) fn of_module(module: &Module, found: &mut VarSet) {
    let mut collector = Collector::new(Params::ALL, found);
    crate::walk::rules(module).for_each(|rule| collector.rule(rule));
}

impl<'s, 'p> Collector<'s, 'p> {
    pub(crate) fn new(params: Params<'p>, found: &'s mut VarSet) -> Self {
        Self { params, found }
    }

    /// A rule without its `else`.
    pub(crate) fn rule(&mut self, rule: &Rule) {
        self.reference(&rule.head.reference);
        self.terms(rule.head.args.as_deref().unwrap_or_default());
        rule.head.value.iter().for_each(|value| self.term(value));
        self.body(&rule.body);
    }

    pub(crate) fn body(&mut self, body: &[Expr]) {
        body.iter().for_each(|expr| self.expr(expr));
    }

    pub(crate) fn terms(&mut self, terms: &[Term]) {
        terms.iter().for_each(|term| self.term(term));
    }

    fn reference(&mut self, parts: &[Term]) {
        let skipped = usize::from(self.params.ref_head);
        parts.iter().skip(skipped).for_each(|part| self.term(part));
    }

    fn promote(&mut self, body: &[Expr], explicit: bool, arities: &Arities<'_>) {
        if !explicit {
            self.found.extend(&implicit_body_vars(body, arities));
        }
    }

    pub(crate) fn expr(&mut self, expr: &Expr) {
        let closures = self.params.closures;
        match &expr.kind {
            ExprKind::Term(term) => self.term(term),
            ExprKind::Call(terms) => self.call(terms),
            ExprKind::Some(some) => self.terms(&some.symbols),
            // OPA does not look at the modifiers of `every` here.
            ExprKind::Every(every) if closures => return self.term(&every.domain),
            ExprKind::Every(every) => {
                every.key.iter().for_each(|key| self.term(key));
                self.term(&every.value);
                self.term(&every.domain);
                self.body(&every.body);
            }
            ExprKind::And(both) | ExprKind::Or(both) => {
                if let Some(arities) = self.params.promote {
                    self.promote(&both.lhs, both.explicit_lhs, arities);
                    self.promote(&both.rhs, both.explicit_rhs, arities);
                } else if !closures {
                    self.body(&both.lhs);
                    self.body(&both.rhs);
                }
            }
            ExprKind::Not(not) => {
                if let Some(arities) = self.params.promote {
                    self.promote(&not.body, not.explicit, arities);
                } else if !closures {
                    self.body(&not.body);
                }
            }
        }
        expr.with.iter().for_each(|with| self.with(with));
    }

    fn call(&mut self, terms: &[Term]) {
        match (terms.split_first(), operator(terms)) {
            (Some((_, operands)), Some(parts)) if self.params.ref_call_head => {
                parts.iter().skip(1).for_each(|part| self.term(part));
                self.terms(operands);
            }
            _ => self.terms(terms),
        }
    }

    /// The variables of a `with`.
    pub(crate) fn with(&mut self, with: &With) {
        if !self.params.ref_call_head {
            self.term(&with.target);
            return self.term(&with.value);
        }
        if let TermKind::Ref(parts) = &with.target.kind {
            parts.iter().skip(1).for_each(|part| self.term(part));
        }
        match &with.value.kind {
            TermKind::Ref(parts) => parts.iter().skip(1).for_each(|part| self.term(part)),
            _ => self.term(&with.value),
        }
    }

    pub(crate) fn term(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) => {}
            TermKind::Var(name) => {
                self.found.insert(name);
            }
            TermKind::Ref(parts) => self.reference(parts),
            TermKind::Array(items) => self.terms(items),
            TermKind::Object(members) => {
                for (key, value) in members {
                    if !self.params.object_keys {
                        self.term(key);
                    }
                    self.term(value);
                }
            }
            TermKind::Set(items) => {
                if !self.params.sets {
                    self.terms(items);
                }
            }
            TermKind::Call(items) => self.call(items),
            _ if self.params.closures => {}
            TermKind::ArrayComprehension(found) | TermKind::SetComprehension(found) => {
                self.term(&found.term);
                self.body(&found.body);
            }
            TermKind::ObjectComprehension(found) => {
                self.term(&found.key);
                self.term(&found.value);
                self.body(&found.body);
            }
            TermKind::TemplateString(template) => {
                template.parts.iter().for_each(|part| match part {
                    TemplatePart::Term(term) => self.term(term),
                    TemplatePart::Expr(expr) => self.expr(expr),
                });
            }
        }
    }
}
