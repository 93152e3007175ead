//! `referee discover`: what refers to an artifact, as a tree.

use crate::args::{QuestionArgs, RegistryArgs};
use crate::command::facts::gather;
use crate::config::{Config, Overlay};
use crate::console::{Console, Paint, Role};
use crate::error::CliError;
use crate::escape::Safe;
use crate::exit::Exit;
use crate::output::json;
use crate::output::signatures::{platform_name, short};
use clap::{Args, ValueEnum};
use referee_core::facts::ReferrerFact;
use referee_core::{Digest, Facts, Unavailable};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// The arguments of `referee discover`.
#[derive(Args, Debug)]
pub(crate) struct DiscoverArgs {
    /// The artifact: registry/repository:tag, …@digest, or oci-layout:PATH, with `:tag` or `@digest` after it
    #[arg(value_name = "REF")]
    reference: String,
    /// Digests in full, and annotations
    #[arg(long)]
    full: bool,
    /// The form of the answer: human or json
    #[arg(short, long, value_name = "FORM", default_value = "human", hide_possible_values = true)]
    output: Form,
    #[command(flatten)]
    question: QuestionArgs,
    #[command(flatten)]
    registry: RegistryArgs,
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A tree.
    Human,
    /// The same, nested.
    Json,
}

impl DiscoverArgs {
    /// Adds what is given to the configuration.
    pub(crate) fn overlay(&self, overlay: &mut Overlay) {
        self.question.overlay(overlay);
        self.registry.overlay(overlay);
    }
}

/// Runs the command.
///
/// # Errors
/// Where the reference cannot be resolved. A listing that is not complete is told, and is an
/// answer.
pub(crate) async fn run(
    args: &DiscoverArgs,
    config: &Config,
    console: &mut Console,
) -> Result<Exit, CliError> {
    let request = args.question.request(&args.reference, config)?;
    let facts = gather(config, request, console, "looking for referrers").await?.facts();
    let missing: Vec<&Unavailable> =
        facts.unavailable.iter().filter(|entry| affects_listing(entry)).collect();
    match args.output {
        Form::Json => json::document(console.out(), &document(&facts, &missing))?,
        Form::Human => {
            let paint = console.paint;
            let mut tree = Tree { paint, full: args.full, facts: &facts, seen: BTreeSet::new() };
            tree.write(console.out())?;
        }
    }
    for entry in &missing {
        let warning = console.err_paint.show(Role::Warn, "warning");
        let (target, code, text) = (Safe(&entry.target), entry.code.as_str(), Safe(&entry.message));
        writeln!(
            console.err(),
            "{warning}: the listing is NOT COMPLETE: {target}: {text} [{code}]"
        )?;
    }
    Ok(Exit::Success)
}

fn affects_listing(entry: &Unavailable) -> bool {
    entry.affects.iter().any(|list| list == "referrers")
}

/// The tree for a reader.
struct Tree<'a> {
    paint: Paint,
    full: bool,
    facts: &'a Facts,
    /// What was written already: a referrer that two manifests share has its own referrers shown
    /// once.
    seen: BTreeSet<&'a Digest>,
}

