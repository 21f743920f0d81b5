//! What only the machine knows: its clock, its time zone, whether a stream is a terminal.

use std::{
    env, fs,
    io::IsTerminal,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use sawlog::Timestamp;

/// Returns the present time.
pub fn now() -> Timestamp {
    timestamp(SystemTime::now())
}

/// Returns a time of the machine's as a clock of events; one before 1970 counts as 1970.
pub fn timestamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Timestamp::new(seconds, since.subsec_nanos()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Returns the machine's name.
///
/// `None` where nothing tells it.
pub fn name() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| env::var("HOSTNAME").or_else(|_| env::var("COMPUTERNAME")).ok())?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Returns the name of the machine's time zone, as `TZ` or else the system's settings have it.
///
/// `None` when there is no such setting, or none that is a name (`TZ=CET-1CEST` is a rule).
pub fn time_zone_name() -> Option<String> {
    if let Ok(value) = env::var("TZ") {
        let value = value.strip_prefix(':').unwrap_or(&value);
        return if value.is_empty() { None } else { Some(zone_of_path(value).to_owned()) };
    }
    if let Ok(target) = fs::canonicalize("/etc/localtime")
        && let Some(path) = target.to_str()
        && let Some((_, name)) = path.split_once("/zoneinfo/")
    {
        return Some(name.to_owned());
    }
    let name = fs::read_to_string("/etc/timezone").ok()?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

fn zone_of_path(value: &str) -> &str {
    value.split_once("/zoneinfo/").map_or(value, |(_, name)| name)
}

/// Tells whether colours may be written to `stream`.
pub fn has_colours(stream: &impl IsTerminal) -> bool {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    stream.is_terminal()
        && !is_set("NO_COLOR")
        && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Tells whether two paths lead to the same file, whatever their spelling.
pub fn is_same_file(a: &Path, b: &Path) -> bool {
    match (fs::canonicalize(a), fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zone_of_a_file_is_its_name() {
        assert_eq!(zone_of_path("/usr/share/zoneinfo/Europe/Berlin"), "Europe/Berlin");
        assert_eq!(zone_of_path("Europe/Berlin"), "Europe/Berlin");
    }
}
