//! Checkpoints: the size and root of a log's tree, as a signed note (C2SP `tlog-checkpoint.md`
//! and `signed-note.md`, v1.0.0).
//!
//! Refused: a note over [`MAX_LENGTH`] bytes or with more than [`MAX_LINES`] signature lines,
//! control characters, a size that is not a plain decimal, a root that is not 32 bytes, signature
//! lines of another form, and a text without its last newline. Lines of witnesses and of other
//! keys are read and not judged: which line counts is for the log's name and key to say.

use crate::primitive::base64;

/// The longest note that is read, in bytes; one with twenty witnesses has three thousand.
pub const MAX_LENGTH: usize = 65_536;
/// The most signature lines that are read, as many as the reference implementation takes
/// (golang.org/x/mod/sumdb/note, `Open`).
pub const MAX_LINES: usize = 100;

/// The length of a key id in a signature line, in bytes (`signed-note.md`, "Signatures").
const HINT: usize = 4;
/// A signature line begins with an em dash and a blank (`signed-note.md`, "Format").
const DASH: &str = "\u{2014} ";

/// A checkpoint that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint<'a> {
    /// The log's unique name.
    pub origin: &'a str,
    /// The number of entries in the tree.
    pub tree_size: u64,
    /// The root of the tree.
    pub root_hash: [u8; 32],
    /// What is signed: the text with its last newline.
    pub text: &'a str,
    /// The signature lines, in order.
    pub lines: Vec<Line<'a>>,
}

/// A signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The name of the key.
    pub name: &'a str,
    /// The key's id, which is no more than a hint.
    pub hint: [u8; HINT],
    /// The signature.
    pub signature: Vec<u8>,
}

/// A text that is not a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Longer than is read.
    #[error("it is longer than {MAX_LENGTH} bytes")]
    TooLong,
    /// A character that a note must not have.
    #[error("it has a control character")]
    Control,
    /// No empty line between text and signatures.
    #[error("no empty line separates text and signatures")]
    Separator,
    /// No origin.
    #[error("its first line, the origin, is empty")]
    Origin,
    /// No size.
    #[error("its second line is not the size of a tree in decimal")]
    Size,
    /// No root.
    #[error("its third line is not a SHA-256 hash in base64")]
    Root,
    /// An empty line among the extension lines.
    #[error("an extension line is empty")]
    Extension,
    /// No signature at all.
    #[error("it has no signature line")]
    Unsigned,
    /// More signatures than are read.
    #[error("it has more than {MAX_LINES} signature lines")]
    TooManyLines,
    /// A signature line that is none.
    #[error("signature line {number} is not an em dash, a name and a signature in base64")]
    Line {
        /// Which one, from 1.
        number: usize,
    },
}

impl<'a> Checkpoint<'a> {
    /// Reads a checkpoint.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn parse(note: &'a str) -> Result<Self, CheckpointError> {
        if note.len() > MAX_LENGTH {
            return Err(CheckpointError::TooLong);
        }
        if note.chars().any(|c| c.is_control() && c != '\n') {
            return Err(CheckpointError::Control);
        }
        // The last empty line, as the specification has it: the text may hold others.
        let (head, signatures) = note.rsplit_once("\n\n").ok_or(CheckpointError::Separator)?;
        let text = note.get(..=head.len()).ok_or(CheckpointError::Separator)?;
        let mut lines = head.split('\n');
        let origin = lines.next().filter(|origin| !origin.is_empty());
        Ok(Self {
            origin: origin.ok_or(CheckpointError::Origin)?,
            tree_size: lines.next().and_then(decimal).ok_or(CheckpointError::Size)?,
            root_hash: lines.next().and_then(root).ok_or(CheckpointError::Root)?,
            text: match lines.all(|extension| !extension.is_empty()) {
                true => text,
                false => return Err(CheckpointError::Extension),
            },
            lines: signature_lines(signatures)?,
        })
    }

    /// The name in an origin of Rekor v1, `<name> - <tree id>` (sigstore/rekor `pkg/util/
    /// checkpoint.go`); `None` where the origin has another form.
    #[must_use]
    pub fn shard_name(&self) -> Option<&'a str> {
        let (name, tree) = self.origin.rsplit_once(" - ")?;
        let is_number = !tree.is_empty() && tree.bytes().all(|byte| byte.is_ascii_digit());
        (is_number && !name.is_empty()).then_some(name)
    }
}

/// A number without sign, and without leading zeros.
fn decimal(text: &str) -> Option<u64> {
    let plain =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}

fn root(text: &str) -> Option<[u8; 32]> {
    base64::standard(text)?.try_into().ok()
}

