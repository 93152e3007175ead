//! Strings that are no UTF-8: what builtins make of bytes, byte for byte as OPA has it. The answers
//! are those of OPA 1.20.2.

#![allow(clippy::unwrap_used, reason = "what the tests share may fail as they may")]

mod support;

use referee_rego::Value;
use support::told;

fn agree(cases: &[(&str, &str)]) {
    for (expression, wanted) in cases {
        let text = format!("package p\n\nx := {expression}\n");
        assert_eq!(told(&text, &Value::object([])), *wanted, "{expression}");
    }
}

#[test]
fn a_string_is_its_bytes() {
    agree(&[
        (r#"hex.encode(hex.decode("ff00c3a9"))"#, r#""ff00c3a9""#),
        (r#"hex.encode(base64.decode("/8Op"))"#, r#""ffc3a9""#),
        (r#"hex.encode(base64url.decode("_8Op"))"#, r#""ffc3a9""#),
        (r#"base64.encode(hex.decode("fffe"))"#, r#""//4=""#),
        (r#"hex.decode("ff") == hex.decode("fe")"#, "false"),
        (r#"hex.decode("ff") == base64.decode("/w==")"#, "true"),
        (r#"hex.decode("c3a9") == "é""#, "true"),
        ("hex.decode(\"f48fbe80\") == \"\u{10ff80}\"", "true"),
        ("hex.encode(\"\u{10ff80}\")", r#""f48fbe80""#),
        ("count(\"\u{10ff80}\u{10ffff}\")", "2"),
        (r#"count({hex.decode("ff"), hex.decode("fe"), "�"})"#, "3"),
        (r#"hex.encode(urlquery.decode("%FFa%C3"))"#, r#""ff61c3""#),
        (r#"urlquery.encode(hex.decode("ffc3a9"))"#, r#""%FF%C3%A9""#),
        (r#"[hex.encode(v) | some v in urlquery.decode_object("a=%FF")["a"]]"#, r#"["ff"]"#),
        (r#"urlquery.encode_object({"a": hex.decode("ff")})"#, r#""a=%FF""#),
    ]);
}

#[test]
fn digests_and_keys_are_of_the_bytes() {
    agree(&[
        (r#"crypto.md5(hex.decode("ff"))"#, r#""00594fd4f42ba43fc1ca0427a0576295""#),
        (r#"crypto.sha1(hex.decode("ff"))"#, r#""85e53271e14006f0265921d02d4d736cdc580b0b""#),
        (
            r#"crypto.sha256(hex.decode("ff"))"#,
            r#""a8100ae6aa1940d0b663bb31cd466142ebbdbd5187131b92d93818987832eb89""#,
        ),
        (
            r#"crypto.hmac.sha256(hex.decode("ff"), hex.decode("80"))"#,
            r#""77fa8f5c9d0b9334b5a48b3ab7341f91c36361e0eb616a2ce5c61ec0e2180b96""#,
        ),
        (
            r#"crypto.hmac.sha512("a", hex.decode("80"))"#,
            r#""2720ffb9bee6940c1fd3ddfdfc31877a58e63e0f6c1c9f40fc25cd32b0fb1b984abe7d32fce1e49c5cb41debbcf0457c2ddab0c89fe8f90c478b4da3c22650b3""#,
        ),
        (r#"crypto.hmac.equal(hex.decode("ff"), hex.decode("fe"))"#, "false"),
        (
            r#"io.jwt.verify_hs256("eyJhbGciOiJIUzI1NiJ9.e30.WTHbbu8AT9r1lfxuBOFvYr_YmyLJtDOCRNK1-CmC6nY", hex.decode("ff"))"#,
            "false",
        ),
        (
            r#"io.jwt.encode_sign_raw(`{"alg":"HS256","typ":"x"}`, hex.decode("ff"), `{"kty":"oct","k":"_w"}`)"#,
            r#""eyJhbGciOiJIUzI1NiIsInR5cCI6IngifQ._w._zBQKTkkVb9AGVL2G6YVh3n_gAOZ-MEZV8aK-q2nP2Q""#,
        ),
    ]);
}

#[test]
fn the_order_is_that_of_the_bytes() {
    agree(&[
        (
            "[hex.encode(x) | some x in sort([hex.decode(\"ff\"), \"é\", hex.decode(\"c3\"), hex.decode(\"80\"), \"a\", \"\u{10ff80}\", \"\u{10ff7f}\", \"😀\", hex.decode(\"f4\")])]",
            r#"["61","80","c3","c3a9","f09f9880","f4","f48fbdbf","f48fbe80","ff"]"#,
        ),
        (r#"hex.decode("80") < "é""#, "true"),
        (r#"hex.decode("c3") < "é""#, "true"),
        ("hex.decode(\"ff\") > \"\u{10ff80}\"", "true"),
        (r#"hex.encode(max({hex.decode("c3"), "é"}))"#, r#""c3a9""#),
        (r#"{hex.decode("ff"): 1}[hex.decode("ff")]"#, "1"),
    ]);
}

#[test]
fn halves_of_a_character_become_it_where_they_meet() {
    agree(&[
        (r#"concat("", [hex.decode("c3"), hex.decode("a9")])"#, r#""é""#),
        (r#"sprintf("%s%s", [hex.decode("e282"), hex.decode("ac")])"#, r#""€""#),
        (r#"$"{hex.decode("c3")}{hex.decode("a9")}""#, r#""é""#),
        (r#"replace("axb", "x", hex.decode("c3a9"))"#, r#""aéb""#),
        (r#"concat(hex.decode("a9"), [hex.decode("c3"), "x"]) == "éx""#, "true"),
        (r#"hex.encode(replace("é", hex.decode("a9"), hex.decode("a8")))"#, r#""c3a8""#),
        (r#"replace("é", hex.decode("a9"), hex.decode("a8"))"#, r#""è""#),
        (
            r#"hex.encode(strings.replace_n({hex.decode("c3"): "c", hex.decode("a9"): "a"}, "é"))"#,
            r#""6361""#,
        ),
        (r#"regex.replace("x", "x", concat("", [hex.decode("c3"), hex.decode("a9")]))"#, r#""é""#),
    ]);
}

#[test]
fn texts_are_taken_apart_as_go_does_it() {
    agree(&[
        (
            r#"[hex.encode(x) | some x in split(hex.decode("61ffc3a9"), "")]"#,
            r#"["61","ff","c3a9"]"#,
        ),
        (r#"[hex.encode(x) | some x in split("é", hex.decode("a9"))]"#, r#"["c3",""]"#),
        (
            r#"[hex.encode(x) | some x in split(hex.decode("61ff62"), hex.decode("ff"))]"#,
            r#"["61","62"]"#,
        ),
        (r#"contains("é", hex.decode("a9"))"#, "true"),
        (r#"startswith("é", hex.decode("c3"))"#, "true"),
        (r#"endswith("é", hex.decode("c3"))"#, "false"),
        (r#"hex.encode(trim_prefix("é", hex.decode("c3")))"#, r#""a9""#),
        (r#"hex.encode(trim_suffix("éa", "a"))"#, r#""c3a9""#),
        (r#"hex.encode(trim(hex.decode("ffaaff"), hex.decode("80")))"#, r#""""#),
        (r#"hex.encode(trim_left(hex.decode("61ff"), "a"))"#, r#""ff""#),
        (r#"hex.encode(substring(hex.decode("61ff62"), 1, -1))"#, r#""efbfbd62""#),
        (r#"hex.encode(substring(hex.decode("61ff62"), 0, 3))"#, r#""61ff62""#),
        (r#"indexof(hex.decode("61ff"), hex.decode("80"))"#, "1"),
        (r#"indexof_n(hex.decode("61fffe"), "�")"#, "[1,2]"),
        (r#"count(hex.decode("61fffe"))"#, "3"),
        (r#"strings.count("éé", hex.decode("a9"))"#, "2"),
        (r#"strings.count(hex.decode("fffe"), "")"#, "3"),
        (r#"upper(hex.decode("61ff"))"#, r#""A�""#),
        (r#"hex.encode(lower(hex.decode("61ff")))"#, r#""61efbfbd""#),
        (r#"strings.reverse(hex.decode("616263ff"))"#, r#""�a""#),
        (r#"strings.any_prefix_match(["é", "a"], [hex.decode("c3")])"#, "true"),
        (r#"regex.match("^a.$", hex.decode("61ff"))"#, "true"),
        (
            r#"[hex.encode(x) | some x in regex.find_n(".", hex.decode("61ffc3a9"), -1)]"#,
            r#"["61","ff","c3a9"]"#,
        ),
        (r#"[hex.encode(x) | some x in regex.split("b", hex.decode("ff62fe"))]"#, r#"["ff","fe"]"#),
        (r#"hex.encode(regex.replace(hex.decode("ff62"), "b", "c"))"#, r#""ff63""#),
        (r#"regex.is_valid(hex.decode("ff"))"#, "false"),
        (r#"glob.match("a?", [], hex.decode("61ff"))"#, "true"),
        (r#"glob.match("?", [], hex.decode("ffff"))"#, "false"),
    ]);
}

#[test]
fn what_is_shown_is_text() {
    agree(&[
        (r#"hex.decode("61ff")"#, r#""a\ufffd""#),
        (
            r#"[hex.decode("ff"), {hex.decode("fe")}, {hex.decode("c3"): hex.decode("e282")}]"#,
            r#"["\ufffd",["\ufffd"],{"\ufffd":"\ufffd\ufffd"}]"#,
        ),
        (r#"json.marshal(hex.decode("61ff"))"#, r#""\"a\\ufffd\"""#),
        ("json.marshal(\"\u{10ff80}\")", "\"\\\"\u{10ff80}\\\"\""),
        ("hex.encode(json.marshal(\"\u{10ff80}\"))", r#""22f48fbe8022""#),
        (
            r#"hex.encode(json.unmarshal(concat("", ["\"", hex.decode("ff"), "\""])))"#,
            r#""efbfbd""#,
        ),
        (r#"hex.encode(json.unmarshal("\"\\udbff\\udf80\""))"#, r#""f48fbe80""#),
        (
            "sprintf(\"%v\", [{hex.decode(\"ff\"), \"\u{10ff80}\"}])",
            r#""{\"\\U0010ff80\", \"\\xff\"}""#,
        ),
        (
            r#"sprintf("%q %x %X %+q", [hex.decode("ff"), hex.decode("ff"), "é", hex.decode("c3a9ff")])"#,
            r#""\"\\xff\" ff C3A9 \"\\u00e9\\xff\"""#,
        ),
        (
            r#"sprintf("%5s|%-3s|%.1s", [hex.decode("ff"), hex.decode("ff"), hex.decode("ff61")])"#,
            r#""    \ufffd|\ufffd  |\ufffd""#,
        ),
        (r#"hex.encode(sprintf("%c", [1114000]))"#, r#""f48fbe90""#),
        (r#"yaml.unmarshal("a: \"\\U0010FF80\"")"#, "{\"a\":\"\u{10ff80}\"}"),
        (r#"yaml.marshal({"a": hex.decode("ff")})"#, r#""a: �\n""#),
    ]);
}

#[test]
fn errors_show_text_too() {
    agree(&[
        (
            r#"to_number(hex.decode("ff"))"#,
            r#"eval_builtin_error: to_number: strconv.ParseFloat: parsing "\xff": invalid syntax"#,
        ),
        (
            r#"units.parse(hex.decode("31ff"))"#,
            "eval_builtin_error: units.parse: units.parse: unit � not recognized",
        ),
        (
            r#"regex.match(hex.decode("61ff"), "a")"#,
            "eval_builtin_error: regex.match: error parsing regexp: invalid UTF-8: `�`",
        ),
        (
            r#"json.unmarshal(hex.decode("ff"))"#,
            "eval_builtin_error: json.unmarshal: invalid character 'ÿ' looking for beginning of value",
        ),
        (
            r#"time.parse_duration_ns(hex.decode("31ff"))"#,
            r#"eval_builtin_error: time.parse_duration_ns: time: unknown unit "\xff" in duration "1\xff""#,
        ),
        (
            r#"base64url.decode(hex.decode("ff"))"#,
            "eval_builtin_error: base64url.decode: illegal base64url string: �",
        ),
        (
            r#"uri.parse(concat("", ["http://", hex.decode("ff"), ":x"]))"#,
            r#"eval_builtin_error: uri.parse: parse "http://\xff:x": invalid port ":x" after host"#,
        ),
        (
            r#"yaml.unmarshal(hex.decode("ff"))"#,
            "eval_builtin_error: yaml.unmarshal: yaml: invalid leading UTF-8 octet",
        ),
        (
            r#"semver.compare(hex.decode("ff"), "1.0.0")"#,
            r#"eval_builtin_error: semver.compare: operand 1: string "\xff" is not a valid SemVer"#,
        ),
    ]);
}

#[test]
fn what_comes_in_and_goes_out_is_text() {
    let genuine = "\u{10ff80}\u{10ffff}";
    for value in [
        Value::from(genuine),
        Value::from_json_str(&format!("\"{genuine}\"")).unwrap(),
        Value::from_json_str(r#""\udbff\udf80\udbff\udfff""#).unwrap(),
        Value::from_json(serde_json::Value::from(genuine)).unwrap(),
        Value::from_yaml_str(&format!("\"{genuine}\"")).unwrap(),
    ] {
        assert_eq!(value, Value::from(genuine));
        assert_eq!(value.as_str().unwrap(), genuine);
        assert_eq!(value.string_bytes().unwrap(), genuine.as_bytes());
        assert_eq!(value.to_json(), serde_json::Value::from(genuine));
        assert_eq!(value.to_json_string(), format!("\"{genuine}\""));
        assert_eq!(serde_json::to_string(&value).unwrap(), format!("\"{genuine}\""));
        assert_eq!(value.to_rego_string(), r#""\U0010ff80\U0010ffff""#);
        assert_eq!(told("package p\n\nx := count(input)\n", &value), "2");
    }
    let object = Value::object([(genuine, Value::from(1))]);
    assert_eq!(object.get(genuine), Some(Value::from(1)));
    assert_eq!(Value::from_json_str(&format!("{{\"{genuine}\":1}}")).unwrap(), object);
}

#[test]
fn the_bytes_of_a_string_can_be_had() {
    let text = "package p\n\nx := hex.decode(\"61ff\")\n";
    let value = support::compile(text).unwrap();
    let value = value.eval("data.p.x", &Value::null(), &support::budget()).unwrap().unwrap();
    assert_eq!(value.string_bytes().unwrap(), b"a\xff".as_slice());
    assert_eq!(value.as_str().unwrap(), "a\u{fffd}");
    assert_eq!(value.to_json(), serde_json::Value::from("a\u{fffd}"));
    assert_eq!(value.to_rego_string(), r#""a\xff""#);
}
