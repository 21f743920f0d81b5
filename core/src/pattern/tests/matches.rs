//! What patterns match, by subject: the groups were recorded from joni 2.2.

use super::{Flags, check};

#[test]
fn first_alternative_wins_over_longer_one() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"a|ab", "ab", "0:1"),
            (r"(?:a|ab)c", "abc", "0:3"),
            (r"(a|ab)(c|bcd)(d*)", "abcd", "0:4,0:1,1:4,4:4"),
            (r"a*?b|a*", "aab", "0:3"),
            (r"a*?b|a*", "aaa", "0:3"),
        ],
    );
}

#[test]
fn dot_matches_newline_only_if_told() {
    check(
        Flags { dot_all: false, ..Flags::default() },
        &[
            (r"a.b", "a\nb", "-"),
            (r"a.b", "axb", "0:3"),
            (r"(?m)a.b", "a\nb", "0:3"),
            (r"(?m:a.)b.", "a\nb\n", "-"),
            (r"(?m:a.)b.", "a\nbc", "0:4"),
            (r"(?-m:.)", "\n", "-"),
        ],
    );
}

#[test]
fn lines_begin_and_end_at_every_newline() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"^b$", "a\nb\nc", "2:3"),
            (r"^b$", "b", "0:1"),
            (r"^b$", "ab", "-"),
            (r"\n^", "a\n", "-"),
            (r"\n^", "a\n\n", "1:2"),
            (r"$", "a\r\nb", "2:2"),
            (r"a$", "a\n", "0:1"),
            (r"a$", "a\r\n", "-"),
            (r"^", "", "0:0"),
            (r"\Aa\z", "a", "0:1"),
            (r"\Aa\z", "a\n", "-"),
            (r"a\Z", "a\n", "0:1"),
            (r"a\Z", "a\n\n", "-"),
            (r"\Gb", "ab", "-"),
            (r"\Gb", "b", "0:1"),
        ],
    );
}

#[test]
fn types_are_ascii_and_boundaries_unicode() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"\w+", "Müller", "0:1"),
            (r"\b\w+\b", "naïve", "-"),
            (r"\b\w+\b", "Müller x", "8:9"),
            (r"\d", "٣", "-"),
            (r"\d", "3", "0:1"),
            (r"\s", "\u{a0}", "-"),
            (r"\s", "\u{b}", "0:1"),
            (r"\h+", "xyzAf0g", "3:6"),
            (r"\H", "ag", "1:2"),
            (r"\B", "é", "-"),
            (r"\bé\b", "-é-", "1:3"),
            (r"\bé\b", "aé", "-"),
            (r"\W", "é", "0:2"),
            (r"(?u)\w+", "Müller", "0:7"),
            (r"(?a)[[:alpha:]]+", "éa", "2:3"),
        ],
    );
}

#[test]
fn posix_brackets_are_unicode() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"[[:alpha:]]+", "1éß2", "1:5"),
            (r"[[:^alpha:]]+", "é12", "2:4"),
            (r"[[:word:]]+", "-a_é٣", "1:7"),
            (r"[[:space:]]", "\u{3000}", "0:3"),
            (r"[[:punct:]]+", "a-$+<=>^`|~", "1:11"),
            (r"[[:upper:][:digit:]]+", "aÉ1", "1:4"),
            (r"[[:print:]]+", "\u{1}a b\n", "1:4"),
            (r"[[:graph:]]+", " ab ", "1:3"),
            (r"[[:xdigit:]]+", "gé0F", "3:5"),
            (r"[[:cntrl:]]", "a\u{1f}", "1:2"),
            (r"[[[:alnum:]]_%]+", "/aé_%/", "1:6"),
        ],
    );
}

#[test]
fn properties_are_found_by_loose_names() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"\p{L}+", "1éa", "1:4"),
            (r"\p{^L}+", "a12", "1:3"),
            (r"\p{^Lu}", "Aa", "1:2"),
            (r"\p{Greek}", "aα", "1:3"),
            (r"\p{alnum}\p{^upper}", "ab", "0:2"),
            (r"[\p{Lu}\d]+", "aB1", "1:3"),
            (r"\p{Letter}", "1x", "1:2"),
        ],
    );
}

