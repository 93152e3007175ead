//! Which part of the documents a bundle may fill (`.manifest`, `roots`).
//!
//! A root is a path with slashes, `""` for everything. Two roots overlap where one is the other or
//! leads to it, part by part: `a/b` and `a/bc` do not.

use referee_core::Coded;
use std::fmt;

/// The roots of one bundle. None of them overlaps with another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// Without a slash at either end, in the order in which the manifest has them.
    texts: Vec<String>,
}

impl Default for Roots {
    /// What a manifest means that says nothing: everything.
    fn default() -> Self {
        Self::everything()
    }
}

impl Roots {
    /// Everything: the one root `""`.
    #[must_use]
    pub fn everything() -> Self {
        Self { texts: vec![String::new()] }
    }

    /// These roots. With none of them a bundle may fill nothing.
    ///
    /// # Errors
    /// Where one overlaps with another, or two are the same.
    pub fn new<T: AsRef<str>>(roots: impl IntoIterator<Item = T>) -> Result<Self, RootsError> {
        let trimmed = |root: T| root.as_ref().trim_matches('/').to_owned();
        let texts: Vec<String> = roots.into_iter().map(trimmed).collect();
        if let Some((first, second)) = overlapping(&texts) {
            return Err(RootsError::Overlap { first, second });
        }
        Ok(Self { texts })
    }

    /// The roots as texts, without a slash at either end.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(String::as_str)
    }

    /// Whether everything is under them.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.texts.iter().any(String::is_empty)
    }

    /// Whether a path is one of them or below one.
    #[must_use]
    pub fn contain<T: AsRef<str>>(&self, path: &[T]) -> bool {
        self.texts.iter().any(|root| contains(root, path.iter().map(AsRef::as_ref)))
    }

    /// Whether a path is one of them or above one: then something below it may be theirs.
    #[must_use]
    pub fn lead_from<T: AsRef<str>>(&self, path: &[T]) -> bool {
        self.texts.iter().any(|root| {
            let mut parts = segments(root);
            path.iter().all(|wanted| parts.next() == Some(wanted.as_ref()))
        })
    }

    /// Whether they are the same, in whatever order.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        let sorted = |roots: &Self| {
            let mut texts = roots.texts.clone();
            texts.sort();
            texts
        };
        sorted(self) == sorted(other)
    }
}

/// As OPA shows them: `[a b/c]`.
impl fmt::Display for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.texts.join(" "))
    }
}

/// The parts of a root. Everything has none.
fn segments(root: &str) -> impl Iterator<Item = &str> {
    root.split('/').filter(move |_| !root.is_empty())
}

fn contains<'a>(root: &str, mut path: impl Iterator<Item = &'a str>) -> bool {
    segments(root).all(|wanted| path.next() == Some(wanted))
}

fn overlap(a: &str, b: &str) -> bool {
    contains(a, segments(b)) || contains(b, segments(a))
}

/// The first two of some roots that overlap. In the order of their parts a root stands right before
/// what is below it, so that each is compared with one other only.
fn overlapping(roots: &[String]) -> Option<(String, String)> {
    let mut sorted: Vec<&String> = roots.iter().collect();
    sorted.sort_by(|a, b| segments(a).cmp(segments(b)));
    let mut pairs = sorted.iter().zip(sorted.iter().skip(1));
    let (first, second) = pairs.find(|(a, b)| overlap(a, b))?;
    Some(((*first).clone(), (*second).clone()))
}

/// Two bundles that both claim something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RootsConflict {
    /// The name of one bundle.
    pub bundle: String,
    /// Its root.
    pub root: String,
    /// The name of the other bundle.
    pub other: String,
    /// The other's root.
    pub other_root: String,
}

impl RootsConflict {
    /// What both may fill: the longer of the two roots.
    #[must_use]
    pub fn path(&self) -> &str {
        if self.root.len() > self.other_root.len() { &self.root } else { &self.other_root }
    }
}

impl fmt::Display for RootsConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bundle, root, other, other_root } = self;
        let shown = |root: &str| {
            if root.is_empty() { "\"\" (everything)".to_owned() } else { format!("{root:?}") }
        };
        write!(f, "{bundle} with its root {} and {other} with ", shown(root))?;
        if root == other_root { f.write_str("the same") } else { f.write_str(&shown(other_root)) }
    }
}

/// Why roots cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RootsError {
    /// Two roots of one manifest overlap.
    #[error("manifest has overlapped roots: '{first}' and '{second}'")]
    Overlap {
        /// One root.
        first: String,
        /// The other.
        second: String,
    },
    /// Roots of several bundles overlap.
    #[error("bundles have overlapping roots: {}{}", listed(conflicts), more(*others))]
    Bundles {
        /// The first of them.
        conflicts: Vec<RootsConflict>,
        /// How many there are besides.
        others: usize,
    },
}

fn listed(conflicts: &[RootsConflict]) -> String {
    conflicts.iter().map(RootsConflict::to_string).collect::<Vec<_>>().join("; ")
}

fn more(others: usize) -> String {
    if others == 0 { String::new() } else { format!("; and {others} more") }
}