/// One node below another.
enum Node<'a> {
    Platform(&'a referee_core::facts::PlatformFact),
    Referrer(&'a ReferrerFact),
}

impl<'a> Tree<'a> {
    fn write(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let subject = &self.facts.subject;
        let reference = Safe(&self.facts.request.reference);
        writeln!(out, "{}", self.paint.show(Role::Head, reference))?;
        let (digest, kind) = (self.digest(&subject.digest), Safe(&subject.media_type));
        writeln!(out, "{digest}  {kind}  {}", size(subject.size))?;
        let platforms = subject.platforms.iter().map(Node::Platform);
        let nodes: Vec<Node<'_>> = self.referrers(&subject.digest).chain(platforms).collect();
        if nodes.is_empty() && self.facts.complete {
            writeln!(out, "nothing refers to it")?;
        }
        self.nodes(out, &nodes, "")
    }

    fn referrers(&self, digest: &'a Digest) -> impl Iterator<Item = Node<'a>> + use<'a> {
        self.facts.referrers.iter().filter(move |r| r.subject == *digest).map(Node::Referrer)
    }

    fn nodes(&mut self, out: &mut dyn Write, nodes: &[Node<'a>], indent: &str) -> io::Result<()> {
        for (position, node) in nodes.iter().enumerate() {
            let last = position + 1 == nodes.len();
            let (branch, trunk) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let below = format!("{indent}{trunk}");
            write!(out, "{}", self.paint.show(Role::Faint, format!("{indent}{branch}")))?;
            let digest = match node {
                Node::Platform(platform) => {
                    let name = platform_name(platform);
                    let digest = self.digest(&platform.digest);
                    writeln!(out, "{}  {digest}", self.paint.show(Role::Head, name))?;
                    &platform.digest
                }
                Node::Referrer(referrer) => {
                    self.referrer(out, referrer, &below)?;
                    &referrer.digest
                }
            };
            if self.seen.insert(digest) {
                let children: Vec<Node<'_>> = self.referrers(digest).collect();
                self.nodes(out, &children, &below)?;
            }
        }
        Ok(())
    }

    fn referrer(
        &self,
        out: &mut dyn Write,
        referrer: &ReferrerFact,
        below: &str,
    ) -> io::Result<()> {
        let kind = referrer.artifact_type.as_deref().unwrap_or(&referrer.media_type);
        let (digest, size) = (self.digest(&referrer.digest), size(referrer.size));
        let found_by = self.paint.show(Role::Faint, format!("by {}", referrer.found_by.as_str()));
        writeln!(out, "{}  {digest}  {size}  {found_by}", Safe(kind))?;
        for (name, value) in referrer.annotations.iter().filter(|_| self.full) {
            let line = format!("{below}   {}: {}", Safe(name), Safe(value));
            writeln!(out, "{}", self.paint.show(Role::Faint, line))?;
        }
        Ok(())
    }

    fn digest(&self, digest: &Digest) -> String {
        if self.full { digest.to_string() } else { short(digest) }
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_240 => format!("{bytes} B"),
        10_240..10_485_760 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / (1024 * 1024)),
    }
}

fn document(facts: &Facts, missing: &[&Unavailable]) -> Value {
    json!({
        "reference": facts.request.reference,
        "subject": facts.subject,
        "complete": missing.is_empty(),
        "unavailable": missing,
        "referrers": nested(facts, &facts.subject.digest, &mut BTreeSet::new()),
        "platforms": facts.subject.platforms.iter().map(|platform| json!({
            "platform": platform,
            "referrers": nested(facts, &platform.digest, &mut BTreeSet::new()),
        })).collect::<Vec<_>>(),
    })
}

fn nested<'a>(
    facts: &'a Facts,
    digest: &'a Digest,
    within: &mut BTreeSet<&'a Digest>,
) -> Vec<Value> {
    // A referrer that refers to itself by way of others cannot exist without a broken hash; the
    // check keeps such a document from being endless all the same.
    if !within.insert(digest) {
        return Vec::new();
    }
    let referrers = facts.referrers.iter().filter(|referrer| referrer.subject == *digest);
    let values = referrers
        .map(|referrer| {
            let mut value = serde_json::to_value(referrer).unwrap_or_default();
            let below = nested(facts, &referrer.digest, within);
            if let Some(members) = value.as_object_mut() {
                members.insert("referrers".to_owned(), below.into());
            }
            value
        })
        .collect();
    within.remove(digest);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_the_unit_that_fits() {
        assert_eq!(size(869), "869 B");
        assert_eq!(size(20_480), "20 KiB");
        assert_eq!(size(52_428_800), "50 MiB");
    }
}