#[test]
fn class_set_operations_follow_ruby() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"[a-z&&[^aeiou]]+", "eabcde", "2:5"),
            (r"[^a-z&&[aeiou]]+", "eab", "2:3"),
            (r"[a[b]c]+", "xabcx", "1:4"),
            (r"[^[^a]]", "ba", "1:2"),
            (r"[a&&b]", "a", "-"),
            (r"[a&&b]", "b", "-"),
            (r"[]a]+", "a]", "0:2"),
            (r"[^]a]", "a]b", "2:3"),
            (r"[a-zA-Z0-9_.+-=:]+", "!#a,=:?", "2:6"),
            (r"[\w-]+", "!a-b", "1:4"),
            (r"[+-:]+", "!+1:;", "1:4"),
            (r"[a-c-e]+", "d-ae", "1:4"),
            (r"[-a]+", "-a", "0:2"),
            (r"[a-]+", "a-", "0:2"),
            (r"[\b]", "\u{8}", "0:1"),
            (r"[\]\[]+", "a[]", "1:3"),
        ],
    );
}

#[test]
fn named_groups_switch_plain_ones_off() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"(a)(b)", "ab", "0:2,0:1,1:2"),
            (r"(?<n>a)(b)", "ab", "0:2,0:1"),
            (r"(a)(?<n>b)", "ab", "0:2,1:2"),
            (r"(?'n'a)", "a", "0:1,0:1"),
            (r"(?<A:[a][b]:int>a)", "a", "0:1,0:1"),
            (r"(?<@m>a)(?<x-y>b)", "ab", "0:2,0:1,1:2"),
            (r"(?<n>a)|(?<n>b)", "b", "0:1,_,0:1"),
        ],
    );
}

#[test]
fn repeated_group_keeps_its_last_iteration() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"(?<n>[a-z])+", "abc", "0:3,2:3"),
            (r"(?:(a)|b)*", "ab", "0:2,0:1"),
            (r"(?:(a)|b)*", "ba", "0:2,1:2"),
            (r"(a|b)*?c", "abc", "0:3,1:2"),
            (r"(?<n>a?)*", "aa", "0:2,2:2"),
            (r"(?<n>(?<o>a)|b)+", "ab", "0:2,1:2,0:1"),
        ],
    );
}

#[test]
fn atomic_and_possessive_give_nothing_back() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"(?>a+)a", "aaa", "-"),
            (r"a++a", "aaa", "-"),
            (r"a*+a", "aaa", "-"),
            (r"a?+a", "a", "-"),
            (r"a?+a", "aa", "0:2"),
            (r"(?>a|ab)c", "abc", "-"),
            (r"(?>a|ab)c", "ac", "0:2"),
            (r"a{2}+a", "aaaaa", "0:5"),
            (r"a{2}+a", "aaaa", "0:3"),
            (r"(?>(?:a|ab)c?)c", "acc", "0:3"),
            (r"(?>(?:a|ab)c?)c", "abcc", "-"),
            (r"(?>\d\d){1,2}", "12345", "0:4"),
        ],
    );
}

#[test]
fn quantifiers_read_as_ruby_reads_them() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"a{,2}b", "aaab", "1:4"),
            (r"a{2,}b", "ab", "-"),
            (r"a{2,}b", "aaab", "0:4"),
            (r"a{2}?", "aaa", "0:2"),
            (r"a{2}?", "a", "0:0"),
            (r"a{1,2}?", "aaa", "0:1"),
            (r"a{1}{2}", "aaa", "0:2"),
            (r"a{,}b", "a{,}b", "0:5"),
            (r"a{ 1}", "a{ 1}", "0:5"),
            (r"a{b}", "a{b}", "0:4"),
            (r"{a}]}", "{a}]}", "0:5"),
            (r"a**", "aa", "0:2"),
            (r"a+?+", "aaa", "0:3"),
            (r"a{0}b", "ab", "1:2"),
            (r"x{2,3}{2}", "xxxxxxx", "0:6"),
        ],
    );
}

#[test]
fn big_counts_are_counted() {
    check(Flags { dot_all: true, ..Flags::default() }, &[(r"(?:ab|c){2,300}?d", "abcd", "0:4")]);
}

