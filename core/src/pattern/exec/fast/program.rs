//! The program of the fast executor: what [`super::compile`] makes and [`super::machine`] runs.

use std::sync::Arc;

use memchr::memmem::Finder;

use crate::scan::ByteClass;

use super::super::super::syntax::Assertion;
use super::super::super::unicode::Class;
use super::super::intrinsics::Intrinsic;

/// Index of an instruction.
pub(super) type Pc = u32;

/// Stands for "no such number".
pub(super) const NONE: u32 = u32::MAX;

/// One instruction. Places are byte offsets; each instruction goes on behind itself unless it says
/// otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    /// Chooses among ways by the next bytes.
    Alt(u32),
    /// Checks a place.
    Assert(Assertion),
    /// Drops the choices made since `AtomicStart`.
    AtomicEnd { reg: u32 },
    /// Remembers the height of the stack.
    AtomicStart { reg: u32 },
    /// Checks whether a word of this class begins or ends here.
    Boundary { class: u32, negated: bool },
    /// Matches one byte.
    Byte(u8),
    /// Matches one character of a set.
    Class(u32),
    /// Enters the body once more or leaves the loop.
    CounterLoop { reg: u32, counter: u32 },
    /// Starts counting.
    CounterReset { reg: u32 },
    /// Counts one iteration.
    CounterStep { reg: u32 },
    /// Drops the choices made since `AtomicStart` if this end can be the only one, else fails.
    Cut { reg: u32, ends: u32 },
    /// Leaves the loop if the iteration consumed nothing.
    EmptyCheck { reg: u32, exit: Pc },
    /// Remembers where an iteration began.
    EmptyStart { reg: u32 },
    /// Matches nothing.
    Fail,
    /// Ends a group that is in no loop.
    GroupEnd { group: u32 },
    /// Begins a group that is in no loop.
    GroupStart { group: u32 },
    /// Asks a routine for the end of a well-known definition.
    Intrinsic(u32),
    /// Continues elsewhere, further on.
    Jump(Pc),
    /// Matches a text.
    Literal(u32),
    /// Goes back to where `LookStart` was and drops the choices since.
    LookEnd { reg: u32 },
    /// Remembers the height of the stack and the place.
    LookStart { reg: u32 },
    /// Continues at an earlier instruction.
    Loop(Pc),
    /// Sets a group that is in a loop.
    LoopGroupEnd { group: u32, reg: u32 },
    /// Remembers where a group in a loop began.
    LoopGroupStart { reg: u32 },
    /// The search is done.
    Match,
    /// The body of a negative look matched: fails before it.
    NegativeEnd { reg: u32 },
    /// Begins a negative look; continues at `out` if its body fails.
    NegativeStart { reg: u32, out: Pc },
    /// Does nothing; there are none in a finished program.
    Nop,
    /// Checks the character before or behind a place.
    Peek { class: u32, behind: bool, negative: bool },
    /// Repeats one character, as often as possible and never less.
    Run(u32),
    /// Repeats one character, and gives back or takes more.
    Span(u32),
    /// Goes back a number of characters.
    StepBack(u32),
}

/// A text, with its first eight bytes as a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Literal {
    pub(super) word: u64,
    pub(super) mask: u64,
    /// Where it is in [`Program::bytes`].
    pub(super) start: u32,
    pub(super) len: u32,
}

/// A choice among ways, in order of priority.
#[derive(Clone, Debug)]
pub(super) struct Alt {
    /// For each place that is looked at: the ways that the byte there, or the end, leaves open.
    pub(super) tables: Box<[Table]>,
    pub(super) ways: Box<[Way]>,
    pub(super) memo: u32,
}

/// Which ways a byte leaves open.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) place: u32,
    /// Which ways the end of the subject leaves open.
    pub(super) end: u32,
    pub(super) ways: Ways,
}

/// Most choices have few ways: their tables are small.
#[derive(Clone, Debug)]
pub(super) enum Ways {
    Few(Arc<[u8; 256]>),
    Many(Arc<[u32; 256]>),
}

