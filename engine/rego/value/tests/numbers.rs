//! Numbers as OPA has them; the expected texts are those of OPA 1.20.2.

#![expect(clippy::unwrap_used, reason = "what the test is made of may fail as it may")]

use referee_rego_value::{BigFloat, FloatFormat, Number, NumberError, format_f64};

fn number(text: &str) -> Number {
    Number::parse(text).unwrap()
}

fn text(result: Result<Number, NumberError>) -> Result<String, NumberError> {
    result.map(|number| number.to_string())
}

#[test]
fn only_numbers_of_json_are_read() {
    for text in ["0", "-0", "1", "-1.50", "1e2", "1E+2", "0.0e-0", "123456789012345678901234567890"]
    {
        assert_eq!(number(text).to_string(), text);
    }
    for text in
        ["", "-", "+1", "01", "1.", ".5", "1e", "1e+", "0x1", "1_0", "NaN", "Inf", " 1", "1 "]
    {
        assert!(Number::parse(text).is_none(), "{text}");
    }
}

#[test]
fn plain_integers_stand_in_the_value() {
    assert!(matches!(number("-9223372036854775808"), Number::Int(i64::MIN)));
    assert!(matches!(number("9223372036854775808"), Number::Text(_)));
    assert!(matches!(number("-0"), Number::Text(_)));
    assert!(matches!(number("1.0"), Number::Text(_)));
}

#[test]
fn integers_are_seen_as_opa_sees_them() {
    for (text, whole, by_value) in [
        ("2.0", Some(2), Some(2)),
        ("-0", Some(0), Some(0)),
        ("1e2", None, Some(100)),
        ("1.00000000000000000000", None, Some(1)),
        ("2.5", None, None),
        ("9223372036854775807", Some(i64::MAX), Some(i64::MAX)),
        ("9223372036854775808", None, None),
        ("1e1000000000", None, None),
        ("1e-1000000000", None, None),
        ("0e1000000000", None, Some(0)),
    ] {
        assert_eq!(
            (number(text).as_i64(), number(text).as_whole_i64()),
            (whole, by_value),
            "{text}"
        );
    }
    assert!(number("1e1000000000").is_integer() && !number("1e-1").is_integer());
    assert_eq!(number("1e20").to_bigint().unwrap().to_string(), "100000000000000000000");
    assert_eq!(number("1.5").try_bigint(), Err(NumberError::NotInteger));
    assert_eq!(number("1e1000000000").try_bigint(), Err(NumberError::TooLarge));
}

#[test]
fn arithmetic_is_that_of_opa() {
    let plus = |a, b| text(number(a).add(&number(b)));
    assert_eq!(plus("0.1", "0.2").unwrap(), "0.3");
    assert_eq!(plus("1.0", "0").unwrap(), "1");
    assert_eq!(plus("1e30", "1").unwrap(), "1000000000000000000000000000001");
    assert_eq!(plus("9223372036854775807", "1").unwrap(), "9223372036854775808");
    assert_eq!(plus("1234567", "0.5").unwrap(), "1.2345675e+06");
    assert_eq!(text(number("0").mul(&number("-1.5"))).unwrap(), "-0");
    assert_eq!(text(number("1").div(&number("3"))).unwrap(), "0.33333333333333333334");
    assert_eq!(text(number("4").div(&number("2"))).unwrap(), "2");
    assert_eq!(text(number("0").div(&number("-2"))).unwrap(), "-0");
    assert_eq!(text(number("-7").rem(&number("3.0"))).unwrap(), "-1");
    assert_eq!(text(number("10").rem(&number("18446744073709551616"))).unwrap(), "10");
    let least = number("-9223372036854775808");
    assert_eq!(text(least.div(&number("-1"))).unwrap(), "9223372036854775808");
    assert_eq!(text(least.rem(&number("-1"))).unwrap(), "0");
    assert_eq!(text(least.abs()).unwrap(), "9223372036854775808");
}

#[test]
fn division_by_zero_and_remainders_of_fractions_are_refused() {
    let (zero, half) = (number("-0.0"), number("0.5"));
    assert_eq!(number("1").div(&zero), Err(NumberError::DivideByZero));
    assert_eq!(number("1").rem(&zero), Err(NumberError::DivideByZero));
    assert_eq!(half.rem(&zero), Err(NumberError::NotInteger));
    assert_eq!(number("1").rem(&half), Err(NumberError::NotInteger));
}

