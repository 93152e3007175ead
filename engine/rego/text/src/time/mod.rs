//! `time.*`: moments in nanoseconds since 1970, in zones of the IANA database;
//! `topdown/time.go`.
//!
//! The database is embedded. What Go calls the local zone is UTC here: a policy does not depend on
//! where it runs.

mod duration;
mod format;
mod zone;

use crate::give::{Given, give, text};
use crate::number;
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Result, Table, operand};
use referee_rego_go::time::civil::{self, Civil, DAY};
use referee_rego_go::time::layout;
use referee_rego_value::{Number, Value};
use zone::Zone;

pub(crate) const TABLE: Table = &[
    ("time.now_ns", F(now)),
    ("time.parse_ns", F(parse_ns)),
    ("time.parse_rfc3339_ns", F(parse_rfc3339)),
    ("time.parse_duration_ns", F(parse_duration)),
    ("time.format", F(format)),
    ("time.date", F(date)),
    ("time.clock", F(clock)),
    ("time.weekday", F(weekday)),
    ("time.add_date", F(add_date)),
    ("time.diff", F(diff)),
];

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;

/// A moment in a zone.
struct Moment {
    seconds: i64,
    nanoseconds: i64,
    zone: Zone,
}

impl Moment {
    fn civil(&self) -> Civil {
        Civil::of(self.seconds + i64::from(self.zone.at(self.seconds).offset))
    }

    /// The moment, and how it is to be written: empty where that is not said.
    fn read(ctx: &mut Context<'_>, operands: &[Value], position: usize) -> Result<(Self, String)> {
        let found = operand::value(operands, position)?;
        let words = "either number (ns) or [number (ns), string (tz)]";
        let wrong = || BuiltinError::operand(1, words, found.type_name());
        let number = |value: &Value| match value {
            Value::Number(number) => Ok(number.clone()),
            other => Err(BuiltinError::operand(1, "number", other.type_name())),
        };
        let string = |value: &Value| match value {
            Value::String(text) => Ok(text.to_string()),
            other => Err(BuiltinError::operand(1, "string", other.type_name())),
        };
        let (nanoseconds, zone, layout) = match found {
            Value::Number(found) => (found.clone(), Zone::utc(), String::new()),
            Value::Array(array) => {
                let nanoseconds = number(array.get(0).ok_or_else(wrong)?)?;
                let zone = match array.get(1) {
                    Some(name) => Zone::named(ctx, &string(name)?)?,
                    None => Zone::utc(),
                };
                let layout = array.get(2).map(string).transpose()?.unwrap_or_default();
                (nanoseconds, zone, layout)
            }
            _ => return Err(wrong()),
        };
        let total = whole(ctx, &nanoseconds)?;
        let (seconds, nanoseconds) = (total.div_euclid(SECOND), total.rem_euclid(SECOND));
        Ok((Self { seconds, nanoseconds, zone }, layout))
    }
}

/// The whole number of 64 bits that a number is once it is rounded to floating point.
fn whole(ctx: &mut Context<'_>, found: &Number) -> Result<i64> {
    if let Number::Int(value) = found {
        return Ok(*value);
    }
    number::charge(ctx, u64::try_from(found.to_string().len()).unwrap_or(u64::MAX))?;
    number::float(found)
        .filter(number::Float::is_whole)
        .and_then(|float| i64::try_from(float.truncated()?).ok())
        .ok_or_else(|| BuiltinError::new("timestamp too big"))
}

/// A moment as nanoseconds, where they are in range.
fn nanoseconds(seconds: i128, nanoseconds: i64) -> Given {
    let total = seconds
        .checked_mul(SECOND.into())
        .and_then(|total| total.checked_add(nanoseconds.into()))
        .and_then(|total| i64::try_from(total).ok())
        .ok_or_else(|| BuiltinError::new("time outside of valid range"))?;
    give(total)
}

fn now(ctx: &mut Context<'_>, _: &[Value]) -> Given {
    give(ctx.now_ns)
}