fn signature_lines(text: &str) -> Result<Vec<Line<'_>>, CheckpointError> {
    if text.is_empty() {
        return Err(CheckpointError::Unsigned);
    }
    let mut lines = Vec::new();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if index >= MAX_LINES {
            return Err(CheckpointError::TooManyLines);
        }
        lines.push(signature_line(line).ok_or(CheckpointError::Line { number: index + 1 })?);
    }
    Ok(lines)
}

fn signature_line(line: &str) -> Option<Line<'_>> {
    let (name, encoded) = line.strip_suffix('\n')?.strip_prefix(DASH)?.split_once(' ')?;
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '+') {
        return None;
    }
    let bytes = base64::standard(encoded)?;
    let (hint, signature) = bytes.split_first_chunk::<HINT>()?;
    (!signature.is_empty()).then(|| Line { name, hint: *hint, signature: signature.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    #[test]
    fn a_note_gives_its_text_with_the_last_newline_and_all_its_lines() {
        let note =
            format!("log.example\n7\n{ROOT}\next 1\n\n— log.example AQIDBAU=\n— w AAAAAAE=\n");
        let checkpoint = Checkpoint::parse(&note).unwrap();
        assert_eq!((checkpoint.origin, checkpoint.tree_size), ("log.example", 7));
        assert_eq!(checkpoint.text, format!("log.example\n7\n{ROOT}\next 1\n"));
        let names: Vec<_> = checkpoint.lines.iter().map(|line| line.name).collect();
        assert_eq!(names, ["log.example", "w"]);
        assert_eq!(checkpoint.lines[0].hint, [1, 2, 3, 4]);
        assert_eq!(checkpoint.lines[0].signature, [5]);
        assert_eq!(checkpoint.shard_name(), None);
    }

    #[test]
    fn the_origin_of_rekor_v1_ends_with_the_number_of_a_tree() {
        let name = |origin: &str| {
            let note = format!("{origin}\n1\n{ROOT}\n\n— a AAAAAAE=\n");
            Checkpoint::parse(&note).unwrap().shard_name().map(str::to_owned)
        };
        assert_eq!(name("rekor.example - 42").as_deref(), Some("rekor.example"));
        assert_eq!(name("a - 1 - 2").as_deref(), Some("a - 1"));
        for origin in ["rekor.example", "rekor.example - ", " - 42", "a - 4x", "a -42"] {
            assert_eq!(name(origin), None, "{origin}");
        }
    }

    #[test]
    fn what_is_not_a_checkpoint_says_which_part_is_wrong() {
        let good = format!("o\n1\n{ROOT}\n\n— a AAAAAAE=\n");
        Checkpoint::parse(&good).unwrap();
        let many = format!("o\n1\n{ROOT}\n\n{}", "— a AAAAAAE=\n".repeat(MAX_LINES + 1));
        let root = CheckpointError::Root;
        let first = CheckpointError::Line { number: 1 };
        for (note, error) in [
            (String::new(), CheckpointError::Separator),
            ("x".repeat(MAX_LENGTH + 1), CheckpointError::TooLong),
            (good.replace('o', "o\r"), CheckpointError::Control),
            (good.replace('o', "o\u{85}"), CheckpointError::Control),
            (good.replace("\n\n", "\n"), CheckpointError::Separator),
            (good.replace("o\n", "\n"), CheckpointError::Origin),
            (good.replace("1\n", ""), CheckpointError::Size),
            (good.replace("1\n", "01\n"), CheckpointError::Size),
            (good.replace("1\n", "+1\n"), CheckpointError::Size),
            (good.replace("1\n", "\n"), CheckpointError::Size),
            (good.replace("1\n", "18446744073709551616\n"), CheckpointError::Size),
            (good.replace(&format!("{ROOT}\n"), ""), root),
            (good.replace(ROOT, "AAAA"), root),
            (good.replace(ROOT, &format!(" {ROOT}")), root),
            (good.replace("\n\n", "\n\next\n\n"), CheckpointError::Extension),
            (format!("o\n1\n{ROOT}\n\n"), CheckpointError::Unsigned),
            (many, CheckpointError::TooManyLines),
            (good.replace('—', "-"), first),
            (good.replace(" a ", " "), first),
            (good.replace(" a ", " a+b "), first),
            (good.replace(" a ", " a b "), first),
            (good.replace("AAAAAAE=", "AAAAAA=="), first),
            (good.replace("AAAAAAE=", "AAAAAAF="), first),
            (good.replace("AAAAAAE=\n", "AAAAAAE="), first),
            (format!("{good}x\n"), CheckpointError::Line { number: 2 }),
        ] {
            assert_eq!(Checkpoint::parse(&note), Err(error), "{note:?}");
        }
    }
}
