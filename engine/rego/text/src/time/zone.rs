//! Zones of the IANA database, by their exact names.

use crate::cache::Bounded;
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use referee_rego_builtin::{BuiltinError, Context, Result};

/// A zone.
#[derive(Clone, Debug)]
pub(super) struct Zone(TimeZone);

/// What a zone says of a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Local {
    /// Seconds east of Greenwich.
    pub(super) offset: i32,
    /// `CEST`.
    pub(super) name: String,
}

/// The database, and the zones that were looked up.
#[derive(Debug)]
struct Zones {
    database: TimeZoneDatabase,
    known: Bounded<TimeZone>,
}

impl Default for Zones {
    fn default() -> Self {
        Self { database: TimeZoneDatabase::bundled(), known: Bounded::default() }
    }
}

impl Zone {
    pub(super) fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The zone of a name.
    pub(super) fn named(ctx: &mut Context<'_>, name: &str) -> Result<Self> {
        if matches!(name, "" | "UTC" | "Local") {
            return Ok(Self::utc());
        }
        if name.contains("..") || name.starts_with(['/', '\\']) {
            return Err(BuiltinError::new("time: invalid location name"));
        }
        let zones = ctx.shared_cache::<Zones>();
        if let Some(known) = zones.known.get(name) {
            return Ok(Self(known));
        }
        ctx.work(256)?;
        ctx.reserve(4096)?;
        let found = zones.database.get(name).ok();
        // The database does not tell upper from lower case; Go does.
        let found = found.filter(|zone| zone.iana_name() == Some(name));
        let found = found.ok_or_else(|| BuiltinError::new(format!("unknown time zone {name}")))?;
        zones.known.insert(name, found.clone());
        Ok(Self(found))
    }

    /// What holds at a moment.
    pub(super) fn at(&self, seconds: i64) -> Local {
        let timestamp = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
        let info = self.0.to_offset_info(timestamp);
        Local { offset: info.offset().seconds(), name: info.abbreviation().to_owned() }
    }

    fn offset(&self, seconds: i64) -> i64 {
        let timestamp = Timestamp::from_second(seconds);
        timestamp.map_or(0, |timestamp| i64::from(self.0.to_offset(timestamp).seconds()))
    }

    /// The moment at which clocks show a time. Where none or two do, Go's choice: the offset that
    /// holds at what would be the moment if the clock showed UTC, and then at what comes of it.
    pub(super) fn moment_of(&self, local: i64) -> i64 {
        match self.offset(local) {
            0 => local,
            offset => local.saturating_sub(self.offset(local.saturating_sub(offset))),
        }
    }
}
