//! What the real cosigns accept of the fixtures Referee accepts, and what they refuse it refuses,
//! whole and with one thing altered, but for the differences listed here with their reasons.

use super::replay::{
    ENTRY, ENVELOPE_SIGNATURE, Fixture, MESSAGE_SIGNATURE, Question, Signature, TOKEN, fixtures,
    turned,
};
use super::{Bench, Cosign, Kind, Signer};
use std::collections::BTreeSet;

type Alter = fn(&mut Signature) -> bool;

/// One more, of a number in text; bundles leave out what is 0.
fn more(text: &str) -> String {
    text.parse::<u64>().map_or_else(|_| text.to_owned(), |number| (number + 1).to_string())
}

fn entry(signature: &mut Signature, member: &str, alter: fn(&str) -> String) -> bool {
    signature.text(&format!("{ENTRY}{member}"), &alter)
}

const ALTERATIONS: &[(&str, Alter)] = &[
    ("signature", |s| {
        s.text(MESSAGE_SIGNATURE, &|t| turned(t, 8))
            || s.text(ENVELOPE_SIGNATURE, &|t| turned(t, 8))
    }),
    ("payload", Signature::payload),
    ("no-entry", |s| s.without("tlogEntries")),
    ("no-timestamp", |s| s.without("timestampVerificationData")),
    ("promise", |s| entry(s, "/inclusionPromise/signedEntryTimestamp", |t| turned(t, 8))),
    ("time", |s| entry(s, "/integratedTime", more)),
    ("index", |s| entry(s, "/logIndex", more)),
    ("body", |s| entry(s, "/canonicalizedBody", |t| turned(t, 20))),
    ("proof-index", |s| entry(s, "/inclusionProof/logIndex", more)),
    ("proof-hash", |s| entry(s, "/inclusionProof/hashes/0", |t| turned(t, 8))),
    ("proof-size", |s| entry(s, "/inclusionProof/treeSize", more)),
    ("proof-root", |s| entry(s, "/inclusionProof/rootHash", |t| turned(t, 8))),
    ("checkpoint", |s| {
        entry(s, "/inclusionProof/checkpoint/envelope", |t| t.replacen(".example", ".examplf", 1))
    }),
    ("token", |s| s.text(TOKEN, &|t| turned(t, 12))),
    ("token-cut", |s| s.text(TOKEN, &|t| t.chars().take(400).collect())),
];

/// What both cosigns accept and we refuse: the fixture, what was altered, and why. There is nothing
/// that a cosign refuses and we accept.
///
/// In the ten minutes after the fixtures were made there is one more: where neither a log nor an
/// authority proves the time, cosign takes the time of the verification for it.
const DIFFERENCES: &[(&str, &[&str], &str)] = &[
    ("new-release-v2", &["proof-root", "proof-size"], UNREAD),
    ("new-release-v2", &["token", "token-cut"], UNASKED),
    ("new-workflow-v2", &["proof-index", "proof-root", "proof-size"], UNREAD),
    ("blob-workflow-v2", &["proof-index", "proof-root", "proof-size"], UNREAD),
    ("python-dev-v2", &["proof-index", "proof-root", "proof-size"], UNREAD),
    (
        "old-dev-v1-stamped",
        &["no-timestamp"],
        "`--use-signed-timestamps` lets a legacy signature \
     without one pass on the time of its log entry; `timestamp: required` does not",
    ),
];

const UNASKED: &str = "without `--use-signed-timestamps` cosign does not look at the timestamp beside a \
                       signature by a key; here what is there must hold";

const UNREAD: &str = "for a log on tiles cosign takes the root and the size from the checkpoint and \
                      the index from the entry, and does not read what the proof says of them";

