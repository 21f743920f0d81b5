//! uap-core's list of user agents: a text to browser, system and device.
//!
//! `curl/8.4.0` gives the browser `curl` 8.4.0, the system `Other` and the device `Other`. Of each of the three lists the
//! first pattern that matches counts. Source of behaviour: logstash-filter-useragent 3.3.5, its Java parser.

use std::sync::Arc;

use crate::filter::stored::{FileError, Stored, text, yaml};
use crate::pattern::prefilter::{ListFilter, WORD_PATTERNS};
use crate::pattern::{Budget, BudgetExhausted, Flags, Regex, Scratch};

/// The three lists.
#[derive(Clone, Debug)]
pub(crate) struct Agents(Arc<[List; 3]>);

#[derive(Debug)]
struct List {
    entries: Box<[Entry]>,
    filter: ListFilter,
}

#[derive(Debug)]
struct Entry {
    regex: Regex,
    /// The name and the parts of the version: what stands for the group of that number.
    replacements: [Option<Box<str>>; 5],
}

/// Name and version of one thing; parts that nothing is known of are missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) parts: [Option<Box<str>>; 5],
}

impl Named {
    pub(super) fn name(&self) -> &str {
        self.parts[0].as_deref().unwrap_or("Other")
    }

    /// Major, minor, patch and what comes behind.
    pub(super) fn version(&self) -> [Option<&str>; 4] {
        [1, 2, 3, 4].map(|at| self.parts[at].as_deref())
    }
}

/// What is known of a user agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) browser: Named,
    pub(super) system: Named,
    pub(super) device: Named,
}

/// The lists' names in the file, and what their entries call the replacements of groups.
const LISTS: [(&str, [&str; 5]); 3] = [
    (
        "user_agent_parsers",
        ["family_replacement", "v1_replacement", "v2_replacement", "v3_replacement", ""],
    ),
    (
        "os_parsers",
        [
            "os_replacement",
            "os_v1_replacement",
            "os_v2_replacement",
            "os_v3_replacement",
            "os_v4_replacement",
        ],
    ),
    ("device_parsers", ["device_replacement", "", "", "", ""]),
];

impl Agents {
    /// Reads `regexes.yaml`.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, FileError> {
        let Stored::Map(sections) = yaml::value(&text(bytes)?)? else {
            return Err(FileError::new("holds no YAML mapping"));
        };
        let [browsers, systems, devices] = LISTS.map(|(name, replacements)| {
            let section = sections.iter().find(|(section, _)| **section == *name);
            match section {
                Some((_, Stored::List(items))) => List::new(name, items, &replacements),
                _ => Err(FileError::new(format!("has no list `{name}`"))),
            }
        });
        Ok(Self(Arc::new([browsers?, systems?, devices?])))
    }

    /// What is known of a user agent.
    pub(super) fn find(
        &self,
        agent: &str,
        scratch: &mut Scratch,
    ) -> Result<Known, BudgetExhausted> {
        let [browsers, systems, devices] = &*self.0;
        Ok(Known {
            browser: browsers.find(agent, scratch)?,
            system: systems.find(agent, scratch)?,
            device: devices.find(agent, scratch)?,
        })
    }
}

impl List {
    fn new(name: &str, items: &[Stored], replacements: &[&str; 5]) -> Result<Self, FileError> {
        let entry = |(index, item): (usize, &Stored)| {
            Entry::new(item, replacements).map_err(|message| {
                FileError::new(format!("has a bad entry {} in `{name}`: {message}", index + 1))
            })
        };
        let entries: Box<[Entry]> =
            items.iter().enumerate().map(entry).collect::<Result<_, _>>()?;
        let patterns: Vec<_> = entries.iter().map(|entry| entry.regex.hir()).collect();
        Ok(Self { filter: ListFilter::new(&patterns), entries })
    }

    /// What the first entry that matches makes of the text.
    ///
    /// The steps of all searches are bounded together: an ordinary agent needs some hundred.
    fn find(&self, agent: &str, scratch: &mut Scratch) -> Result<Named, BudgetExhausted> {
        let mut budget = Budget::for_subject(agent.len());
        for word in 0..self.filter.word_count() {
            let mut mask = self.filter.word(word, agent.as_bytes(), scratch);
            while mask != 0 {
                let at = word * WORD_PATTERNS + mask.trailing_zeros() as usize;
                mask &= mask - 1;
                let Some(entry) = self.entries.get(at) else { break };
                if entry.regex.search(agent, 0, scratch, &mut budget)?
                    && let Some(named) = entry.named(agent, scratch)
                {
                    return Ok(named);
                }
            }
        }
        Ok(Named::default())
    }
}

