//! How old an item is: "6 months from received" → the first day on which it is too old.
//!
//! In: a period as written in a policy, and a moment. Out: [`Age`]. Calendar days are counted forward from the item, in the
//! time zone of `now`: 2026-05-20 plus 6 months is 2026-11-20, and the day after is the first breach. 31 August plus 6
//! months is the last day of February. Hours count from the exact moment. Deliberately elsewhere: which dates an item
//! has (`rule.rs`).

use jiff::civil::{Date, date};
use jiff::{Span, Timestamp, Zoned};
use serde::Deserialize;

/// Dates before this are nonsense of clocks that were never set.
pub const OLDEST: Date = date(1980, 1, 1);

/// What a period counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// When a mail arrived.
    Received,
    /// When a mail was sent.
    Sent,
    /// When a file was made, where the file system knows.
    Created,
    /// When a document was changed last, by its own word or else the file system's.
    Modified,
    /// The last date in the path, such as `2015`, `2015-06` or `2015-06-30`.
    PathDate,
    /// The `end` of the register's entry for the place.
    End,
}

/// `6 months from received`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct Period {
    /// As the policy says it.
    pub written: String,
    length: Length,
    /// What it counts from.
    pub clock: Clock,
}

#[derive(Debug, Clone, PartialEq)]
enum Length {
    Hours(i64),
    Calendar(CalendarSpan),
}

/// A span of days, months or years: compared as written.
#[derive(Debug, Clone)]
struct CalendarSpan(Span);

impl PartialEq for CalendarSpan {
    fn eq(&self, other: &Self) -> bool {
        self.0.fieldwise() == other.0.fieldwise()
    }
}

/// `30 days`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct Within(Period);

impl Within {
    /// The last day of it, from this day.
    pub fn after(&self, day: Date) -> Option<Date> {
        match &self.0.length {
            Length::Calendar(span) => day.checked_add(span.0).ok(),
            Length::Hours(hours) => day.checked_add(Span::new().days(hours / 24)).ok(),
        }
    }
}

impl TryFrom<String> for Within {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let period = Period::try_from(format!("{text} from received"));
        period
            .map(Self)
            .map_err(|_| "a time is written as `30 days`: a number, then hours, days, weeks, months or years")
    }
}

/// When something happened, as well as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// To the second.
    At(Timestamp),
    /// Some day from the first to the last: `2015` is the whole year. Periods count from the last.
    Between(Date, Date),
}

impl Moment {
    /// The first and the last day that it may have been.
    fn days(self, now: &Zoned) -> (Date, Date) {
        match self {
            Self::Between(first, last) => (first, last),
            Self::At(at) => {
                let day = at.to_zoned(now.time_zone().clone()).date();
                (day, day)
            }
        }
    }
}

/// What a rule's age comes to for one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Too old, since this day.
    Since(Date),
    /// Not yet.
    Young,
    /// The date is missing, in the future, or before 1980.
    Unknown,
}

impl Period {
    /// Is what happened at this moment too old?
    pub fn age(&self, moment: Option<Moment>, now: &Zoned) -> Age {
        let today = now.date();
        let Some(days) = moment.map(|moment| moment.days(now)) else { return Age::Unknown };
        // An end that the register gives may lie ahead; nothing has happened in the future.
        if days.0 < OLDEST || (days.0 > today && self.clock != Clock::End) {
            return Age::Unknown;
        }
        match self.first_day(moment, days.1, now) {
            Some(since) if since <= today => Age::Since(since),
            _ => Age::Young,
        }
    }

    /// The first later day on which [`Self::age`] says something else; today, where that is a matter of hours.
    pub fn turns(&self, moment: Option<Moment>, now: &Zoned) -> Option<Date> {
        let (first, last) = moment?.days(now);
        if first > now.date() && self.clock != Clock::End {
            return Some(first);
        }
        match (self.first_day(moment, last, now), &self.length) {
            (None, Length::Hours(_)) => Some(now.date()),
            (since, _) => since.filter(|since| *since > now.date()),
        }
    }

    /// The first day on which it is too old; `None` where that lies beyond the calendar, or its hour is not yet over.
    fn first_day(&self, moment: Option<Moment>, day: Date, now: &Zoned) -> Option<Date> {
        let zone = now.time_zone().clone();
        match &self.length {
            Length::Calendar(span) => day.checked_add(span.0).ok()?.tomorrow().ok(),
            Length::Hours(hours) => {
                let from = match moment {
                    Some(Moment::At(at)) => at,
                    _ => day.tomorrow().ok()?.to_zoned(zone.clone()).ok()?.timestamp(),
                };
                let due = from.checked_add(Span::new().try_hours(*hours).ok()?).ok()?;
                (now.timestamp() > due).then(|| due.to_zoned(zone).date())
            }
        }
    }
}