#[test]
fn empty_iterations_end_a_loop() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"(?:a*)*b", "aab", "0:3"),
            (r"(?:a*)*b", "b", "0:1"),
            (r"(?:a?)*?b", "aab", "0:3"),
            (r"(?:|a)*b", "ab", "0:2"),
            (r"(?:a|)+", "aa", "0:2"),
            (r"(?:\b)*a", "a", "0:1"),
            (r"^*a", "a", "0:1"),
        ],
    );
}

#[test]
fn looks_consume_nothing() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"a(?=b)", "ac ab", "3:4"),
            (r"a(?!b)", "ab ac", "3:4"),
            (r"(?=(?<n>a+))a", "aaa", "0:1,0:3"),
            (r"(?<=a|bc)d", "bcd", "2:3"),
            (r"(?<=a|bc)d", "ad", "1:2"),
            (r"(?<=a|bc)d", "cd", "-"),
            (r"(?<!a|bc)d", "bcd ad cd", "8:9"),
            (r"(?<=^|,)x", "ax,x", "3:4"),
            (r"(?<=^|,)x", "x", "0:1"),
            (r"(?<=é)b", "éb", "2:3"),
            (r"(?<![0-9.+-])\d", "-2 3", "3:4"),
            (r"(?<=(?<n>a))b", "ab", "1:2,0:1"),
            (r"(?<=a{2})b", "ab", "-"),
            (r"(?<=a{2})b", "aab", "2:3"),
            (r"(?<=(?<!x)a)b", "xab", "-"),
            (r"(?<=(?<!x)a)b", "yab", "2:3"),
            (r"(?!<[0-9])1", "<1", "1:2"),
        ],
    );
}

#[test]
fn options_end_with_their_group() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"a(?i)b|c", "aB", "0:2"),
            (r"a(?i)b|c", "aC", "0:2"),
            (r"a(?i)b|c", "C", "-"),
            (r"(?:a(?i)b)c", "aBc", "0:3"),
            (r"(?:a(?i)b)c", "aBC", "-"),
            (r"(?i:a)b", "Ab", "0:2"),
            (r"(?i:a)b", "AB", "-"),
            (r"(?i-i:a)", "A", "-"),
            ("(?x) a b # comment\n c", "abc", "0:3"),
            (r"(?x:a b)c d", "abc d", "0:5"),
            (r"(?#comment\))a", "a", "0:1"),
            (r"(?mi-x:A.)", "a\n", "0:2"),
        ],
    );
}

#[test]
fn case_is_ignored_for_all_letters() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"(?i)straße", "STRASSE", "0:7"),
            (r"(?i)straße", "straẞe", "0:8"),
            (r"(?i)strasse", "straße", "0:7"),
            (r"(?i)k", "\u{212a}", "0:3"),
            (r"(?i)[a-k]", "K", "0:1"),
            (r"(?i)σ", "ς", "0:2"),
            (r"(?i)[^k]", "K", "-"),
            (r"(?i)\p{^Lu}", "a", "-"),
            (r"(?i)ﬁ", "FI", "0:2"),
            (r"(?i)é", "É", "0:2"),
            (r"(?<n>(?i)é)\k<n>", "éÉ", "-"),
            (r"(?i)(?<n>é)\k<n>", "éÉ", "0:4,0:2"),
        ],
    );
}

#[test]
fn references_match_what_was_captured() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"(a|b)\1", "abb", "1:3,1:2"),
            (r"(?<n>a)(?<n>b)\k<n>", "aba", "0:3,0:1,1:2"),
            (r"(?<n>a)(?<n>b)\k<n>", "abb", "0:3,0:1,1:2"),
            (r"(?<n>a)(?<n>b)\k<n>", "abc", "-"),
            (r"(a)\k<-1>", "aa", "0:2,0:1"),
            (r"(?<n>a+)-\k'n'", "aaa-aa", "1:6,1:3"),
            (r"(?:(a)|b)\1", "ba", "-"),
            (r"(?:(a)|b)\1", "aa", "0:2,0:1"),
            (r"(?<n:x>a)\k<n:x>", "aa", "0:2,0:1"),
            (r"(a)\10", "aa\u{8}", "1:3,1:2"),
            (r"(a)\10", "aa0", "-"),
        ],
    );
}