/// One way of a choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) target: Pc,
    /// Groups of the other ways, which a try of them may have set: a range of [`Program::clears`].
    pub(super) clear_from: u32,
    pub(super) clear_to: u32,
}

/// A repeat of one character.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) set: RunSet,
    pub(super) min: u32,
    /// `u32::MAX`: no bound.
    pub(super) max: u32,
    /// The group whose whole content this is.
    pub(super) group: u32,
    /// The text that must follow; it is matched with the run.
    pub(super) then: u32,
}

/// What a run repeats.
#[derive(Clone, Debug)]
pub(super) enum RunSet {
    /// Any character.
    Any,
    /// Bytes decide.
    Bytes(Arc<ByteClass>),
    /// Bytes decide for ASCII, `.1` for the rest.
    Mixed(Arc<ByteClass>, Arc<Class>),
}

/// A run with several ends.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) run: Run,
    pub(super) lazy: bool,
    /// The bytes of which one must follow.
    pub(super) follow: Follow,
    pub(super) memo: u32,
    /// Number of the span among those that remember which ends have failed; [`NONE`]: it is bounded.
    pub(super) failed: u32,
}

/// What must follow a span.
#[derive(Clone, Debug)]
pub(super) struct Follow {
    pub(super) has: Box<[bool; 256]>,
    /// Whether the rest can match at the end of the subject.
    pub(super) end: bool,
    /// Whether everything can follow.
    pub(super) any: bool,
    /// The only byte that can follow.
    pub(super) byte: Option<u8>,
    /// Lazy runs stop at what can follow and at what they cannot take.
    pub(super) stop: Arc<ByteClass>,
}

/// A well-known definition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) intrinsic: Intrinsic,
    pub(super) group: u32,
    /// The text that must follow if this end is the only one.
    pub(super) then: u32,
    pub(super) ends: u32,
    /// The definition as a program.
    pub(super) general: Pc,
    /// What comes after it.
    pub(super) next: Pc,
}

/// What the byte behind an end says of it.
#[derive(Clone, Debug)]
pub(super) struct Ends {
    pub(super) bytes: Box<[End; 256]>,
    pub(super) text_end: End,
}

/// What is known of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The rest cannot match here, and there is no other end at which it can.
    Dead,
    /// The rest may match here, and at no other end.
    Only,
    /// The rest cannot match here.
    Other,
    /// The rest may match here, and at other ends too.
    Open,
}

/// A counted loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counter {
    pub(super) min: u32,
    pub(super) max: u32,
    pub(super) lazy: bool,
    pub(super) exit: Pc,
}

/// Where a match can start.
#[derive(Clone, Debug)]
pub(super) enum Start {
    Anywhere,
    Line,
    /// Where these bytes are.
    Literal(Box<Finder<'static>>),
    /// Where these bytes can begin a match: bit `n` of a byte says that it can stand at place `n`.
    Prefix {
        first: Arc<ByteClass>,
        places: Box<[u8; 256]>,
        count: usize,
    },
    /// Only where the search begins.
    Search,
    /// Only at the start of the subject.
    Text,
}

/// A compiled regex.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(super) ops: Vec<Op>,
    pub(super) alts: Vec<Alt>,
    pub(super) clears: Vec<u32>,
    pub(super) runs: Vec<Run>,
    pub(super) spans: Vec<Span>,
    pub(super) classes: Vec<Arc<Class>>,
    pub(super) literals: Vec<Literal>,
    pub(super) bytes: Vec<u8>,
    pub(super) known: Vec<Known>,
    pub(super) ends: Vec<Ends>,
    pub(super) counters: Vec<Counter>,
    pub(super) group_count: u32,
    pub(super) reg_count: u32,
    pub(super) memo_count: u32,
    pub(super) failed_count: u32,
    /// Whether a group is in a loop: it must be reset for every start.
    pub(super) loop_groups: bool,
    /// Whether a group can keep what an earlier search has left.
    pub(super) stale_groups: bool,
    pub(super) start: Start,
    pub(super) required: Option<Finder<'static>>,
    pub(super) min_bytes: usize,
}