impl TryFrom<String> for Period {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const FORM: &str = "a period is written as `6 months from received`: a number, then hours, days, weeks, months or years, \
                            then `from` and received, sent, created, modified, path_date or end";
        let written = text.clone();
        let mut words = text.split_whitespace();
        let (Some(number), Some(unit), Some("from"), Some(clock), None) =
            (words.next(), words.next(), words.next(), words.next(), words.next())
        else {
            return Err(FORM);
        };
        let number: i64 = number.parse().ok().filter(|n| *n >= 0).ok_or(FORM)?;
        let span = Span::new();
        let span = match unit.strip_suffix('s').unwrap_or(unit) {
            "hour" => span.try_hours(number),
            "day" => span.try_days(number),
            "week" => span.try_weeks(number),
            "month" => span.try_months(number),
            "year" => span.try_years(number),
            _ => return Err(FORM),
        }
        .map_err(|_| "the period is longer than the calendar")?;
        let length =
            if unit.starts_with("hour") { Length::Hours(number) } else { Length::Calendar(CalendarSpan(span)) };
        let clock = match clock {
            "received" => Clock::Received,
            "sent" => Clock::Sent,
            "created" => Clock::Created,
            "modified" => Clock::Modified,
            "path_date" => Clock::PathDate,
            "end" => Clock::End,
            _ => return Err(FORM),
        };
        Ok(Self { written, length, clock })
    }
}

/// The last date in a path: `2015`, `2015-06` or `2015-06-30` (also with `_` or `.`), standing alone among letters and
/// digits. Years before 1980 or after this one are other numbers.
pub fn path_date(path: &str, today: Date) -> Option<Moment> {
    let mut found = None;
    let mut rest = path;
    while !rest.is_empty() {
        let (word, joint, after) = word(rest);
        rest = after;
        let Some(year) = digits(word, 4).filter(|y| (OLDEST.year()..=today.year()).contains(y)) else { continue };
        let mut days = (Date::new(year, 1, 1).ok(), Date::new(year, 12, 31).ok());
        if joint {
            let (month, joint, after) = self::word(rest);
            if let Some(first) = digits(month, 2).and_then(|m| Date::new(year, i8::try_from(m).ok()?, 1).ok()) {
                days = (Some(first), Some(first.last_of_month()));
                rest = after;
                let day = digits(self::word(rest).0, 2).filter(|_| joint);
                if let Some(day) = day.and_then(|d| Date::new(year, first.month(), i8::try_from(d).ok()?).ok()) {
                    days = (Some(day), Some(day));
                    rest = self::word(rest).2;
                }
            }
        }
        if let (Some(first), Some(last)) = days
            && first <= today
        {
            found = Some(Moment::Between(first, last));
        }
    }
    found
}

/// The letters and digits at the beginning, whether `-`, `_` or `.` comes behind them, and what follows it.
fn word(text: &str) -> (&str, bool, &str) {
    match text.char_indices().find(|(_, c)| !c.is_alphanumeric()) {
        None => (text, false, ""),
        Some((at, c)) => {
            let (word, rest) = text.split_at(at);
            (word, matches!(c, '-' | '_' | '.'), rest.get(c.len_utf8()..).unwrap_or_default())
        }
    }
}

