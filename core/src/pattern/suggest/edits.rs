//! A pattern and where it stopped to small changes that may get it further.
//!
//! `%{INT:n}` before `-` gives `(?:%{INT:n}|-)`, a space before two gives ` +`. Each change keeps
//! what the pattern matched before, as far as that can be. None of them is known to help: the
//! caller runs them, the least change first.

use std::ops::Range;

use super::super::expand::{Expansion, Opened, TokenId};
use super::super::explain::{Place, quoted};
use super::Attempt;
use super::stock::{ANYTHING, VALUES, escaped};
use super::units::{Kind, Unit, parse, path};

/// A changed pattern.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    pub(super) pattern: String,
    /// What was changed, in words.
    pub(super) change: String,
    /// Small for what a person would think of first.
    pub(super) rank: Rank,
}

/// How near a change is, the nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Spaces, case, a text behind the end.
    Spelling,
    /// A text that stands for "no value".
    Placeholder,
    /// A quote, bracket or other sign.
    Sign,
    /// Another pattern for the same value.
    Value,
    /// Something that the line lacks.
    Missing(u8),
    /// Something that the line has in addition.
    Extra,
    /// Nearly anything.
    Anything,
    /// The line ends.
    Cut,
}

impl Rank {
    /// Bytes that a change of this rank must capture more than one of the first.
    pub(super) fn penalty(self) -> usize {
        match self {
            Self::Spelling | Self::Placeholder => 0,
            Self::Sign => 1,
            Self::Value => 2,
            Self::Missing(count) => 3 + 3 * usize::from(count),
            Self::Extra => 4,
            Self::Anything => 12,
            Self::Cut => 20,
        }
    }
}

/// Finds the end of what a pattern for a value takes at a place of the subject.
pub(super) type Ends<'e> = dyn FnMut(&str, usize) -> Option<usize> + 'e;

/// Lists changes at the places where the attempt failed, the nearest first.
pub(super) fn edits(attempt: &Attempt, subject: &str, ends: &mut Ends<'_>) -> Vec<Edit> {
    let mut edits = Vec::new();
    let expansion = &attempt.expansion;
    for place in attempt.places.iter().take(MAX_PLACES) {
        let is_composite =
            |(token, _): &&(TokenId, Option<usize>)| expansion.has_captures_inside(*token);
        let composites = place.around.iter().take_while(is_composite).count();
        let tokens: Vec<TokenId> = place.around.iter().map(|(token, _)| *token).collect();
        let opened = expansion.opened(&tokens[..composites]);
        let begin = match place.around.get(composites) {
            Some((_, None)) => place.begin,
            Some((_, Some(from))) if !place.is_long => *from,
            Some((_, Some(from))) => match before(&opened, place).as_deref() {
                None | Some("" | "^") => attempt.start,
                Some(head) => ends(head, attempt.start).filter(|end| end < from).unwrap_or(*from),
            },
            None => place.at,
        };
        // What consumed nothing can stand behind something else.
        for (level, (_, from)) in place.around.iter().take(composites).enumerate() {
            if from.is_none_or(|from| from == begin || begin == attempt.start) && !place.anywhere {
                let opened = expansion.opened(&tokens[..level]);
                with_site(&opened, place, subject, begin, &mut edits, |site| site.extra(ends));
            }
        }
        with_site(&opened, place, subject, begin, &mut edits, |site| site.all(ends));
        if place.around.len() == composites + 1 && !place.anywhere {
            let opened = expansion.opened(&tokens);
            with_site(&opened, place, subject, place.at, &mut edits, |site| {
                site.is_inside = true;
                site.signs();
                site.missing();
            });
        }
    }
    edits.sort_by_key(|edit| edit.rank);
    edits
}

