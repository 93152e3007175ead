//! The reader and the writer of JSON: words, limits, hostile documents.

use referee_rego_value::{JsonError, JsonLimits, JsonStyle, Number, Set, Value};

fn read(text: impl AsRef<[u8]>) -> Result<Value, JsonError> {
    Value::from_json(text, &JsonLimits::DEFAULT)
}

fn refusal(text: impl AsRef<[u8]>) -> (String, usize) {
    match read(text) {
        Ok(value) => (format!("read as {value}"), 0),
        Err(error) => (error.message, error.offset),
    }
}

#[test]
fn refusals_have_the_words_of_go() {
    for (text, message, offset) in [
        ("", "unexpected end of JSON input", 0),
        ("  ", "unexpected end of JSON input", 2),
        ("x", "invalid character 'x' looking for beginning of value", 0),
        ("'a'", "invalid character '\\'' looking for beginning of value", 0),
        ("[1,]", "invalid character ']' looking for beginning of value", 3),
        ("[1 2]", "invalid character '2' after array element", 3),
        ("{a:1}", "invalid character 'a' looking for beginning of object key string", 1),
        ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string", 7),
        ("{\"a\" 1}", "invalid character '1' after object key", 5),
        ("{\"a\":1 \"b\":2}", "invalid character '\"' after object key:value pair", 7),
        ("{\"a\":1", "unexpected end of JSON input", 6),
        ("\"abc", "unexpected end of JSON input", 4),
        ("\"a\nb\"", "invalid character '\\n' in string literal", 2),
        ("\"a\0b\"", "invalid character '\\x00' in string literal", 2),
        ("\"\\x\"", "invalid character 'x' in string escape code", 2),
        ("\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape", 5),
        ("tru", "invalid character ' ' in literal true (expecting 'e')", 3),
        ("nulL", "invalid character 'L' in literal null (expecting 'l')", 3),
        ("01", "invalid character '1' after top-level value", 1),
        ("-", "invalid character ' ' in numeric literal", 1),
        ("-x", "invalid character 'x' in numeric literal", 1),
        ("1.", "invalid character ' ' after decimal point in numeric literal", 2),
        ("1e+", "invalid character ' ' in exponent of numeric literal", 3),
        ("[1] [2]", "invalid character '[' after top-level value", 4),
        ("\u{feff}1", "invalid character 'ï' looking for beginning of value", 0),
        ("\0", "invalid character '\\x00' looking for beginning of value", 0),
    ] {
        assert_eq!(refusal(text), (message.to_owned(), offset), "{text:?}");
    }
}

#[test]
fn a_stream_is_refused_in_the_words_of_opa() {
    let refusal = |text: &str| {
        Value::from_json_stream(text, &JsonLimits::DEFAULT).map_err(|error| error.message)
    };
    for (text, message) in [
        ("", "EOF"),
        (" \n", "EOF"),
        ("[1", "unexpected EOF"),
        ("tru", "unexpected EOF"),
        ("1 2", "error: invalid character '2' after top-level value"),
        ("1 \"two\"", "error: invalid character 'two' after top-level value"),
        ("1 [", "error: invalid character '[' after top-level value"),
        ("1 true", "error: invalid character '%!s(bool=true)' after top-level value"),
        ("1 }", "invalid character '}' looking for beginning of value"),
        ("1x", "invalid character 'x' looking for beginning of value"),
    ] {
        assert_eq!(refusal(text), Err(message.to_owned()), "{text:?}");
    }
    assert_eq!(refusal("1 null"), Ok(Value::from(1)));
}