#[test]
fn calls_run_the_pattern_of_a_group() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"(?<p>\((?:[^()]|\g<p>)*\))", "x(a(b)c)(", "1:8,1:8"),
            (r"(?<n>a|b\g<n>c)", "bbacc", "0:5,0:5"),
            (r"(?<d>\d+){0}\g<d>-\g<d>", "a12-34", "1:6,4:6"),
            (r"(a|b\g<0>c)", "bac", "0:3,0:3"),
            (r"(a)\g<1>", "aa", "0:2,1:2"),
            (r"(?<a>x(?<b>y)?)\g<a>", "xyx", "0:3,2:3,1:2"),
            (r"(?<a>x(?<b>y)?)\g<a>", "xxy", "0:3,1:3,2:3"),
        ],
    );
}

#[test]
fn conditionals_ask_whether_a_group_is_set() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"(a)?(?(1)b|c)", "ab", "0:2,0:1"),
            (r"(a)?(?(1)b|c)", "c", "0:1,_"),
            (r"(a)?(?(1)b|c)", "b", "-"),
            (r#"(?<q>")?x(?(<q>)")"#, "\"x\"", "0:3,0:1"),
            (r#"(?<q>")?x(?(<q>)")"#, "x", "0:1,_"),
            (r#"(?<q>")?x(?(<q>)")"#, "\"x", "1:2,_"),
            (r"(?<q>a)?(?(<q>)b|c)", "ac", "1:2,_"),
        ],
    );
}

#[test]
fn keep_moves_the_start_of_the_match() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"a\Kb", "ab", "1:2"),
            (r"(?:a\K|b)c", "ac", "1:2"),
            (r"(?:a\K|b)c", "bc", "0:2"),
            (r"(?=ab\K)", "xab", "1:1"),
            (r"a\Kb|.", "acab", "0:1"),
        ],
    );
}

#[test]
fn line_breaks_and_clusters_are_one() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"\R", "a\r\nb", "1:3"),
            (r"\R", "\u{85}", "0:2"),
            (r"\R", "\u{2028}", "0:3"),
            (r"\R\n", "\r\n", "-"),
            (r"\X", "e\u{301}x", "0:3"),
            (r"\X", "\r\n", "0:2"),
            (r"\X", "👨\u{200d}👩\u{200d}👧x", "0:18"),
            (r"\X", "🇩🇪🇫🇷", "0:8"),
            (r"\X", "각x", "0:3"),
            (r"\X", "\u{301}a", "0:2"),
        ],
    );
}

#[test]
fn escapes_stand_for_characters() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"\t\n\r\f\v\a\e\0", "\t\n\r\u{c}\u{b}\u{7}\u{1b}\u{0}", "0:8"),
            (r"\x41\u00e4\103", "AäC", "0:4"),
            (r"\cA\C-b", "\u{1}\u{2}", "0:2"),
            (r"\xc3\xa4", "ä", "0:2"),
            (r"\303\244", "ä", "0:2"),
            (r"[\xc3\xa4]", "ä", "0:2"),
            (r#"\/\-\"\Q\ä"#, "/-\"Qä", "0:6"),
            (r"[\x21-\x5a]+", " !Z[", "1:3"),
        ],
    );
}

#[test]
fn absent_operator_takes_the_longest_text_without() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"/\*(?~\*/)\*/", "/* a * b */ c */", "0:11"),
            (r"(?~abc)", "xxabc", "0:4"),
            (r"(?~abc)", "ab", "0:2"),
            (r"x(?~ab)c", "xabc", "-"),
            (r"x(?~ab)c", "xacc", "0:4"),
        ],
    );
}

#[test]
fn places_are_bytes_on_character_boundaries() {
    check(
        Flags { dot_all: true, ..Flags::default() },
        &[
            (r"日.", "x日本", "1:7"),
            (r"[^a]+?本", "日本", "0:6"),
            (r".{2}", "日本語", "0:6"),
            (r"\p{Han}++", "a日本", "1:7"),
            (r"(?<=日)本?", "日本", "3:6"),
        ],
    );
}