/// What was compared, and what differed.
#[derive(Default)]
struct Tally {
    compared: usize,
    accepted: usize,
    /// The cosign, the fixture, what was altered, and what the cosign says.
    differences: BTreeSet<(&'static str, String, String, bool)>,
}

impl Tally {
    /// Asks all the cosigns, and Referee.
    fn ask(
        &mut self,
        (bench, cosigns): (&Bench, &[Signer]),
        fixture: &Fixture,
        what: &str,
        alter: Option<&dyn Fn(&mut Signature) -> bool>,
        question: &Question,
    ) {
        let Some(place) = bench.place(fixture, what, alter) else { return };
        let ours = bench.rules(&place, question);
        self.accepted += usize::from(ours);
        for cosign in cosigns {
            let theirs = cosign.accepts(bench, fixture, &place, question, None);
            self.compared += 1;
            if theirs != ours {
                let (fixture, what) = (fixture.name.clone(), what.to_owned());
                self.differences.insert((cosign.name(), fixture, what, theirs));
            }
        }
    }

    /// Holds the differences to those that are listed of these fixtures.
    fn settle(self, cosigns: &[Signer], altered: &[&Fixture]) {
        let mut listed = BTreeSet::new();
        for (name, alterations, _) in DIFFERENCES {
            if altered.iter().any(|fixture| fixture.name == *name) {
                for what in *alterations {
                    for cosign in cosigns {
                        let row = (cosign.name(), (*name).to_owned(), (*what).to_owned(), true);
                        listed.insert(row);
                    }
                }
            }
        }
        assert_eq!(self.differences, listed, "cosign, fixture, alteration, what cosign says");
        let (compared, accepted) = (self.compared, self.accepted);
        eprintln!(
            "FIGURE fixtures: {compared} rulings compared with cosign's, {accepted} accepted"
        );
    }
}

fn cosigns(bench: &Bench) -> Vec<Signer> {
    Cosign::ALL.into_iter().filter_map(|cosign| bench.cosign(cosign)).collect()
}

fn kind(fixture: &Fixture) -> Kind {
    match fixture.layout.as_str() {
        "legacy" | "tag-schema" => Kind::Distribution,
        _ => Kind::Oci11,
    }
}

fn compare_altered(kind_of: Kind, layout: &str, names: &[&str]) {
    let Some(bench) = Bench::start(kind_of) else { return };
    let cosigns = cosigns(&bench);
    let fixtures = fixtures();
    let chosen: Vec<_> = fixtures.iter().filter(|f| names.contains(&f.name.as_str())).collect();
    assert_eq!(chosen.len(), names.len());
    let mut tally = Tally::default();
    for fixture in &chosen {
        assert_eq!(fixture.layout, layout, "{}", fixture.name);
        let question = fixture.question(&fixture.signers[0]);
        for (what, alter) in ALTERATIONS {
            tally.ask((&bench, &cosigns), fixture, what, Some(alter), &question);
        }
    }
    tally.settle(&cosigns, &chosen);
}

#[test]
fn altered_fixtures_of_the_old_layout_are_judged_as_cosign_judges_them() {
    compare_altered(
        Kind::Distribution,
        "legacy",
        &["old-release-v1", "old-dev-v1", "old-workflow-stamped", "old-dev-v1-stamped"],
    );
}

#[test]
fn altered_bundles_of_images_are_judged_as_cosign_judges_them() {
    compare_altered(
        Kind::Oci11,
        "bundle",
        &["new-release-v2", "new-dev-v1", "new-workflow-v2", "new-workflow-stamped"],
    );
}

#[test]
fn altered_bundles_of_files_are_judged_as_cosign_judges_them() {
    compare_altered(
        Kind::Oci11,
        "blob",
        &[
            "blob-release-v1",
            "blob-dev-v1",
            "blob-workflow-v2",
            "python-dev-v2",
            "js-workflow-stamped",
        ],
    );
}

/// Whole, for whom they were made by and for others.
#[test]
fn whole_fixtures_are_judged_as_cosign_judges_them() {
    let (Some(old), Some(new)) = (Bench::start(Kind::Distribution), Bench::start(Kind::Oci11))
    else {
        return;
    };
    let cosigns = cosigns(&old);
    let fixtures = fixtures();
    let chosen: Vec<_> = fixtures
        .iter()
        .filter(|f| {
            f.purpose == "signature" && !["mixed", "by-hand"].contains(&f.services.as_str())
        })
        .collect();
    let mut tally = Tally::default();
    for fixture in &chosen {
        let bench = if kind(fixture) == Kind::Distribution { &old } else { &new };
        let bench = (bench, cosigns.as_slice());
        for signer in &fixture.signers {
            let right = fixture.question(signer);
            let whole = format!("whole-{signer}");
            tally.ask(bench, fixture, &whole, None, &right);
            let mut other = right.clone();
            match other.key.is_some() {
                true => other.key = Some("other.pub"),
                false => other.subject = "ops@acme.example".to_owned(),
            }
            tally.ask(bench, fixture, &format!("{whole}-by-another"), None, &other);
            if right.key.is_none() {
                let elsewhere =
                    Question { issuer: "http://elsewhere.example".into(), ..right.clone() };
                tally.ask(bench, fixture, &format!("{whole}-from-elsewhere"), None, &elsewhere);
                let foreign = Question { root: "other_root.json", ..right };
                tally.ask(bench, fixture, &format!("{whole}-in-another-root"), None, &foreign);
            }
        }
    }
    assert!(tally.accepted >= chosen.len(), "{}", tally.accepted);
    tally.settle(&cosigns, &[]);
}

#[test]
fn attestations_are_judged_as_cosign_judges_them() {
    let (Some(old), Some(new)) = (Bench::start(Kind::Distribution), Bench::start(Kind::Oci11))
    else {
        return;
    };
    let mut compared = 0;
    for fixture in fixtures().iter().filter(|f| f.purpose == "attestation" && f.layout != "blob") {
        let bench = if kind(fixture) == Kind::Distribution { &old } else { &new };
        // cosign 2 takes no trusted root here where it is to look at the old layout.
        let Some(cosign) = bench.cosign(Cosign::Three) else { continue };
        let place = bench.place(fixture, "attested", None).unwrap();
        for (kind, predicate, signers) in [
            ("slsaprovenance1", "https://slsa.dev/provenance/v1", &["workflow"][..]),
            ("spdxjson", "https://spdx.dev/Document", &["workflow"]),
            ("vuln", "https://cosign.sigstore.dev/attestation/vuln/v1", &["workflow", "dev"]),
            ("https://acme.example/review/v1", "https://acme.example/review/v1", &["release"]),
        ] {
            for signer in ["workflow", "dev", "ops", "release"] {
                let question = fixture.question(signer);
                let theirs = cosign.accepts(bench, fixture, &place, &question, Some(kind));
                let ours = bench.attested(&place, &question, predicate);
                assert_eq!(ours, signers.contains(&signer), "{}: {kind} {signer}", fixture.name);
                assert_eq!(theirs, ours, "{}: {kind} by {signer}: cosign", fixture.name);
                compared += 1;
            }
        }
    }
    eprintln!("FIGURE fixtures: {compared} attestations compared with cosign's");
}

#[test]
fn a_certificate_out_of_time_is_refused_by_all() {
    let Some(bench) = Bench::start(Kind::Oci11) else { return };
    for (name, sct, expected) in [
        ("byhand-dev-stamped", false, true),
        ("byhand-dev-stamped", true, false),
        ("late-dev-stamped", false, false),
    ] {
        let fixtures = fixtures();
        let fixture = fixtures.iter().find(|fixture| fixture.name == name).unwrap();
        let question = Question { sct, ..fixture.question("dev") };
        let place = bench.place(fixture, "time", None).unwrap();
        assert_eq!(bench.rules(&place, &question), expected, "{name}");
        for cosign in cosigns(&bench) {
            let theirs = cosign.accepts(&bench, fixture, &place, &question, None);
            assert_eq!(theirs, expected, "{name}: {}", cosign.name());
        }
    }
}
