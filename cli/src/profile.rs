//! A profile to what a person reads, with advice, or to one JSON object.
//!
//! ```text
//! profile of 1000 events
//!    time  events  filter
//!   81.2%    1000  grok (pipeline.conf:2:3)
//! ```

use std::{fmt::Write as _, fs, io::Write as _, path::Path, time::Instant};

use sawlog::{Clock, FilterProfile, PatternProfile, Profile, Stats};
use serde_json::json;

use crate::render::printable;

/// Tokens of a pattern that are shown, the dearest first.
const SHOWN_TOKENS: usize = 6;
/// Tokens below this share of their pattern's steps are not shown, in percent.
const LEAST_SHARE: u64 = 3;
/// Characters of a pattern that are shown.
const SHOWN_PATTERN: usize = 72;

/// Returns the clock of a profile: nanoseconds since it was made.
pub fn clock() -> Clock {
    let start = Instant::now();
    Box::new(move || u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX))
}

/// Writes a profile as the argument wants it: `text` and `json` to standard error, else to a file
/// with that name.
///
/// # Errors
///
/// Says that the file cannot be written.
pub fn write(profile: &Profile, stats: &Stats, wanted: &Path) -> Result<(), String> {
    let (text, is_file) = match wanted.to_str() {
        Some("text") => (text(profile, stats), false),
        Some("json") => (json(profile, stats), false),
        _ => (json(profile, stats), true),
    };
    if is_file {
        return fs::write(wanted, text)
            .map_err(|error| format!("cannot write `{}`: {error}", wanted.display()));
    }
    // Nobody is left to be told when standard error is gone.
    let _ = std::io::stderr().write_all(text.as_bytes());
    Ok(())
}

fn ticks(profile: &Profile) -> u64 {
    profile.filters.iter().map(|filter| filter.ticks).sum::<u64>().max(1)
}

fn steps(filter: &FilterProfile) -> u64 {
    filter.patterns.iter().map(|pattern| pattern.steps).sum()
}

/// A share as `12.3%`.
fn percent(part: u64, whole: u64) -> String {
    let tenths = u128::from(part) * 1000 / u128::from(whole.max(1));
    format!("{}.{}%", tenths / 10, tenths % 10)
}

fn text(profile: &Profile, stats: &Stats) -> String {
    let sampled = profile.filters.iter().map(|filter| filter.events).max().unwrap_or(0);
    let mut out = format!(
        "profile: time and steps are those of a sample of {sampled} of {} events\n",
        stats.events_decoded
    );
    out.push_str("   time   events  matched   failed  filter\n");
    let all = ticks(profile);
    for (filter, counts) in profile.filters.iter().zip(&stats.filters) {
        let id =
            filter.id.as_ref().map_or_else(String::new, |id| format!(" \"{}\"", printable(id)));
        let _ = writeln!(
            out,
            "{:>7}{:>9}{:>9}{:>9}  {}{id} ({})",
            percent(filter.ticks, all),
            counts.events_in,
            counts.matched,
            counts.failed,
            filter.name,
            filter.position
        );
    }
    for filter in profile.filters.iter().filter(|filter| steps(filter) > 0) {
        let _ = writeln!(out, "{} ({})", filter.name, filter.position);
        out.push_str("  steps    tried  matched   rate  steps/try  pattern\n");
        let all = steps(filter);
        for (number, pattern) in filter.patterns.iter().enumerate() {
            let _ = writeln!(
                out,
                "{:>7}{:>9}{:>9}{:>7}{:>11}  {}: {}",
                percent(pattern.steps, all),
                pattern.tried,
                pattern.matched,
                percent(pattern.matched, pattern.tried),
                pattern.steps / pattern.tried.max(1),
                number + 1,
                shown(&pattern.pattern)
            );
            tokens(pattern, &mut out);
        }
        for advice in advice(filter) {
            let _ = writeln!(out, "  advice: {advice}");
        }
    }
    out
}

fn shown(pattern: &str) -> String {
    let pattern = printable(pattern);
    match pattern.char_indices().nth(SHOWN_PATTERN) {
        Some((at, _)) => format!("{}…", pattern.get(..at).unwrap_or_default()),
        None => pattern,
    }
}

/// The dearest tokens of a pattern, below what they are part of.
fn tokens(pattern: &PatternProfile, out: &mut String) {
    let least = pattern.steps * LEAST_SHARE / 100;
    let mut dear: Vec<usize> = (0..pattern.tokens.len()).collect();
    dear.retain(|at| pattern.tokens[*at].steps > least);
    dear.sort_by_key(|at| std::cmp::Reverse(pattern.tokens[*at].steps));
    dear.truncate(SHOWN_TOKENS);
    dear.sort_unstable();
    for at in dear {
        let token = &pattern.tokens[at];
        let times =
            if token.count > 1 { format!(" ({} times)", token.count) } else { String::new() };
        let _ = writeln!(
            out,
            "{:>7}{:38}{}%{{{}}}{times}",
            percent(token.steps, pattern.steps),
            "",
            "  ".repeat(token.depth + 1),
            printable(&token.token)
        );
    }
}

