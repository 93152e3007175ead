//! PEM (RFC 7468), read leniently: text around the block, any line length, CRLF, blanks and
//! indentation are what editors, YAML and mail make of it.
//!
//! Refused: no block, several blocks (which one was meant?), a block without its end, headers
//! inside the block (RFC 1421, used by encrypted private keys), and base64 that is not canonical.
//! A private key anywhere in the text is refused before anything else, but where one is to sign
//! with, and no error quotes content.

use super::base64;
use super::key::KeyError;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// The longest label that an error repeats, in characters; the longest in use has 29.
const MAX_LABEL: usize = 40;

/// One PEM block.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    /// The label between `BEGIN` and the dashes.
    pub label: String,
    /// The content.
    pub der: Vec<u8>,
}

/// Reads the one PEM block of a text.
///
/// # Errors
/// [`KeyError`]: `PrivateKey`, `NoPem`, `SeveralBlocks` or `Pem`.
pub fn read(text: &str) -> Result<Block, KeyError> {
    let mut labels = text.lines().filter_map(begin);
    let first = labels.next();
    if let Some(label) = first.into_iter().chain(labels).find(|l| l.contains("PRIVATE KEY")) {
        return Err(KeyError::PrivateKey { label: shorten(label) });
    }
    let Some(label) = first else {
        return Err(KeyError::NoPem);
    };
    let count = text.lines().filter_map(begin).count();
    if count > 1 {
        return Err(KeyError::SeveralBlocks { count });
    }
    block(text, label)
}

/// Reads the one private key of a text, for those who sign. Blocks of other kinds are passed over:
/// `openssl ecparam -genkey` writes the parameters of the curve before the key.
/// `None` where there is no private key.
///
/// # Errors
/// [`KeyError`]: `SeveralBlocks` or `Pem`, within `Some`.
pub fn private_key(text: &str) -> Option<Result<Block, KeyError>> {
    let mut labels = text.lines().filter_map(begin).filter(|label| label.ends_with("PRIVATE KEY"));
    let label = labels.next()?;
    let others = labels.count();
    if others > 0 {
        return Some(Err(KeyError::SeveralBlocks { count: others + 1 }));
    }
    Some(block(text, label))
}

/// Reads the first block of a label.
fn block(text: &str, label: &str) -> Result<Block, KeyError> {
    let mut content = String::new();
    let mut ended = false;
    let lines = text.lines().map(str::trim);
    for line in lines.skip_while(|line| begin(line) != Some(label)).skip(1) {
        if let Some(rest) = line.strip_prefix(END) {
            ended = rest.strip_suffix(DASHES) == Some(label);
            break;
        }
        content.extend(line.split_ascii_whitespace());
    }
    if !ended {
        return Err(KeyError::Pem { problem: "its BEGIN line has no END line of the same label" });
    }
    match base64::standard(&content) {
        Some(der) if !der.is_empty() => Ok(Block { label: shorten(label), der }),
        Some(_) => Err(KeyError::Pem { problem: "it is empty" }),
        None => Err(KeyError::Pem { problem: "its content is not base64" }),
    }
}

/// The label, if this is a BEGIN line.
fn begin(line: &str) -> Option<&str> {
    line.trim().strip_prefix(BEGIN)?.strip_suffix(DASHES)
}

fn shorten(label: &str) -> String {
    label.chars().take(MAX_LABEL).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use referee_core::Coded as _;

    const BLOCK: &str = "-----BEGIN PUBLIC KEY-----\nAAEC\n-----END PUBLIC KEY-----\n";

    #[test]
    fn what_editors_and_yaml_do_to_a_block_is_tolerated() {
        let texts = [
            BLOCK.to_owned(),
            BLOCK.replace('\n', "\r\n"),
            format!("our key, see wiki\n\n{BLOCK}\nend of file"),
            BLOCK.replace('\n', "\n    "),
            BLOCK.replace("AAEC", "AA\n\nEC "),
            BLOCK.trim_end().to_owned(),
        ];
        for text in texts {
            let block = read(&text).unwrap();
            assert_eq!(
                (block.label.as_str(), block.der.as_slice()),
                ("PUBLIC KEY", &[0, 1, 2][..])
            );
        }
    }

    #[test]
    fn each_way_of_not_being_one_block_has_its_code() {
        let cases = [
            (String::new(), "key_no_pem"),
            ("ssh-ed25519 AAAA me@host".to_owned(), "key_no_pem"),
            (BLOCK.repeat(2), "key_several_pem"),
            (BLOCK.replace("END PUBLIC", "END RSA PUBLIC"), "key_malformed_pem"),
            (BLOCK.replace("-----END PUBLIC KEY-----", ""), "key_malformed_pem"),
            (BLOCK.replace("AAEC", "AAE"), "key_malformed_pem"),
            (BLOCK.replace("AAEC", "AAE*"), "key_malformed_pem"),
            (BLOCK.replace("AAEC", "AAF="), "key_malformed_pem"),
            (BLOCK.replace("AAEC", ""), "key_malformed_pem"),
            (BLOCK.replace("AAEC", "Version: 1\n\nAAEC"), "key_malformed_pem"),
            (BLOCK.replace("PUBLIC", "ENCRYPTED SIGSTORE PRIVATE"), "key_private"),
            (format!("{BLOCK}-----BEGIN EC PRIVATE KEY-----\n"), "key_private"),
        ];
        for (text, code) in cases {
            let error = read(&text).unwrap_err();
            assert_eq!(error.code(), code, "{text}: {error}");
        }
    }
}