fn digits(word: &str, n: usize) -> Option<i16> {
    (word.len() == n && word.bytes().all(|b| b.is_ascii_digit())).then(|| word.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age(period: &str, from: &str, now: &str) -> Age {
        let moment = Some(Moment::At(from.parse().unwrap()));
        Period::try_from(period.to_owned()).unwrap().age(moment, &now.parse().unwrap())
    }

    fn since(day: &str) -> Age {
        Age::Since(day.parse().unwrap())
    }

    #[test]
    fn six_months_end_with_the_same_day_of_the_month() {
        let six = |from, now: &str| age("6 months from received", from, &format!("{now}[Europe/Copenhagen]"));
        assert_eq!(six("2026-05-20T10:00:00Z", "2026-11-20T00:00+01"), Age::Young);
        assert_eq!(six("2026-05-20T10:00:00Z", "2026-11-20T23:59+01"), Age::Young);
        assert_eq!(six("2026-05-20T10:00:00Z", "2026-11-21T00:00+01"), since("2026-11-21"));
        assert_eq!(six("2026-05-19T10:00:00Z", "2026-11-20T00:00+01"), since("2026-11-20"));
    }

    #[test]
    fn the_day_is_that_of_the_zone_of_now() {
        // 23:30 UTC on the 19th is the 20th in Copenhagen, and still the 19th in New York.
        let from = "2026-05-19T23:30:00Z";
        assert_eq!(age("6 months from received", from, "2026-11-20T12:00+01[Europe/Copenhagen]"), Age::Young);
        assert_eq!(age("6 months from received", from, "2026-11-20T12:00-05[America/New_York]"), since("2026-11-20"));
        assert_eq!(age("6 months from received", from, "2026-11-20T12:00+00[UTC]"), since("2026-11-20"));
        assert_eq!(age("6 months from received", from, "2026-11-20T12:00+02[+02]"), Age::Young);
    }

    #[test]
    fn months_have_different_lengths() {
        let on =
            |period, from: &str, now: &str| age(period, &format!("{from}T12:00Z"), &format!("{now}T00:00+00[UTC]"));
        for (period, from, last, first) in [
            ("6 months from received", "2025-08-31", "2026-02-28", "2026-03-01"),
            ("6 months from received", "2025-08-28", "2026-02-28", "2026-03-01"),
            ("6 months from received", "2025-08-27", "2026-02-27", "2026-02-28"),
            ("6 months from received", "2023-08-31", "2024-02-29", "2024-03-01"),
            ("6 months from received", "2025-12-31", "2026-06-30", "2026-07-01"),
            ("1 month from received", "2026-01-31", "2026-02-28", "2026-03-01"),
            ("1 year from received", "2024-02-29", "2025-02-28", "2025-03-01"),
            ("4 years from received", "2020-02-29", "2024-02-29", "2024-03-01"),
            ("30 days from received", "2026-02-15", "2026-03-17", "2026-03-18"),
            ("2 weeks from received", "2026-12-20", "2027-01-03", "2027-01-04"),
            ("0 days from received", "2026-11-20", "2026-11-20", "2026-11-21"),
        ] {
            assert_eq!(on(period, from, last), Age::Young, "{period} {from}");
            assert_eq!(on(period, from, first), since(first), "{period} {from}");
            assert_eq!(on(period, from, "2030-01-01"), since(first), "{period} {from}");
        }
    }

    #[test]
    fn hours_count_from_the_moment_also_over_a_change_of_clocks() {
        let day = |from, now| age("24 hours from modified", from, now);
        assert_eq!(day("2026-11-19T08:00:00Z", "2026-11-20T08:00:00+00[UTC]"), Age::Young);
        assert_eq!(day("2026-11-19T08:00:00Z", "2026-11-20T08:00:01+00[UTC]"), since("2026-11-20"));
        // The night to 29 March 2026 has 23 hours in Copenhagen: noon to noon is not yet a day.
        assert_eq!(day("2026-03-28T12:00:00+01:00", "2026-03-29T12:30:00+02[Europe/Copenhagen]"), Age::Young);
        assert_eq!(day("2026-03-28T12:00:00+01:00", "2026-03-29T13:00:01+02[Europe/Copenhagen]"), since("2026-03-29"));
        // A day stays a day: a mail of that evening is one day old the day after.
        assert_eq!(
            age("1 day from received", "2026-03-28T23:30:00+01:00", "2026-03-30T00:00:00+02[Europe/Copenhagen]"),
            since("2026-03-30")
        );
        assert_eq!(
            age("1 day from received", "2026-10-24T23:30:00+02:00", "2026-10-25T23:59:00+01[Europe/Copenhagen]"),
            Age::Young
        );
    }

    #[test]
    fn the_future_and_the_time_before_1980_are_unknown() {
        let now = "2026-11-20T00:00+01[Europe/Copenhagen]";
        let six = Period::try_from("6 months from received".to_owned()).unwrap();
        assert_eq!(six.age(None, &now.parse().unwrap()), Age::Unknown);
        assert_eq!(age("6 months from received", "2026-11-20T23:00:00Z", now), Age::Unknown);
        assert_eq!(age("6 months from received", "2026-11-20T20:00:00Z", now), Age::Young);
        assert_eq!(age("6 months from received", "1979-12-31T22:59:00Z", now), Age::Unknown);
        assert_eq!(age("6 months from received", "1979-12-31T23:00:00Z", now), since("1980-07-02"));
        assert_eq!(age("6 months from received", "-009999-01-02T02:00:00Z", now), Age::Unknown);
        assert_eq!(age("9000 years from received", "2020-01-01T00:00:00Z", now), Age::Young);
    }

    #[test]
    fn dates_in_paths() {
        let on = |path| match path_date(path, date(2026, 11, 20)) {
            Some(Moment::Between(first, last)) => format!("{first} {last}"),
            _ => String::new(),
        };
        assert_eq!(on("salg/2015/kontrakt.docx"), "2015-01-01 2015-12-31");
        assert_eq!(on("salg/2015-06/kontrakt.docx"), "2015-06-01 2015-06-30");
        assert_eq!(on("salg/2015-06-30/kontrakt.docx"), "2015-06-30 2015-06-30");
        assert_eq!(on("salg/løn_2016.02.29.xlsx"), "2016-02-29 2016-02-29");
        assert_eq!(on("2026/2015/kontrakt-2016-03-01-v2.pdf"), "2016-03-01 2016-03-01");
        assert_eq!(on("2015-13/a"), "2015-01-01 2015-12-31");
        assert_eq!(on("2015-02-30.pdf"), "2015-02-01 2015-02-28");
        assert_eq!(on("2026/a"), "2026-01-01 2026-12-31");
        assert_eq!(on("a/20150630/b2015/12015/1979/2027-01-01/2026-12"), "");
    }

    #[test]
    fn what_is_no_period_says_how_to_write_one() {
        for wrong in
            ["", "6 months", "six months from received", "-1 days from sent", "6 moons from sent", "6 days from x"]
        {
            assert!(Period::try_from(wrong.to_owned()).unwrap_err().contains("6 months from received"), "{wrong}");
        }
        assert!(Period::try_from("99999999999999 years from end".to_owned()).is_err());
    }
}