fn with_site(
    opened: &Opened,
    place: &Place,
    subject: &str,
    at: usize,
    edits: &mut Vec<Edit>,
    run: impl FnOnce(&mut Site<'_>),
) {
    let text = &opened.text;
    let Some(branches) = parse(text) else { return };
    let path = path(&branches, opened.place(place.origin));
    if path.is_empty() {
        return;
    }
    let rest = subject.get(at..).unwrap_or_default();
    let anywhere = place.anywhere;
    run(&mut Site { text, path, at, rest, anywhere, is_inside: false, edits });
}

/// A place in a pattern, and what the subject has there.
struct Site<'s> {
    text: &'s str,
    path: Vec<(&'s [Unit], usize)>,
    at: usize,
    rest: &'s str,
    anywhere: bool,
    /// Whether the text is the definition of one value.
    is_inside: bool,
    edits: &'s mut Vec<Edit>,
}

impl Site<'_> {
    fn all(&mut self, ends: &mut Ends<'_>) {
        let Some(unit) = self.unit().cloned() else { return };
        if self.anywhere {
            self.closing(&unit);
        } else {
            self.signs();
            match unit.kind {
                Kind::Token => {
                    self.value(&unit, ends);
                    self.behind(&unit, ends);
                }
                Kind::Assert => self.end(&unit),
                _ => {}
            }
            self.missing();
            self.extra(ends);
        }
        self.cut();
    }

    /// The innermost piece.
    fn unit(&self) -> Option<&Unit> {
        let (units, index) = self.path.last()?;
        units.get(*index)
    }

    fn shown(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    fn push(&mut self, rank: Rank, range: Range<usize>, new: &str, change: String) {
        let before = self.text.get(..range.start).unwrap_or_default();
        let after = self.text.get(range.end..).unwrap_or_default();
        self.edits.push(Edit { pattern: [before, new, after].concat(), change, rank });
    }

    /// Spaces, case and signs.
    fn signs(&mut self) {
        let Some((units, index)) = self.path.last().map(|(units, index)| (*units, *index)) else {
            return;
        };
        let Some(unit) = units.get(index).cloned() else { return };
        self.spaces(units, index, &unit);
        self.case(units, index, &unit);
        let Some(found) = self.rest.chars().next() else { return };
        if let Some(wanted) = unit.literal()
            && !wanted.is_alphanumeric()
            && wanted != ' '
        {
            let (old, other) = (self.shown(unit.range.clone()).to_owned(), escaped_char(found));
            let pair = closing(wanted).and_then(|close| {
                units[index + 1..].iter().find(|unit| unit.literal() == Some(close)).cloned()
            });
            if !found.is_alphanumeric() {
                let both = format!("(?:{old}|{other})");
                let change = format!(
                    "{} may stand where the pattern has {}",
                    quoted(found.encode_utf8(&mut [0; 4]), SHOWN),
                    quoted(&old, SHOWN)
                );
                if let (Some(pair), Some(other_close)) = (&pair, closing(found)) {
                    let close = self.shown(pair.range.clone()).to_owned();
                    let between = self.shown(unit.range.end..pair.range.start).to_owned();
                    let new = format!("{both}{between}(?:{close}|{})", escaped_char(other_close));
                    self.push(Rank::Sign, unit.range.start..pair.range.end, &new, change.clone());
                }
                self.push(Rank::Sign, unit.range.clone(), &both, change);
            }
            // A date without its dashes is another date.
            if self.is_inside {
                return;
            }
            let change = format!("{} is optional", quoted(&old, SHOWN));
            if let Some(pair) = pair {
                let between = self.shown(unit.range.end..pair.range.start).to_owned();
                let close = self.shown(pair.range.clone()).to_owned();
                let new = format!("{old}?{between}{close}?");
                let change = format!("{change}, and so is {}", quoted(&close, SHOWN));
                self.push(Rank::Sign, unit.range.start..pair.range.end, &new, change);
            }
            self.push(Rank::Sign, unit.range.clone(), &format!("{old}?"), change);
        }
        if unit.kind == Kind::Token
            && let Some(close) = closing(found).filter(|_| !found.is_whitespace())
        {
            let inner = self.shown(unit.range.clone()).to_owned();
            let new = format!("{}?{inner}{}?", escaped_char(found), escaped_char(close));
            let change = format!("{inner} may stand between `{found}` and `{close}`");
            self.push(Rank::Sign, unit.range.clone(), &new, change);
        }
    }

    /// Another number of spaces, or a tab.
    fn spaces(&mut self, units: &[Unit], index: usize, unit: &Unit) {
        let run: String = self.rest.chars().take_while(|c| c.is_whitespace()).collect();
        if unit.literal() == Some(' ') {
            if run.is_empty() {
                if !self.rest.is_empty() {
                    let change = "the space is optional".to_owned();
                    self.push(Rank::Spelling, unit.range.clone(), " *", change);
                }
            } else {
                let what = if run.contains('\t') { "a tab" } else { "other white space" };
                let change = format!("{what} may stand where the pattern has a space");
                self.push(Rank::Spelling, unit.range.clone(), r"\s+", change);
            }
        } else if !run.is_empty() && !self.is_inside {
            let (any, many) =
                if run.chars().all(|c| c == ' ') { (" *", " +") } else { (r"\s*", r"\s+") };
            let (around, at) = self.outermost().unwrap_or((units, index));
            let previous = at.checked_sub(1).and_then(|at| around.get(at)).cloned();
            if let Some(space) = previous.filter(|unit| unit.literal() == Some(' ')) {
                let change = "there may be several spaces".to_owned();
                self.push(Rank::Spelling, space.range, many, change);
            } else {
                let place =
                    self.outermost().map_or(unit.range.start, |(units, at)| units[at].range.start);
                let shown = self.shown(unit.range.clone()).to_owned();
                let change = format!("there may be spaces before {}", quoted(&shown, SHOWN));
                self.push(Rank::Spelling, place..place, any, change);
            }
        }
    }

    /// The same word in the other case.
    fn case(&mut self, units: &[Unit], index: usize, unit: &Unit) {
        let range = match unit.kind {
            Kind::Token => unit.range.clone(),
            Kind::Literal(c) if c.is_alphabetic() => {
                let is_letter = |unit: &&Unit| unit.literal().is_some_and(char::is_alphabetic);
                let back = units[..index].iter().rev().take_while(is_letter).count();
                let on = units[index..].iter().take_while(is_letter).count();
                let Some(last) = units.get((index + on).saturating_sub(1)) else { return };
                units[index - back].range.start..last.range.end
            }
            _ => return,
        };
        let old = self.shown(range.clone()).to_owned();
        let change = format!("{} in either case", quoted(&old, SHOWN));
        self.push(Rank::Spelling, range, &format!("(?i:{old})"), change);
    }

    /// Other values in the place of a token.
    fn value(&mut self, unit: &Unit, ends: &mut Ends<'_>) {
        let old = self.shown(unit.range.clone()).to_owned();
        let token = self.shown(unit.range.start..unit.atom_end);
        let token = token.trim_start_matches("%{").trim_end_matches('}').to_owned();
        let (name, semantic) = token.split_once(':').unwrap_or((&token, ""));
        let is_time = |name: &str| {
            let name = name.to_ascii_lowercase();
            ["time", "date", "stamp"].iter().any(|part| name.contains(part))
        };
        let wants_time = is_time(name) || is_time(semantic);
        for text in PLACEHOLDERS {
            // Nothing stands for the time of a line but a time.
            if wants_time && self.at == 0 {
                break;
            }
            let Some(after) = self.rest.strip_prefix(text) else { continue };
            if after.chars().next().is_none_or(|c| !c.is_alphanumeric()) {
                let change = format!("{} may stand in place of %{{{token}}}", quoted(text, SHOWN));
                let new = self.either(unit, &old, &escaped(text));
                self.push(Rank::Placeholder, unit.range.clone(), &new, change);
                break;
            }
        }
        let mut taken = Vec::new();
        for stock in VALUES {
            if wants_time && !is_time(stock.field) {
                continue;
            }
            let Some(end) = ends(stock.pattern, self.at) else { continue };
            if stock.name() == Some(name) || taken.contains(&(end, false)) {
                continue;
            }
            let is_anything = ANYTHING.contains(&stock.pattern);
            taken.push((end, is_anything));
            let field = match semantic.split_once(':') {
                Some((field, kind)) if kind == "int" && stock.field != "number" => field,
                Some((field, "float")) if stock.field != "number" => field,
                _ => semantic,
            };
            let new = stock.capturing(field);
            let text = self.rest.get(..end - self.at).unwrap_or_default();
            let text = quoted(text, SHOWN);
            if is_anything {
                let change = format!("{new}, which takes {text}, in place of %{{{token}}}");
                self.push(Rank::Anything, unit.range.start..unit.atom_end, &new, change);
            } else {
                let change = format!("{new}, which takes {text}, beside %{{{token}}}");
                let both = self.either(unit, &old, &new);
                self.push(Rank::Value, unit.range.clone(), &both, change);
            }
        }
    }

    /// A sign behind a value that is read well enough.
    fn behind(&mut self, unit: &Unit, ends: &mut Ends<'_>) {
        let token = self.shown(unit.range.start..unit.atom_end).to_owned();
        let Some(end) = ends(&token, self.at) else { return };
        let rest = self.rest.get(end - self.at..).unwrap_or_default();
        let sign = rest.find(|c: char| c.is_alphanumeric() || c.is_whitespace());
        let sign = rest.get(..sign.unwrap_or(rest.len())).unwrap_or_default();
        if sign.is_empty() || sign.len() > MAX_SIGN {
            return;
        }
        let mut place = unit.range.end;
        for (units, index) in self.path.iter().rev() {
            let Some(unit) = units.get(*index) else { return };
            place = unit.range.end;
            if index + 1 < units.len() {
                break;
            }
        }
        let new = if sign.len() == 1 {
            format!("{}?", escaped(sign))
        } else {
            format!("(?:{})?", escaped(sign))
        };
        let change = format!("{} may follow {}", quoted(sign, SHOWN), quoted(&token, SHOWN));
        self.push(Rank::Sign, place..place, &new, change);
    }

    /// Two alternatives; without a group where the piece is a whole branch of one.
    fn either(&self, unit: &Unit, old: &str, new: &str) -> String {
        let is_branch = self.path.len() > 1
            && self.path.last().is_some_and(|(units, _)| units.len() == 1)
            && unit.atom_end == unit.range.end;
        if is_branch { format!("{old}|{new}") } else { format!("(?:{old}|{new})") }
    }

    /// Text behind the end.
    fn end(&mut self, unit: &Unit) {
        if self.rest.is_empty() || !matches!(self.shown(unit.range.clone()), "$" | r"\z" | r"\Z") {
            return;
        }
        let place = unit.range.start..unit.range.start;
        if self.rest.trim().is_empty() {
            let what = if self.rest.contains('\r') { "a carriage return" } else { "spaces" };
            let change = format!("there may be {what} at the end");
            self.push(Rank::Spelling, place, r"\s*", change);
            return;
        }
        let spaces = if self.rest.starts_with(' ') { " " } else { "" };
        let change = format!("more may follow: here {}", quoted(self.rest.trim_start(), SHOWN));
        let new = format!("(?:{spaces}%{{GREEDYDATA:rest}})?");
        self.push(Rank::Spelling, place, &new, change);
    }

    /// A sign that should end what `.*` took.
    fn closing(&mut self, unit: &Unit) {
        let old = self.shown(unit.range.clone()).to_owned();
        let change = format!("the line may end without {}", quoted(&old, SHOWN));
        if unit.literal().is_some() {
            self.push(Rank::Spelling, unit.range.clone(), &format!("(?:{old}|$)"), change);
        }
    }

    /// The outermost sequence that stands where the innermost piece does.
    fn outermost(&self) -> Option<(&[Unit], usize)> {
        let mut path = self.path.iter().rev();
        let mut found = path.next()?;
        for level in path {
            if found.1 > 0 {
                break;
            }
            found = level;
        }
        Some(*found)
    }

    /// What the line lacks: some pieces are optional.
    fn missing(&mut self) {
        let levels = self.path.clone();
        for (depth, (units, index)) in levels.iter().enumerate() {
            let is_inner = levels[depth + 1..].iter().any(|(_, index)| *index > 0);
            if is_inner {
                continue;
            }
            let most = units.len().min(index + 1 + MAX_MISSING);
            // In a value, only its end.
            let ends = if self.is_inside { units.len()..units.len() + 1 } else { index + 1..most };
            for end in ends {
                let (Some(first), Some(last)) = (units.get(*index), units.get(end - 1)) else {
                    break;
                };
                let range = first.range.start..last.range.end;
                let old = self.shown(range.clone()).to_owned();
                if old.ends_with('?') && end == index + 1 {
                    continue;
                }
                let change = format!("{} is optional: this line lacks it", quoted(&old, SHOWN));
                let new = match last.kind {
                    Kind::Group { .. } | Kind::Token
                        if end == index + 1 && last.atom_end == last.range.end =>
                    {
                        format!("{old}?")
                    }
                    _ => format!("(?:{old})?"),
                };
                let count = u8::try_from(end - index).unwrap_or(u8::MAX);
                self.push(Rank::Missing(count), range, &new, change);
            }
        }
    }

    /// What the line has in addition.
    fn extra(&mut self, ends: &mut Ends<'_>) {
        if self.rest.is_empty() {
            return;
        }
        let Some(unit) = self.outermost().and_then(|(units, at)| units.get(at)).cloned() else {
            return;
        };
        let start = unit.range.start;
        let place = start..start;
        let next = self.shown(unit.range.clone()).to_owned();
        let next = quoted(&next, SHOWN);
        let mut seen = None;
        for stock in VALUES {
            let Some(end) = ends(stock.pattern, self.at) else { continue };
            let after = self.rest.get(end - self.at..).unwrap_or_default();
            let sign = after.find(char::is_alphanumeric).unwrap_or(after.len());
            let mut sign = after.get(..sign).unwrap_or_default();
            if sign.len() > MAX_SIGN {
                sign = sign.find(' ').and_then(|at| sign.get(..=at)).unwrap_or(sign);
            }
            let shown = self.rest.get(..end - self.at).unwrap_or_default();
            // One that reads as much and is less particular is not needed.
            if sign.is_empty() || sign.len() > MAX_SIGN || seen.is_some_and(|seen| end <= seen) {
                continue;
            }
            seen = Some(end);
            if unit.literal().is_some_and(|c| sign.starts_with(c)) {
                let change = format!(
                    "{}, which takes {}, before {next}",
                    stock.pattern,
                    quoted(shown, SHOWN)
                );
                self.push(Rank::Extra, place.clone(), stock.pattern, change);
            }
            let signs = [sign, sign.find(' ').and_then(|at| sign.get(..=at)).unwrap_or(sign)];
            for sign in &signs[..=usize::from(signs[0] != signs[1])] {
                let change = format!(
                    "{}, which takes {}, before {next}",
                    stock.pattern,
                    quoted(shown, SHOWN)
                );
                let new = format!("{}{}", stock.pattern, escaped(sign));
                self.push(Rank::Extra, place.clone(), &new, change);
            }
        }
        let first = self.rest.chars().next().unwrap_or(' ');
        if let Some(close) = closing(first)
            && let Some(len) = self.rest.get(first.len_utf8()..).and_then(|rest| rest.find(close))
        {
            let open = escaped_char(first);
            let close = escaped_char(close);
            let after = self.rest.get(first.len_utf8() + len + 1..).unwrap_or_default();
            let space = if after.starts_with(' ') { " " } else { "" };
            let new = format!("{open}[^{close}]*{close}{space}");
            let change = format!(
                "{}, which takes the part in `{first}`, before {next}",
                quoted(&new, SHOWN)
            );
            self.push(Rank::Extra, place.clone(), &new, change);
        }
        let change = format!("a text of any kind may stand before {next}");
        let space = if self.rest.contains(' ') { "%{DATA} " } else { "%{DATA}" };
        self.push(Rank::Anything, place.clone(), space, change.clone());
        self.push(Rank::Anything, place, "%{DATA}", change);
    }

    /// The line ends before the pattern does.
    fn cut(&mut self) {
        if !self.rest.is_empty() && !self.anywhere {
            return;
        }
        let Some((units, index)) = self.path.first() else { return };
        let start = units[*index].range.start;
        if self.path.len() > 1 || start == 0 {
            return;
        }
        let rest = self.shown(start..self.text.len()).to_owned();
        let change = format!("the line ends here: from {} on all is missing", quoted(&rest, SHOWN));
        let new = format!("(?:{rest}|$)");
        self.push(Rank::Cut, start..self.text.len(), &new, change);
    }
}

/// What closes a quote or bracket.
fn closing(open: char) -> Option<char> {
    Some(match open {
        '"' | '\'' | '`' | '|' => open,
        '[' => ']',
        '(' => ')',
        '{' => '}',
        '<' => '>',
        _ => return None,
    })
}

fn escaped_char(c: char) -> String {
    escaped(c.encode_utf8(&mut [0; 4]))
}

/// Texts that stand for "no value".
const PLACEHOLDERS: &[&str] = &[
    "-", "\"-\"", "\"\"", "(null)", "null", "NULL", "(none)", "none", "nil", "N/A", "n/a", "?", "*",
];

/// Places at which changes are tried.
const MAX_PLACES: usize = 8;

/// Pieces that a line may lack.
const MAX_MISSING: usize = 8;

/// Bytes of the sign between two values.
const MAX_SIGN: usize = 4;

/// Characters of a text that a change shows.
const SHOWN: usize = 40;

/// Whether the pattern defines names in itself, which a changed text would lose.
pub(super) fn defines_names(pattern: &str) -> bool {
    pattern.split("%{").skip(1).any(|token| token.split('}').next().unwrap_or("").contains('='))
}

/// The pattern up to a place, with the end of the line behind it.
pub(super) fn prefix(expansion: &Expansion, place: &Place) -> Option<String> {
    let is_composite =
        |(token, _): &&(TokenId, Option<usize>)| expansion.has_captures_inside(*token);
    let composites = place.around.iter().take_while(is_composite).map(|(token, _)| *token);
    let opened = expansion.opened(&composites.collect::<Vec<_>>());
    before(&opened, place).filter(|prefix| !prefix.is_empty()).map(|prefix| prefix + "$")
}

/// The pattern up to a place.
fn before(opened: &Opened, place: &Place) -> Option<String> {
    let branches = parse(&opened.text)?;
    let mut prefix = String::new();
    for (units, index) in path(&branches, opened.place(place.origin)) {
        let range = units.first()?.range.start..units.get(index)?.range.start;
        prefix.push_str(opened.text.get(range)?);
    }
    Some(prefix)
}
