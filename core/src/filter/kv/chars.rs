//! Characters written as a class of a regular expression, `<>\[\],`: cut off or taken out.

use crate::diagnostic::Spanned;
use crate::filter::{CompileCx, Cx};
use crate::pattern::unicode::ByteSet;
use crate::pattern::{Budget, BudgetExhausted, Flags, Regex};

/// A class of characters.
#[derive(Debug)]
pub(super) struct Chars {
    /// The class, if it has ASCII characters only.
    ascii: Option<ByteSet>,
    /// Its characters, one after the other.
    any: Regex,
    /// Its characters at the start and at the end of each line.
    ends: Regex,
}

impl Chars {
    /// Compiles what stands between the brackets; nothing when it was reported as bad.
    pub(super) fn compile(text: Spanned<&str>, cx: &mut CompileCx<'_>) -> Option<Self> {
        let class = class(text, cx)?;
        let ends = format!("^[{0}]+|[{0}]+$", text.value);
        Some(Self {
            ascii: ascii(&class),
            any: class,
            ends: cx.regex(&ends, Flags::default(), text.span)?,
        })
    }

    /// The text without such characters at the ends of its lines.
    pub(super) fn trim<'b>(
        &self,
        text: &'b str,
        budget: &mut Budget,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<&'b str, BudgetExhausted> {
        match &self.ascii {
            Some(set) if memchr::memchr(b'\n', text.as_bytes()).is_none() => {
                let inside = |character: char| {
                    u8::try_from(character).is_ok_and(|byte| byte.is_ascii() && set.contains(byte))
                };
                Ok(text.trim_matches(inside))
            }
            _ => without(&self.ends, text, budget, cx),
        }
    }

    /// The text without such characters.
    pub(super) fn remove<'b>(
        &self,
        text: &'b str,
        budget: &mut Budget,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<&'b str, BudgetExhausted> {
        match &self.ascii {
            Some(set) if !text.bytes().any(|byte| set.contains(byte)) => Ok(text),
            _ => without(&self.any, text, budget, cx),
        }
    }
}

/// Compiles `[…]`; nothing when it was reported as bad.
pub(super) fn class(text: Spanned<&str>, cx: &mut CompileCx<'_>) -> Option<Regex> {
    cx.regex(&format!("[{}]", text.value), Flags::default(), text.span)
}

/// The characters of a regex of one class, if they are all ASCII.
pub(super) fn ascii(regex: &Regex) -> Option<ByteSet> {
    let facts = &regex.hir().root.facts;
    let is_class = facts.min_bytes == 1 && facts.max_bytes == Some(1) && facts.chars == Some(1);
    (is_class && facts.first.iter().all(|byte| byte.is_ascii())).then_some(facts.first)
}

/// The text without the matches of a regex, which are not empty.
fn without<'b>(
    regex: &Regex,
    text: &'b str,
    budget: &mut Budget,
    cx: &mut Cx<'_, 'b>,
) -> Result<&'b str, BudgetExhausted> {
    let mut kept = 0;
    let mut out = cx.arena.string(0);
    while regex.search(text, kept, &mut cx.scratch.pattern, budget)? {
        let Some((start, end)) = cx.scratch.pattern.group(0).filter(|&(_, end)| end > kept) else {
            break;
        };
        out.reserve(text.len() - kept);
        out.push_str(text.get(kept..start).unwrap_or(""));
        kept = end;
    }
    if kept == 0 {
        return Ok(text);
    }
    out.push_str(text.get(kept..).unwrap_or(""));
    Ok(out.into_bump_str())
}
