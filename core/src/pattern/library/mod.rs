//! Looks up the stock grok definitions: a name and a set in, the text of a definition out.
//!
//! The tables are put together by `build.rs` from the crate `grok` and the data files beside this
//! one. Source of behaviour: the sets `legacy` and `ecs-v1` of Logstash's patterns-core.

mod dictionary;

pub use dictionary::Dictionary;

/// Names one of the two stock sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternSet {
    /// `ecs_compatibility` v1 and v8: captures named as the Elastic Common Schema does.
    EcsV1,
    /// `ecs_compatibility` disabled: the names Logstash had before.
    Legacy,
}

/// Returns the text of a stock definition.
pub fn lookup(set: PatternSet, name: &str) -> Option<&'static str> {
    let table = table(set);
    let index = table.binary_search_by_key(&name, |&(name, _)| name).ok()?;
    table.get(index).map(|&(_, text)| text)
}

/// Lists the names and texts of a set, ascending by name.
pub fn names(set: PatternSet) -> impl Iterator<Item = (&'static str, &'static str)> {
    table(set).iter().copied()
}

fn table(set: PatternSet) -> &'static [(&'static str, &'static str)] {
    match set {
        PatternSet::EcsV1 => ECS_V1,
        PatternSet::Legacy => LEGACY,
    }
}