#[test]
fn of_two_members_with_one_key_the_later_stays() {
    let value = read(r#"{"b":1,"a":1,"b":{"c":1,"c":2},"a":3}"#).unwrap();
    assert_eq!(value.to_json(), r#"{"a":3,"b":{"c":2}}"#);
}

#[test]
fn numbers_keep_their_text() {
    let text = "[1.0,1e2,-0,1.50,100000000000000000000,9223372036854775808,-9223372036854775808]";
    let value = read(text).unwrap();
    assert_eq!(value.to_json(), text);
    assert_eq!(
        value,
        read("[1,100,0,1.5,1e20,9223372036854775808,-9.223372036854775808e18]").unwrap()
    );
    let huge = "9".repeat(100_000);
    assert_eq!(read(&huge).unwrap().to_json(), huge);
    assert!(read("1e1000000000").unwrap() > read(&huge).unwrap());
}

#[test]
fn what_is_no_unicode_becomes_the_replacement_character() {
    let text = |bytes: &[u8]| read(bytes).unwrap().as_str().unwrap().to_owned();
    assert_eq!(text(b"\"a\xffb\xe2\x82c\""), "a\u{fffd}b\u{fffd}\u{fffd}c");
    assert_eq!(text(br#""\ud83d\ude00""#), "😀");
    assert_eq!(text(br#""\ud83dx\ude00\ud83d\u0041""#), "\u{fffd}x\u{fffd}\u{fffd}A");
    assert_eq!(
        refusal(b"\xff"),
        ("invalid character 'ÿ' looking for beginning of value".into(), 0)
    );
}

#[test]
fn nesting_is_bounded() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(read(deep(1000)).unwrap().depth(), 1000);
    assert_eq!(refusal(deep(1001)), ("invalid character '[' exceeded max depth".into(), 1000));
    assert_eq!(refusal("[".repeat(100_000)).0, "invalid character '[' exceeded max depth");
    assert_eq!(refusal("{\"a\":".repeat(100_000)).0, "invalid character '{' exceeded max depth");
    // Other limits may be set; nothing here calls itself.
    let limits = JsonLimits::DEFAULT.with_depth(200_000);
    let value = Value::from_json(deep(200_000), &limits).unwrap();
    assert_eq!(value, Value::from_json(value.to_json(), &limits).unwrap());
}

#[test]
fn a_text_beyond_the_limit_is_refused() {
    let limits = JsonLimits::DEFAULT.with_bytes(3);
    assert_eq!(Value::from_json("123", &limits), Ok(Value::from(123)));
    let refused = Value::from_json("1234", &limits).unwrap_err();
    assert_eq!(refused.message, "JSON text of 4 bytes exceeds the limit of 3");
}

#[test]
fn every_prefix_of_a_document_is_refused() {
    let text = r#"{"a":[1.5e+3,"x\n\u00e9\ud83d\ude00",true,false,null,{"é":{}}],"b":[]}"#;
    read(text).unwrap();
    for end in 0..text.len() {
        assert!(read(&text.as_bytes()[..end]).is_err(), "{end}");
    }
}

#[test]
fn strings_are_escaped_as_go_escapes_them() {
    let value = Value::from("<>&\u{2028}\u{2029}…\u{1}\u{8}\u{c}\n\r\t\"\\\u{7f}\u{0}é");
    let html =
        r#""\u003c\u003e\u0026\u2028\u2029…\u0001\b\f\n\r\t\"\\"#.to_owned() + "\u{7f}\\u0000é\"";
    assert_eq!(value.to_json(), html);
    let plain = html.replace("\\u003c\\u003e\\u0026", "<>&");
    assert_eq!(value.to_json_style(JsonStyle::PLAIN), plain);
}

#[test]
fn keys_that_are_no_strings_stand_as_their_text_in_its_order() {
    let key = |text: &str| Value::Number(Number::parse(text).unwrap());
    let value = Value::object([
        (Value::from("a"), Value::from(1)),
        (Value::array([Value::from(1), Value::from("x<")]), Value::from(2)),
        (key("10"), Value::from(3)),
        (key("2"), Value::from(4)),
        (Value::from("2"), Value::from(5)),
        (Value::set([Value::from(1)]), Value::from(6)),
    ]);
    let text = r#"{"10":3,"2":5,"[1,\"x\\u003c\"]":2,"[1]":6,"a":1}"#;
    assert_eq!(value.to_json(), text);
    // Keys within keys double their escapes: that ends somewhere.
    let nested = (0..60).fold(Value::Null, |key, _| Value::object([(key, Value::Null)]));
    assert!(nested.to_json().len() < 10_000);
}

#[test]
fn indented_text_is_that_of_go() {
    let value = read(r#"{"a":[],"b":{},"c":[1,{"d":2}]}"#).unwrap();
    let text = "{\n>  \"a\": [],\n>  \"b\": {},\n>  \"c\": [\n>    1,\n>    {\n>      \"d\": 2\n>    }\n>  ]\n>}";
    assert_eq!(value.to_json_pretty(">", "  "), text);
    assert_eq!(Value::Set(Set::EMPTY).to_json_pretty("", " "), "[]");
}

#[test]
fn a_writer_that_refuses_ends_the_writing() {
    struct Few(usize);
    impl std::fmt::Write for Few {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0 = self.0.checked_sub(text.len()).ok_or(std::fmt::Error)?;
            Ok(())
        }
    }
    let value = Value::array((0..1_000).map(Value::from));
    assert!(value.write_json(&mut Few(100), JsonStyle::GO).is_err());
    assert!(value.write_json(&mut Few(10_000), JsonStyle::GO).is_ok());
}