#[test]
fn rounding_is_that_of_opa() {
    for (value, round, ceil, floor) in [
        ("2.5", "3", "3", "2"),
        ("-2.5", "-3", "-2", "-3"),
        ("-0.5", "-1", "1", "0"),
        ("-0.4", "0", "1", "0"),
        (
            "1e30",
            "1000000000000000000024696061952",
            "1000000000000000000024696061952",
            "1000000000000000000024696061952",
        ),
        ("1.0", "1", "1", "1"),
    ] {
        let number = number(value);
        let found = (
            text(number.round()).unwrap(),
            text(number.ceil()).unwrap(),
            text(number.floor()).unwrap(),
        );
        assert_eq!(found, (round.into(), ceil.into(), floor.into()), "{value}");
    }
    assert_eq!(text(number("1e30").abs()).unwrap(), "1000000000000000000000000000000");
}

#[test]
fn huge_numbers_take_no_time() {
    let (huge, tiny, beyond) =
        (number("1e1000000000"), number("1e-1000000000"), number("1e99999999999999999999"));
    assert!(huge > number("1e999999999") && tiny < number("1e-999999999") && beyond > huge);
    for huge in [&huge, &beyond] {
        for result in [huge.add(&number("0.5")), huge.mul(huge), huge.round(), huge.abs()] {
            assert_eq!(text(result), Err(NumberError::TooLarge));
        }
    }
    assert_eq!(text(tiny.add(&number("0.5"))).unwrap(), "0.5");
    assert_eq!(text(number("1e20000").add(&number("0.5"))), Err(NumberError::TooLarge));
    let long = number(&"7".repeat(10_001));
    assert_eq!(text(long.add(&long)), Err(NumberError::TooLarge));
    assert_eq!(text(number("1e9000").mul(&number("1e9000"))).unwrap().len(), 18_001);
}

#[test]
fn floating_point_texts_are_those_of_go() {
    use FloatFormat::{E, F, G};
    for (value, format, precision, text) in [
        (1e6, G, None, "1e+06"),
        (1e6, F, None, "1000000"),
        (123456.5, G, None, "123456.5"),
        (0.0001, G, None, "0.0001"),
        (0.00001, G, None, "1e-05"),
        (0.25, F, Some(1), "0.2"),
        (0.75, F, Some(1), "0.8"),
        (2.5, F, Some(0), "2"),
        (1234.5678, E, Some(2), "1.23e+03"),
        (1234.5678, G, Some(3), "1.23e+03"),
        (100.0, G, Some(3), "100"),
        (-0.0, G, None, "-0"),
        (f64::INFINITY, G, None, "+Inf"),
        (f64::NAN, F, Some(2), "NaN"),
        (5e-324, G, None, "5e-324"),
        // Two texts are equally short and near: the even one is taken.
        (-799_814_503_284_014.0 - 0.25, F, None, "-799814503284014.2"),
    ] {
        assert_eq!(format_f64(value, format, precision), text);
    }
    assert_eq!(Number::from_f64(1e6).unwrap().to_string(), "1e+06");
    assert_eq!(Number::from_f64(3.0).unwrap(), number("3"));
    assert_eq!(Number::from_f64_plain(1e21).unwrap().to_string(), "1000000000000000000000");
    assert_eq!(Number::from_f64(f64::NAN), None);
}

#[test]
fn large_floating_point_numbers_can_be_computed_with() {
    let parse = |text| BigFloat::parse(&number(text)).unwrap();
    let sum =
        ["0.1"; 10].into_iter().map(parse).try_fold(BigFloat::ZERO, |a, b| a.add(&b)).unwrap();
    assert_eq!(sum.to_number().unwrap().to_string(), "1.0000000000000000001");
    let product = parse("1e30").mul(&parse("0.5")).unwrap();
    assert_eq!(product.text(FloatFormat::E, Some(3)).unwrap(), "5.000e+29");
    assert_eq!(parse("-2.9").to_bigint().unwrap().to_string(), "-2");
    assert_eq!(parse("1").quo(&BigFloat::ZERO), Err(NumberError::DivideByZero));
    assert!(parse("-1") < BigFloat::ZERO && BigFloat::ZERO == BigFloat::ZERO.neg());
    assert!(parse("2") < parse("3") && parse("-3") < parse("-2"));
}

#[test]
fn an_order_is_by_exact_value() {
    let sorted = [
        "-1e400",
        "-2",
        "-1.5",
        "-0",
        "1e-400",
        "0.1",
        "0.10000000000000000000001",
        "1",
        "1.5",
        "9223372036854775808",
        "1e19",
        "1e400",
    ];
    assert!(sorted.windows(2).all(|pair| number(pair[0]) < number(pair[1])));
    for (a, b) in
        [("0", "-0.0"), ("1e2", "100.00"), ("0.1e1", "1"), ("123000", "1.23E5"), ("0e5", "0")]
    {
        assert_eq!(number(a), number(b));
    }
}