impl Coded for RootsError {
    fn code(&self) -> &'static str {
        match self {
            Self::Overlap { .. } => "bundle_manifest",
            Self::Bundles { .. } => "bundle_roots_overlap",
        }
    }

    fn hint(&self) -> Option<String> {
        let Self::Bundles { conflicts, .. } = self else { return None };
        let everything = conflicts.iter().find_map(|conflict| {
            let of = |root: &str, bundle: &String| root.is_empty().then(|| bundle.clone());
            of(&conflict.root, &conflict.bundle).or(of(&conflict.other_root, &conflict.other))
        });
        Some(match everything {
            Some(bundle) => format!(
                "{bundle} claims all documents: name what it fills in the `roots` of its .manifest"
            ),
            None => "name in the `roots` of each .manifest only what that bundle fills".to_owned(),
        })
    }
}

/// The most conflicts that one error tells.
const MAX_TOLD: usize = 8;

/// Refuses bundles of which two may fill the same: each is given by its name and its roots.
///
/// # Errors
/// [`RootsError::Bundles`], which names both bundles and both roots of each conflict.
pub fn check_roots<'a>(
    bundles: impl IntoIterator<Item = (&'a str, &'a Roots)>,
) -> Result<(), RootsError> {
    let mut all: Vec<(&str, &str)> = bundles
        .into_iter()
        .flat_map(|(bundle, roots)| roots.iter().map(move |root| (root, bundle)))
        .collect();
    all.sort_by(|(a, first), (b, second)| segments(a).cmp(segments(b)).then(first.cmp(second)));
    let (mut conflicts, mut others) = (Vec::new(), 0_usize);
    // The roots that lead to the one looked at: what overlaps with it and stands before it.
    let mut above: Vec<(&str, &str)> = Vec::new();
    for (root, bundle) in all {
        while above.last().is_some_and(|(higher, _)| !contains(higher, segments(root))) {
            above.pop();
        }
        for (higher, other) in above.iter().filter(|(_, other)| *other != bundle) {
            if conflicts.len() >= MAX_TOLD {
                others = others.saturating_add(1);
                continue;
            }
            conflicts.push(RootsConflict {
                bundle: (*other).to_owned(),
                root: (*higher).to_owned(),
                other: bundle.to_owned(),
                other_root: root.to_owned(),
            });
        }
        above.push((root, bundle));
    }
    if conflicts.is_empty() { Ok(()) } else { Err(RootsError::Bundles { conflicts, others }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_contain_what_is_under_them_and_lead_from_what_is_above() {
        let roots = Roots::new(["/a/b/", "c"]).unwrap();
        assert!(roots.contain(&["a", "b", "x"]) && roots.contain(&["c"]));
        assert!(!roots.contain(&["a"]) && roots.lead_from(&["a"]));
        assert!(!roots.contain(&["a", "bc"]) && !roots.lead_from(&["x"]));
        assert!(Roots::everything().contain::<&str>(&[]));
        let nothing = Roots::new::<&str>([]).unwrap();
        assert!(!nothing.contain(&["a"]) && !nothing.lead_from::<&str>(&[]));
    }

    #[test]
    fn roots_of_one_manifest_may_not_overlap() {
        for (roots, message) in [
            (&["a", "b/c", "a/x"][..], "manifest has overlapped roots: 'a' and 'a/x'"),
            (&["", "b"], "manifest has overlapped roots: '' and 'b'"),
            (&["a", "/a/"], "manifest has overlapped roots: 'a' and 'a'"),
        ] {
            assert_eq!(Roots::new(roots).unwrap_err().to_string(), message);
        }
        assert!(Roots::new(["a/b", "a/bc", "a-b", "ab"]).is_ok());
    }

    #[test]
    fn bundles_that_claim_the_same_are_named_with_their_roots() {
        let roots = |texts: &[&str]| Roots::new(texts).unwrap();
        let (a, b, c) = (roots(&["x/y", "z"]), roots(&["x/y/w"]), roots(&["q", "z"]));
        let error = check_roots([("one", &a), ("two", &b), ("three", &c)]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "bundles have overlapping roots: one with its root \"x/y\" and two with \"x/y/w\"; \
             one with its root \"z\" and three with the same"
        );
        assert!(check_roots([("one", &a), ("two", &roots(&["x/yy"]))]).is_ok());
        let all = Roots::everything();
        let error = check_roots([("one", &a), ("all", &all)]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "bundles have overlapping roots: all with its root \"\" (everything) and one with \
             \"x/y\"; all with its root \"\" (everything) and one with \"z\""
        );
        assert_eq!(
            error.hint().unwrap(),
            "all claims all documents: name what it fills in the `roots` of its .manifest"
        );
    }

    #[test]
    fn many_conflicts_are_told_in_part() {
        let roots: Vec<String> = (0..40).map(|n| format!("r{n}")).collect();
        let roots = Roots::new(&roots).unwrap();
        let error = check_roots([("one", &roots), ("two", &roots)]).unwrap_err();
        assert!(error.to_string().ends_with("; and 32 more"), "{error}");
    }
}
