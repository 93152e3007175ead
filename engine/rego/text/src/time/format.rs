//! A moment by a layout.

use super::zone::Local;
use referee_rego_go::time::civil::Civil;
use referee_rego_go::time::layout::{Chunk, Cut, Offset, cut};
use referee_rego_value::bytes::{bytes_of, text_of};

/// Writes a moment.
pub(super) fn format(layout: &str, civil: &Civil, nanoseconds: i64, local: &Local) -> String {
    let mut out = Vec::with_capacity(layout.len() + 10);
    let layout = bytes_of(layout);
    let mut rest = &layout[..];
    loop {
        let Cut { before, chunk, after } = cut(rest);
        out.extend_from_slice(before);
        let Some((chunk, _)) = chunk else {
            return text_of(out);
        };
        out.extend_from_slice(written(chunk, civil, nanoseconds, local).as_bytes());
        rest = after;
    }
}

fn number(value: i64, padded: bool) -> String {
    if padded { format!("{value:02}") } else { value.to_string() }
}

fn short(name: &str) -> String {
    name.get(..3).unwrap_or(name).to_owned()
}

fn written(chunk: Chunk, civil: &Civil, nanoseconds: i64, local: &Local) -> String {
    match chunk {
        Chunk::LongYear => format!("{:04}", civil.year),
        Chunk::Year => format!("{:02}", civil.year.abs() % 100),
        Chunk::LongMonth => civil.month_name().to_owned(),
        Chunk::Month => short(civil.month_name()),
        Chunk::NumberMonth { padded } => number(civil.month, padded),
        Chunk::LongWeekday => civil.weekday().to_owned(),
        Chunk::Weekday => short(civil.weekday()),
        Chunk::Day { padded } => number(civil.day, padded),
        Chunk::SpaceDay => format!("{:2}", civil.day),
        Chunk::YearDay { padded: true } => format!("{:03}", civil.day_of_year()),
        Chunk::YearDay { padded: false } => format!("{:3}", civil.day_of_year()),
        Chunk::Hour => number(civil.hour, true),
        Chunk::Hour12 { padded } => number((civil.hour + 11) % 12 + 1, padded),
        Chunk::Minute { padded } => number(civil.minute, padded),
        Chunk::Second { padded } => number(civil.second, padded),
        Chunk::Half { upper } => {
            let half = if civil.hour >= 12 { "PM" } else { "AM" };
            if upper { half.to_owned() } else { half.to_lowercase() }
        }
        Chunk::ZoneName => local.name.clone(),
        Chunk::Offset(form) => offset(form, local.offset),
        Chunk::Fraction { sign, digits, all } => fraction(sign, digits, all, nanoseconds),
    }
}

fn offset(form: Offset, seconds: i32) -> String {
    if form.z && seconds == 0 {
        return "Z".to_owned();
    }
    // An offset of less than a minute has a plus, whatever it is.
    let minutes = seconds / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let rest = if minutes < 0 { -seconds % 60 } else { seconds % 60 };
    let minutes = minutes.abs();
    let colon = if form.colons { ":" } else { "" };
    let mut text = format!("{sign}{:02}", minutes / 60);
    if form.minutes {
        text.push_str(&format!("{colon}{:02}", minutes % 60));
    }
    if form.seconds {
        text.push_str(&format!("{colon}{rest:02}"));
    }
    text
}

fn fraction(sign: u8, digits: usize, all: bool, nanoseconds: i64) -> String {
    let text = format!("{nanoseconds:09}");
    let shown: String = text.chars().chain(std::iter::repeat('0')).take(digits).collect();
    let kept = if all { shown.as_str() } else { shown.trim_end_matches('0') };
    if kept.is_empty() { String::new() } else { format!("{}{kept}", char::from(sign)) }
}
