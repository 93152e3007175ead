//! Breaks modules, to see both parsers and compilers refuse them alike.

use super::chance::Chance;

/// What is put into a module where it does not belong.
const TOKENS: [&str; 30] = [
    "{", "}", "[", "]", "(", ")", ":=", "=", "==", ",", ";", ".", "|", "if", "contains", "not",
    "some", "every", "in", "with", "as", "default", "else", "import", "package", "\"", "`", "0x",
    "1.", "$\"{",
];

/// The same text with one thing wrong with it.
pub(super) fn broken(chance: &mut Chance, text: &str) -> String {
    let mut tokens = tokens(text);
    if tokens.is_empty() {
        return "package".into();
    }
    let place = chance.below(tokens.len());
    match chance.below(6) {
        0 => {
            tokens.remove(place);
        }
        1 => {
            if let Some(token) = tokens.get(place).cloned() {
                tokens.insert(place, token);
            }
        }
        2 => {
            let other = chance.below(tokens.len());
            tokens.swap(place, other);
        }
        3 => tokens.insert(place, format!(" {} ", chance.word(&TOKENS))),
        4 => tokens.truncate(place),
        _ => {
            // A variable that nothing binds, a rule that is not there, another name.
            let words: Vec<_> = tokens.iter().filter(|token| is_word(token)).cloned().collect();
            let word = chance.pick(&words).cloned().unwrap_or_default();
            if let Some(token) = tokens.iter_mut().skip(place).find(|token| is_word(token)) {
                *token = word;
            }
        }
    }
    whole(&tokens.concat())
}

/// The same text with a `0` before each fraction that has lost it. OPA takes `.30` and keeps that
/// text, which it then cannot write as JSON (`json: invalid number literal`).
fn whole(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let begins = whole.chars().next_back().is_none_or(|last| " \t\n([{,:=|-+*/".contains(last));
        if letter == '.' && begins && letters.peek().is_some_and(char::is_ascii_digit) {
            whole.push('0');
        }
        whole.push(letter);
    }
    whole
}

fn is_word(token: &str) -> bool {
    token.chars().next().is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_')
}

/// Words, numbers, strings, runs of spaces and single signs.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let mut token = String::from(letter);
        let class = class(letter);
        while class != Class::Sign && letters.peek().is_some_and(|next| self::class(*next) == class)
        {
            token.extend(letters.next());
        }
        tokens.push(token);
    }
    tokens
}

#[derive(PartialEq, Eq)]
enum Class {
    Word,
    Space,
    Sign,
}

fn class(letter: char) -> Class {
    if letter.is_alphanumeric() || letter == '_' {
        Class::Word
    } else if letter.is_whitespace() {
        Class::Space
    } else {
        Class::Sign
    }
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn a_fraction_keeps_its_zero() {
        assert_eq!(whole("{.30, -.1, [a.b, x[_].c, 1.5]}"), "{0.30, -0.1, [a.b, x[_].c, 1.5]}");
    }
}
