//! The date of a request.

use http::header::{DATE, HeaderMap, HeaderName};
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc2822;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

use super::{CLOCK_WINDOW_SECONDS, single};
use crate::auth::error::AuthenticationError;

const AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
const AMZ_DATE_FORM: &[BorrowedFormatItem<'_>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");

/// When a request was signed, as it says: `x-amz-date`, or in its absence the HTTP date in `date`.
#[derive(Debug)]
pub(super) struct RequestDate {
    header: HeaderName,
    unix_seconds: i64,
    day: String,
    text: String,
}

impl RequestDate {
    /// Reads the date.
    ///
    /// # Errors
    /// `NoDate`, `RepeatedHeader`, `MalformedDate`.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, AuthenticationError> {
        let (name, date) = if let Some(value) = single(headers, AMZ_DATE)? {
            (AMZ_DATE, value.to_str().ok().and_then(parse_amz_date))
        } else if let Some(value) = single(headers, DATE)? {
            (DATE, value.to_str().ok().and_then(parse_http_date))
        } else {
            return Err(AuthenticationError::NoDate);
        };
        match date {
            Some(date) => Ok(Self::at(name, date)),
            None => Err(AuthenticationError::MalformedDate { name }),
        }
    }

    fn at(header: HeaderName, date: OffsetDateTime) -> Self {
        let day = format!("{:04}{:02}{:02}", date.year(), u8::from(date.month()), date.day());
        let text = format!(
            "{day}T{:02}{:02}{:02}Z",
            date.hour(),
            date.minute(),
            date.second()
        );
        Self {
            header,
            unix_seconds: date.unix_timestamp(),
            day,
            text,
        }
    }

    /// The header it was read from.
    pub(super) fn header(&self) -> &HeaderName {
        &self.header
    }

    /// `YYYYMMDD`, in UTC.
    pub(super) fn day(&self) -> &str {
        &self.day
    }

    /// `YYYYMMDD'T'HHMMSS'Z'`.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Checks that the date is at most [`CLOCK_WINDOW_SECONDS`] from the service's clock.
    ///
    /// # Errors
    /// `Expired`.
    pub(super) fn check_clock(&self, now_unix_seconds: u64) -> Result<(), AuthenticationError> {
        let now = i64::try_from(now_unix_seconds).unwrap_or(i64::MAX);
        let seconds = self.unix_seconds.abs_diff(now);
        if seconds <= CLOCK_WINDOW_SECONDS {
            Ok(())
        } else {
            Err(AuthenticationError::Expired {
                seconds,
                ahead: self.unix_seconds > now,
            })
        }
    }
}

/// `YYYYMMDD'T'HHMMSS'Z'`. The length is checked because the parser would take a sign before the year.
fn parse_amz_date(text: &str) -> Option<OffsetDateTime> {
    if text.len() != "YYYYMMDDTHHMMSSZ".len() {
        return None;
    }
    PrimitiveDateTime::parse(text, AMZ_DATE_FORM)
        .ok()
        .map(PrimitiveDateTime::assume_utc)
}

/// `Sun, 30 Aug 2015 12:36:00 GMT`.
fn parse_http_date(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc2822)
        .ok()
        .map(|date| date.to_offset(UtcOffset::UTC))
}
