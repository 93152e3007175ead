//! Laws of licence expressions, over any of them.

use proptest::prelude::*;
use referee_core::facts::LicenseStatus;
use referee_document::license::{self, Expression};

/// Listed, deprecated, references, with exceptions: eight in all, so that every set of them can be
/// tried.
const POOL: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "GPL-2.0-only WITH Classpath-exception-2.0",
    "LicenseRef-own",
    "ISC+",
    "Apache-2.0 WITH LLVM-exception",
];

/// An expression as a tree of its own, written with needless parentheses and in any case.
#[derive(Clone, Debug)]
enum Tree {
    License(usize, bool),
    And(Box<Tree>, Box<Tree>, bool),
    Or(Box<Tree>, Box<Tree>, bool),
}

impl Tree {
    fn text(&self) -> String {
        match self {
            Self::License(index, true) => POOL[*index].to_owned(),
            Self::License(index, false) => format!("( {} )", POOL[*index]),
            Self::And(left, right, lower) => {
                let word = if *lower { "and" } else { "AND" };
                format!("({}) {word} ({})", left.text(), right.text())
            }
            Self::Or(left, right, lower) => {
                let word = if *lower { "or" } else { "OR" };
                format!("({}) {word} ({})", left.text(), right.text())
            }
        }
    }

    fn permits(&self, allowed: u32) -> bool {
        match self {
            Self::License(index, _) => allowed >> index & 1 == 1,
            Self::And(left, right, _) => left.permits(allowed) && right.permits(allowed),
            Self::Or(left, right, _) => left.permits(allowed) || right.permits(allowed),
        }
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = (0..POOL.len(), any::<bool>()).prop_map(|(index, bare)| Tree::License(index, bare));
    leaf.prop_recursive(8, 48, 2, |inner| {
        (inner.clone(), inner, any::<bool>(), any::<bool>()).prop_map(
            |(left, right, and, lower)| {
                let (left, right) = (Box::new(left), Box::new(right));
                if and { Tree::And(left, right, lower) } else { Tree::Or(left, right, lower) }
            },
        )
    })
}

fn allows(allowed: u32) -> impl Fn(&str) -> bool {
    move |license| {
        let index = POOL.iter().position(|one| *one == license).unwrap();
        allowed >> index & 1 == 1
    }
}

proptest! {
    #[test]
    fn permission_alternatives_and_the_tree_agree_for_every_set_of_allowed_licences(tree in tree()) {
        let text = tree.text();
        let fact = license::read(&text);
        prop_assert_eq!(fact.status, LicenseStatus::Expression, "{}", text);
        prop_assert!(!fact.alternatives_omitted);
        for allowed in 0..1_u32 << POOL.len() {
            let expected = tree.permits(allowed);
            prop_assert_eq!(license::permits(&text, allows(allowed)).unwrap(), expected);
            let by_alternatives =
                fact.alternatives.iter().any(|way| way.iter().all(|one| allows(allowed)(one)));
            prop_assert_eq!(by_alternatives, expected, "{}", text);
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same(tree in tree()) {
        let first = license::read(&tree.text());
        let written = first.expression.clone().unwrap();
        let second = license::read(&written);
        prop_assert_eq!(&first, &second);
        prop_assert!(written.len() <= tree.text().len());
    }

    #[test]
    fn alternatives_are_minimal_and_sorted(tree in tree()) {
        let ways = license::read(&tree.text()).alternatives;
        prop_assert!(ways.is_sorted() && ways.iter().all(|way| way.is_sorted()));
        for (at, way) in ways.iter().enumerate() {
            for (other_at, other) in ways.iter().enumerate() {
                let holds = other.iter().all(|license| way.contains(license));
                prop_assert!(at == other_at || !holds, "{:?} holds {:?}", way, other);
            }
        }
    }

    #[test]
    fn allowing_more_never_forbids(tree in tree(), allowed in 0..256_u32, more in 0..256_u32) {
        let expression = Expression::parse(&tree.text()).unwrap();
        prop_assert!(!expression.permits(allows(allowed)) || expression.permits(allows(allowed | more)));
    }

    #[test]
    fn any_text_is_read(text in "[ -~\u{a0}é]{0,80}") {
        let fact = license::read(&text);
        prop_assert_eq!(fact.error.is_some(), fact.status == LicenseStatus::Unknown);
        prop_assert_eq!(fact.expression.is_some(), fact.status == LicenseStatus::Expression);
    }

    #[test]
    fn any_sequence_of_tokens_is_read(
        tokens in proptest::collection::vec(
            prop::sample::select(vec!["MIT", "AND", "or", "WITH", "(", ")", "+", "LLVM-exception", "x", " "]),
            0..24,
        ),
    ) {
        let text = tokens.join(" ");
        if let Ok(expression) = Expression::parse(&text) {
            let again = Expression::parse(&expression.to_string()).unwrap();
            prop_assert_eq!(again.to_string(), expression.to_string());
        }
    }
}