fn parse_ns(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let format = operand::string(operands, 1)?;
    let value = operand::string(operands, 2)?;
    parsed(ctx, layout::named(format).unwrap_or(format), value)
}

fn parse_rfc3339(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let value = operand::string(operands, 1)?;
    parsed(ctx, layout::RFC3339, value)
}

fn parsed(ctx: &mut Context<'_>, layout: &str, value: &str) -> Given {
    text(ctx, layout.len().saturating_add(value.len()).saturating_mul(4))?;
    let moment = referee_rego_go::time::parse(layout, value).map_err(BuiltinError::new)?;
    nanoseconds(moment.seconds.into(), moment.nanoseconds)
}

fn parse_duration(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let value = operand::string(operands, 1)?;
    text(ctx, value.len().saturating_mul(8))?;
    give(duration::parse(value).map_err(BuiltinError::new)?)
}

fn format(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (moment, layout) = Moment::read(ctx, operands, 1)?;
    let layout = match layout.as_str() {
        "" => layout::RFC3339_NANO,
        other => layout::named(other).unwrap_or(other),
    };
    // A chunk of the layout may become some times as long.
    text(ctx, layout.len().saturating_mul(12).saturating_add(64))?;
    let local = moment.zone.at(moment.seconds);
    give(format::format(layout, &moment.civil(), moment.nanoseconds, &local))
}

fn numbers(numbers: &[i64]) -> Given {
    give(Value::array(numbers.iter().map(|number| Value::from(*number))))
}

fn date(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let civil = Moment::read(ctx, operands, 1)?.0.civil();
    numbers(&[civil.year, civil.month, civil.day])
}

fn clock(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let civil = Moment::read(ctx, operands, 1)?.0.civil();
    numbers(&[civil.hour, civil.minute, civil.second])
}

fn weekday(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let civil = Moment::read(ctx, operands, 1)?.0.civil();
    give(civil.weekday())
}

fn add_date(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (moment, _) = Moment::read(ctx, operands, 1)?;
    let years = operand::integer(operands, 2)?;
    let months = operand::integer(operands, 3)?;
    let days = operand::integer(operands, 4)?;
    let civil = moment.civil();
    // Months beyond the year go into it; days beyond the month count from its beginning. Go's
    // numbers begin anew beyond 64 bits, which can lead far years back into the range.
    let month = civil.month.wrapping_add(months).wrapping_sub(1);
    let year = civil.year.wrapping_add(years).wrapping_add(month.div_euclid(12));
    let day = civil::wrapped_days(year, month.rem_euclid(12), civil.day.wrapping_add(days));
    let local = day.wrapping_mul(DAY).wrapping_add(civil.second_of_day());
    nanoseconds(moment.zone.moment_of(local).into(), moment.nanoseconds)
}

fn diff(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (first, _) = Moment::read(ctx, operands, 1)?;
    let (mut second, _) = Moment::read(ctx, operands, 2)?;
    second.zone = first.zone.clone();
    let (from, to) = if (first.seconds, first.nanoseconds) > (second.seconds, second.nanoseconds) {
        (second.civil(), first.civil())
    } else {
        (first.civil(), second.civil())
    };
    let mut years = to.year - from.year;
    let mut months = to.month - from.month;
    let mut days = to.day - from.day;
    let mut hours = to.hour - from.hour;
    let mut minutes = to.minute - from.minute;
    let mut seconds = to.second - from.second;
    let borrow = |low: &mut i64, high: &mut i64, base: i64| {
        if *low < 0 {
            *low += base;
            *high -= 1;
        }
    };
    borrow(&mut seconds, &mut minutes, 60);
    borrow(&mut minutes, &mut hours, 60);
    borrow(&mut hours, &mut days, 24);
    borrow(&mut days, &mut months, civil::days_in(from.year, from.month));
    borrow(&mut months, &mut years, 12);
    numbers(&[years, months, days, hours, minutes, seconds])
}