include!(concat!(env!("OUT_DIR"), "/grok_patterns.rs"));

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::pattern::expand::{expand, parse_capture_name};
    use crate::pattern::{Budget, Flags, Regex, Scratch};

    const SETS: [PatternSet; 2] = [PatternSet::EcsV1, PatternSet::Legacy];

    #[test]
    fn sets_hold_as_many_names_as_logstash() {
        assert_eq!(names(PatternSet::Legacy).count(), 317);
        // 361 and CLOUDFRONT_EDGE_LOCATION.
        assert_eq!(names(PatternSet::EcsV1).count(), 362);
    }

    #[test]
    fn ecs_v1_has_every_legacy_name() {
        for (name, _) in names(PatternSet::Legacy) {
            assert!(lookup(PatternSet::EcsV1, name).is_some(), "{name}");
        }
    }

    #[test]
    fn every_name_is_found() {
        for set in SETS {
            for (name, text) in names(set) {
                assert_eq!(lookup(set, name), Some(text));
            }
            assert_eq!(lookup(set, "NO_SUCH_NAME"), None);
        }
    }

    #[test]
    fn every_definition_expands() {
        for set in SETS {
            let dictionary = Dictionary::new(set);
            for (name, _) in names(set) {
                let expansion = expand(&format!("%{{{name}}}"), &dictionary, true).unwrap();
                assert!(!expansion.regex.contains("%{"), "{name}: {}", expansion.regex);
            }
        }
    }

    #[test]
    fn ecs_v1_renames_captures_of_the_same_shape() {
        let of = |set| lookup(set, "SYSLOGPROG").unwrap();
        assert_eq!(of(PatternSet::Legacy), r"%{PROG:program}(?:\[%{POSINT:pid}\])?");
        assert_eq!(
            of(PatternSet::EcsV1),
            r"%{PROG:[process][name]}(?:\[%{POSINT:[process][pid]:int}\])?"
        );
        assert!(!lookup(PatternSet::EcsV1, "URIHOST").unwrap().contains(":port"));
    }

    #[test]
    fn legacy_has_no_ecs_field_outside_ecs_v1() {
        for (name, text) in names(PatternSet::Legacy) {
            for token in text.split("%{").skip(1) {
                assert!(!token.split('}').next().unwrap().contains(":["), "{name}: {token}");
            }
        }
    }

    /// Prints what a definition captures of a line as `field=text`, in the order of the groups.
    fn captured(set: PatternSet, name: &str, line: &str) -> Vec<String> {
        let expansion = expand(&format!("%{{{name}}}"), &Dictionary::new(set), true).unwrap();
        let flags = Flags { dot_all: true, ..Flags::default() };
        let regex = Regex::new(&expansion.regex, flags).unwrap();
        let (mut scratch, mut budget) = (Scratch::new(), Budget::for_subject(line.len()));
        assert!(regex.search(line, 0, &mut scratch, &mut budget).unwrap(), "{name}: {line}");
        let mut fields = Vec::new();
        for (group_name, group) in regex.group_names() {
            if let Some((start, end)) = scratch.group(*group) {
                let field = parse_capture_name(group_name).field;
                fields.push(format!("{field}={}", &line[start..end]));
            }
        }
        fields
    }

    #[test]
    fn legacy_definitions_of_ours_read_their_logs() {
        let rows: [(&str, &str, &[&str]); 6] = [
            (
                "BIND9",
                "02-Mar-2024 08:09:10.111 queries: info: client @0x7fab 192.0.2.9#5353 (www.example.org): query: www.example.org IN MX + (192.0.2.53)",
                &[
                    "timestamp=02-Mar-2024 08:09:10.111",
                    "loglevel=info",
                    "clientip=192.0.2.9",
                    "clientport=5353",
                    "query=www.example.org",
                    "query=www.example.org",
                    "querytype=MX +",
                    "dns=192.0.2.53",
                ],
            ),
            (
                "BACULA_LOGLINE",
                "02-Mar 08:09 store-sd JobId 7: Could not stat /srv/x: ERR=No such file",
                &["bts=02-Mar 08:09", "hostname=store-sd", "jobid=7", "berror=No such file"],
            ),
            (
                "EXIM_NAMED_FIELDS",
                r#" H=mx.example.org (mx) [192.0.2.8]:4711 X=TLS1.3 S=99 T="a b""#,
                &[
                    "remote_hostname=mx.example.org",
                    "remote_heloname=mx",
                    "remote_host=192.0.2.8",
                    "remote_port=4711",
                    "exim_msg_size=99",
                    r#"exim_subject="a b""#,
                ],
            ),
            (
                "HTTPD24_ERRORLOG",
                "[Sat Mar 02 08:09:10 2024] [:warn] [pid 12] [client 192.0.2.7:80] slow",
                &[
                    "timestamp=Sat Mar 02 08:09:10 2024",
                    "loglevel=warn",
                    "pid=12",
                    "clientip=192.0.2.7",
                    "clientport=80",
                    "message=slow",
                ],
            ),
            (
                "NAGIOS_TIMEPERIOD_TRANSITION",
                "TIMEPERIOD TRANSITION: nights;-1;1",
                &[
                    "nagios_type=TIMEPERIOD TRANSITION",
                    "nagios_service=nights",
                    "nagios_unknown1=-1",
                    "nagios_unknown2=1",
                ],
            ),
            ("SYSLOGTIMESTAMP", "Juli  4 01:02:03", &[]),
        ];
        for (name, line, fields) in rows {
            assert_eq!(captured(PatternSet::Legacy, name, line), fields, "{name}");
        }
    }

    #[test]
    fn ecs_v1_definitions_of_ours_read_their_logs() {
        let rows: [(&str, &str, &[&str]); 6] = [
            (
                "BACULA_LOGLINE",
                "02-Mar-2024 08:09 store-sd: Volume tape7 previously written, moving to end of data.",
                &[
                    "timestamp=02-Mar-2024 08:09",
                    "[host][hostname]=store-sd",
                    "[bacula][volume][name]=tape7",
                ],
            ),
            (
                "CISCOFW106023",
                "Deny udp src lan:192.0.2.1/53 dst wan:db.example.org/54 by access-group \"a b\" [0x1, 0x2]",
                &[
                    "[cisco][asa][outcome]=Deny",
                    "[cisco][asa][network][transport]=udp",
                    "[observer][ingress][interface][name]=lan",
                    "[source][ip]=192.0.2.1",
                    "[source][port]=53",
                    "[observer][egress][interface][name]=wan",
                    "[destination][address]=db.example.org",
                    "[destination][port]=54",
                    "[cisco][asa][rule_name]=a b",
                    "[@metadata][cisco][asa][hashcode1]=0x1",
                    "[@metadata][cisco][asa][hashcode2]=0x2",
                ],
            ),
            (
                "HTTPD_COMBINEDLOG",
                r#"192.0.2.1 - eva [02/Mar/2024:08:09:10 +0100] "GET /a?b HTTP/1.1" 304 - "-" "curl/8""#,
                &[
                    "[source][address]=192.0.2.1",
                    "[user][name]=eva",
                    "timestamp=02/Mar/2024:08:09:10 +0100",
                    "[http][request][method]=GET",
                    "[url][original]=/a?b",
                    "[http][version]=1.1",
                    "[http][response][status_code]=304",
                    "[user_agent][original]=curl/8",
                ],
            ),
            (
                "SYSLOGLINE",
                "Mar  2 08:09:10 web1 cron[12]: done",
                &[
                    "timestamp=Mar  2 08:09:10",
                    "[host][hostname]=web1",
                    "[process][name]=cron",
                    "[process][pid]=12",
                    "message=done",
                ],
            ),
            (
                "TOMCATLOG",
                "02-Mar-2024 08:09:10.111 INFO [main] org.example.App.run up",
                &[
                    "timestamp=02-Mar-2024 08:09:10.111",
                    "[log][level]=INFO",
                    "[java][log][origin][thread][name]=main",
                    "[java][log][origin][class][name]=org.example.App",
                    "[log][origin][function]=run",
                    "message=up",
                ],
            ),
            ("ZEEK_FILES_TX_HOSTS", "192.0.2.1,192.0.2.2\t", &["[server][ip]=192.0.2.1"]),
        ];
        for (name, line, fields) in rows {
            assert_eq!(captured(PatternSet::EcsV1, name, line), fields, "{name}");
        }
    }
}