/// What the numbers say could be done.
fn advice(filter: &FilterProfile) -> Vec<String> {
    let mut advice = Vec::new();
    for field in 0..=filter.patterns.iter().map(|pattern| pattern.field).max().unwrap_or(0) {
        let list: Vec<(usize, &PatternProfile)> =
            filter.patterns.iter().enumerate().filter(|(_, p)| p.field == field).collect();
        let Some((first, _)) = list.first() else { continue };
        let texts = list.first().map_or(0, |(_, pattern)| pattern.tried);
        let best = list
            .iter()
            .filter(|(number, pattern)| number > first && pattern.saved_if_first > 0)
            .max_by_key(|(_, pattern)| pattern.saved_if_first);
        if let Some((number, pattern)) = best.filter(|(_, pattern)| is_worth(pattern, filter)) {
            let saved = u64::try_from(pattern.saved_if_first).unwrap_or(0) / texts.max(1);
            let mut text = format!(
                "pattern {} matches {} of the texts: put it first, which saves about {saved} steps \
                 for each text",
                number + 1,
                percent(pattern.matched, texts),
            );
            if pattern.contested == 0 {
                text.push_str("; no text of the sample matches an earlier one too, so that the order decides nothing");
            } else {
                let _ = write!(
                    text,
                    "; but an earlier one matches {} of the sample's texts that it matches, too, and they \
                     would get other fields",
                    pattern.contested
                );
            }
            advice.push(text);
        }
        for (number, pattern) in &list {
            let failed = pattern.tried - pattern.matched;
            if pattern.tried > 0 && pattern.matched == 0 && list.len() > 1 {
                advice.push(format!(
                    "pattern {} matched none of {} texts: leave it out, or put it last",
                    number + 1,
                    pattern.tried
                ));
            }
            if !pattern.is_anchored
                && pattern.matched > 0
                && pattern.matched == pattern.matched_at_start
                && failed > 0
            {
                let share = percent(pattern.steps_failed, steps(filter));
                advice.push(format!(
                    "pattern {} has no anchor, and {} of its {} matches begin at the first character: \
                     with ^ before it a text that does not match is tried once; such texts take \
                     {share} of the steps",
                    number + 1,
                    pattern.matched_at_start,
                    pattern.matched
                ));
            }
            if pattern.given_up > 0 {
                advice.push(format!(
                    "pattern {} was given up on {} texts: `sawlog check` may say why",
                    number + 1,
                    pattern.given_up
                ));
            }
        }
    }
    advice
}

/// Whether an order saves at least a fiftieth of the filter's steps.
fn is_worth(pattern: &PatternProfile, filter: &FilterProfile) -> bool {
    pattern.is_first_only
        && u64::try_from(pattern.saved_if_first).is_ok_and(|saved| saved * 50 > steps(filter))
}

fn json(profile: &Profile, stats: &Stats) -> String {
    let all = ticks(profile);
    let filters = profile.filters.iter().zip(&stats.filters).map(|(filter, counts)| {
        let patterns = filter.patterns.iter().map(|pattern| {
            let tokens = pattern.tokens.iter().map(|token| {
                json!({
                    "token": token.token,
                    "depth": token.depth,
                    "count": token.count,
                    "steps": token.steps,
                })
            });
            json!({
                "field": pattern.field,
                "pattern": pattern.pattern,
                "is_anchored": pattern.is_anchored,
                "tried": pattern.tried,
                "matched": pattern.matched,
                "matched_at_start": pattern.matched_at_start,
                "given_up": pattern.given_up,
                "steps": pattern.steps,
                "steps_failed": pattern.steps_failed,
                "contested": pattern.contested,
                "saved_if_first": pattern.saved_if_first,
                "tokens": tokens.collect::<Vec<_>>(),
            })
        });
        json!({
            "name": filter.name,
            "id": filter.id,
            "position": filter.position.to_string(),
            "events_in": counts.events_in,
            "matched": counts.matched,
            "failed": counts.failed,
            "sampled": filter.events,
            "nanoseconds": filter.ticks,
            "time_permille": u128::from(filter.ticks) * 1000 / u128::from(all),
            "steps": steps(filter),
            "patterns": patterns.collect::<Vec<_>>(),
            "advice": advice(filter),
        })
    });
    let value = json!({
        "events": stats.events_decoded,
        "filters": filters.collect::<Vec<_>>(),
    });
    format!("{value}\n")
}
