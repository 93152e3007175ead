//! Dates of the Gregorian calendar, for all years.

/// Seconds in a day.
pub const DAY: i64 = 86_400;

/// A date and a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// Of any era: 0 is the year before 1.
    pub year: i64,
    /// From 1.
    pub month: i64,
    /// From 1.
    pub day: i64,
    /// From 0.
    pub hour: i64,
    /// From 0.
    pub minute: i64,
    /// From 0.
    pub second: i64,
    /// Days since 1970.
    days: i64,
}

/// The days in 400 years.
const ERA: i64 = 146_097;

impl Civil {
    /// The date and time so many seconds after the beginning of 1970.
    #[must_use]
    pub fn of(seconds: i64) -> Self {
        let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        // Years are counted from March, so that the day that may be missing is the last.
        let from_march = days + 719_468;
        let (era, day_of_era) = (from_march.div_euclid(ERA), from_march.rem_euclid(ERA));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / (ERA - 1)) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self {
            year,
            month,
            day,
            hour: rest / 3_600,
            minute: rest / 60 % 60,
            second: rest % 60,
            days,
        }
    }

    /// The seconds since midnight.
    #[must_use]
    pub fn second_of_day(&self) -> i64 {
        self.hour * 3_600 + self.minute * 60 + self.second
    }

    /// The name of the day.
    #[must_use]
    pub fn weekday(&self) -> &'static str {
        // The first of January 1970 was a Thursday.
        let index = (self.days + 4).rem_euclid(7);
        usize::try_from(index).ok().and_then(|index| WEEKDAYS.get(index)).copied().unwrap_or("")
    }

    /// The name of the month.
    #[must_use]
    pub fn month_name(&self) -> &'static str {
        usize::try_from(self.month - 1)
            .ok()
            .and_then(|index| MONTHS.get(index))
            .copied()
            .unwrap_or("")
    }

    /// From 1.
    #[must_use]
    pub fn day_of_year(&self) -> i64 {
        let first = days(self.year.into(), 1, 1);
        i64::try_from(i128::from(self.days) - first).unwrap_or(0) + 1
    }
}

/// The names of the days, from Sunday.
pub const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The names of the months.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Days from 1970 to a date; the month is in its range.
#[must_use]
pub fn days(year: i128, month: i128, day: i128) -> i128 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let march_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * i128::from(ERA) + day_of_era - 719_468
}

/// The years that Go (`time.dateToAbsDays`) counts from: a multiple of 400 before the year 0.
const FAR_YEARS: u64 = 292_277_022_400;

/// Days from 1970 to a date, in Go's arithmetic: unsigned and modulo 2^64, from March of a year long
/// ago. The month counts from 0, the day from 1; the day may be any.
#[must_use]
pub fn wrapped_days(year: i64, month: i64, day: i64) -> i64 {
    let before_march = i64::from(month < 2);
    let year = year.wrapping_sub(before_march).cast_unsigned().wrapping_add(FAR_YEARS);
    let (century, year) = (year / 100, year % 100);
    let day_of_year = (153 * (month + 1 + 12 * before_march) - 457) / 5;
    let day_of_century = (1_461 * year / 4).cast_signed() + day_of_year;
    let centuries = ERA.cast_unsigned().wrapping_mul(century) / 4;
    let far = (FAR_YEARS / 400).cast_signed() * ERA + 719_468;
    let day = day_of_century.wrapping_add(day).wrapping_sub(1);
    centuries.cast_signed().wrapping_add(day).wrapping_sub(far)
}

/// Whether a year has a 29th of February.
#[must_use]
pub fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The days in a month.
#[must_use]
pub fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