impl Entry {
    fn new(item: &Stored, names: &[&str; 5]) -> Result<Self, String> {
        let Stored::Map(fields) = item else { return Err("it is no mapping".to_owned()) };
        let field = |name: &str| {
            let field = fields.iter().find(|(field, _)| **field == *name);
            field.and_then(|(_, value)| match value {
                Stored::Text(text) => Some(text.clone()),
                Stored::Int(number) => Some(number.to_string().into()),
                _ => None,
            })
        };
        let source = field("regex").ok_or("it has no `regex`")?;
        let ignore_case = field("regex_flag").is_some_and(|flags| flags.contains('i'));
        let flags = Flags { ignore_case, ..Flags::default() };
        let regex = Regex::new(&source, flags)
            .map_err(|error| format!("`{source}` is no regular expression: {}", error.kind))?;
        let replacements = names.map(|name| (!name.is_empty()).then(|| field(name)).flatten());
        Ok(Self { regex, replacements })
    }

    /// The parts of a match; nothing when it has no name.
    fn named(&self, agent: &str, scratch: &Scratch) -> Option<Named> {
        let group = |index: usize| {
            let index = u32::try_from(index).ok()?;
            scratch.group(index).map(|(from, to)| &agent[from..to])
        };
        let has_group = |index: usize| index <= self.regex.group_count();
        let part = |at: usize| match &self.replacements[at] {
            Some(text) if text.contains('$') => Some(filled_in(text, group).into()),
            Some(text) => Some(text.clone()),
            None if has_group(at + 1) => group(at + 1).map(Box::from),
            None => None,
        };
        let parts = [0, 1, 2, 3, 4].map(part);
        parts[0].is_some().then_some(Named { parts })
    }
}

/// A replacement with its `$1` … `$9`, without blanks around it.
fn filled_in<'t>(text: &str, group: impl Fn(usize) -> Option<&'t str>) -> String {
    let mut out = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let digit = characters.peek().and_then(|next| next.to_digit(10));
        match digit {
            Some(digit) if character == '$' => {
                out.push_str(group(digit as usize).unwrap_or(""));
                characters.next();
            }
            _ => out.push(character),
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r"
user_agent_parsers:
  - regex: '(curl)/(\d+)\.(\d+)\.(\d+)'
  - regex: 'Foo(Bar|)/(\d+)'
    family_replacement: 'The $1 foo'
    v2_replacement: 'x'
os_parsers:
  - regex: '(Linux)'
device_parsers:
  - regex: '(nexus) (\d+)'
    regex_flag: 'i'
    device_replacement: '$1 #$2 $3'
";

    fn find(text: &str) -> Known {
        let agents = Agents::read(LIST.as_bytes()).expect("a list");
        agents.find(text, &mut Scratch::default()).expect("steps")
    }

    fn shown(named: &Named) -> String {
        let parts: Vec<&str> = named.parts.iter().map(|part| part.as_deref().unwrap_or("-")).collect();
        parts.join("|")
    }

    #[test]
    fn groups_and_replacements_give_name_and_version() {
        for (text, browser, system, device) in [
            ("curl/8.4.0", "curl|8|4|0|-", "-|-|-|-|-", "-|-|-|-|-"),
            ("FooBar/7 Linux", "The Bar foo|7|x|-|-", "Linux|-|-|-|-", "-|-|-|-|-"),
            ("Foo/7 NEXUS 5", "The  foo|7|x|-|-", "-|-|-|-|-", "NEXUS #5|5|-|-|-"),
        ] {
            let known = find(text);
            let found = [&known.browser, &known.system, &known.device].map(shown);
            assert_eq!(found, [browser, system, device], "{text}");
        }
        assert_eq!(find("?").browser.name(), "Other");
    }

    #[test]
    fn wrong_lists_are_errors_that_say_where() {
        for (text, message) in [
            ("[]", "holds no YAML mapping"),
            ("os_parsers: []", "has no list `user_agent_parsers`"),
            (
                "user_agent_parsers: [{regex: '('}]\nos_parsers: []\ndevice_parsers: []",
                "has a bad entry 1 in `user_agent_parsers`: `(` is no regular expression",
            ),
        ] {
            let error = Agents::read(text.as_bytes()).expect_err(text);
            assert!(error.message.starts_with(message), "{}", error.message);
        }
    }
}
