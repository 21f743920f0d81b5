//! Lines made up here: the same bytes on every machine.

use std::fmt::Write as _;

/// Appends one line, without its end.
pub type Line = fn(&mut Numbers, &mut String);

/// So many lines of a kind.
pub fn text(lines: u64, line: Line) -> String {
    let mut numbers = Numbers(1);
    let mut text = String::new();
    for _ in 0..lines {
        line(&mut numbers, &mut text);
        text.push('\n');
    }
    text
}

/// Knuth's MMIX generator, by its upper bits.
#[derive(Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    /// One of some texts.
    pub fn one_of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[usize::try_from(self.below(texts.len() as u64)).unwrap_or_default()]
    }
}

/// An address: of three, two are in MaxMind's database for tests.
pub fn address(numbers: &mut Numbers, line: &mut String) {
    let network =
        numbers.one_of(&["89.160.20", "81.2.69", "216.160.83", "175.16.199", "10.1.2", "192.0.2"]);
    let last = match network {
        "81.2.69" => 142 + numbers.below(50),
        "89.160.20" => 112 + numbers.below(15),
        _ => numbers.below(255),
    };
    let _ = write!(line, "{network}.{last}");
}

/// What a client says that it is: some thousand different ones.
pub fn agent(numbers: &mut Numbers, line: &mut String) {
    let (major, minor) = (70 + numbers.below(60), numbers.below(30));
    let _ = match numbers.below(6) {
        0 => write!(
            line,
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.{minor}.1 Safari/537.36"
        ),
        1 => write!(
            line,
            "Mozilla/5.0 (X11; Linux x86_64; rv:{major}.0) Gecko/20100101 Firefox/{major}.{minor}"
        ),
        2 => write!(
            line,
            "Mozilla/5.0 (iPhone; CPU iPhone OS 16_{minor} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.{minor} Mobile/15E148 Safari/604.1"
        ),
        3 => write!(line, "curl/7.{major}.{minor}"),
        4 => line
            .write_str("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
        _ => write!(line, "python-requests/2.{minor}.{major}"),
    };
}

/// A line of a web server.
pub fn access(numbers: &mut Numbers, line: &mut String) {
    let number = |numbers: &mut Numbers| numbers.below(255);
    let (a, b) = (number(numbers), number(numbers));
    let (minute, second) = (numbers.below(60), numbers.below(60));
    let verb = numbers.one_of(&["GET", "GET", "POST", "HEAD"]);
    let path =
        numbers.one_of(&["/", "/img/logo.png", "/api/items?page=2&sort=name", "/a/b/c.html"]);
    let status = numbers.one_of(&["200", "200", "304", "404"]);
    let bytes = numbers.below(90_000);
    let referrer = numbers.one_of(&["-", "https://shop.example/list?q=shoes"]);
    let agent = numbers.one_of(&[
        "curl/7.81.0",
        "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
        "Mozilla/5.0 (compatible; a \\\"quoted\\\" bot)",
    ]);
    let user = numbers.one_of(&["-", "-", "frank"]);
    // One line in 64 is no request at all.
    if numbers.below(64) == 0 {
        write!(line, "connection {a} closed by peer after {bytes} bytes")
    } else {
        write!(
            line,
            "10.{a}.0.{b} - {user} [17/May/2015:10:{minute:02}:{second:02} +0000] \
             \"{verb} {path} HTTP/1.1\" {status} {bytes} \"{referrer}\" \"{agent}\""
        )
    }
    .expect("a string takes everything");
}

/// A line of a syslog, in several forms.
pub fn system(numbers: &mut Numbers, line: &mut String) {
    let program = numbers.one_of(&["sshd", "kernel", "cron", "systemd"]);
    let (pid, second) = (numbers.below(32_000), numbers.below(60));
    let port = numbers.below(65_536);
    match numbers.below(8) {
        0 => write!(line, "2024-03-15T14:23:{second:02}.001Z ERROR pool exhausted after {pid} ms"),
        1 => write!(line, "session {pid}: action=login user=u{port} result=denied"),
        2 => write!(line, "----- {pid} -----"),
        _ => write!(
            line,
            "Mar 15 14:23:{second:02} web-1 {program}[{pid}]: connection from 10.0.0.1 port {port}"
        ),
    }
    .expect("a string takes everything");
}

/// A line of loguru.
pub fn json(numbers: &mut Numbers, line: &mut String) {
    let level = numbers.one_of(&["INFO", "WARNING", "ERROR"]);
    let text =
        numbers.one_of(&["cache refreshed", "user \\\"q\\\" logged in", "caf\\u00e9 \u{2615}"]);
    let (pid, at) = (numbers.below(32_000), numbers.below(1_000_000));
    write!(
        line,
        "{{\"text\":\"{text}\\n\",\"record\":{{\"elapsed\":{{\"seconds\":0.{at:06}}},\
         \"exception\":null,\"extra\":{{\"ids\":[{pid},{at}],\"ok\":true}},\
         \"level\":{{\"name\":\"{level}\",\"no\":{pid}}},\"message\":\"{text}\",\
         \"time\":{{\"timestamp\":1710512581.{at:06}}}}}}}"
    )
    .expect("a string takes everything");
}

/// A request without quotes and brackets, ten words.
pub fn words(numbers: &mut Numbers, line: &mut String) {
    let verb = numbers.one_of(&["GET", "POST", "HEAD"]);
    let path = numbers.one_of(&["/", "/img/logo.png", "/api/items?page=2&sort=name"]);
    let (a, b, second) = (numbers.below(255), numbers.below(255), numbers.below(60));
    let (bytes, millis) = (numbers.below(90_000), numbers.below(900));
    write!(
        line,
        "2024-03-15T14:23:{second:02}Z web-{a} 10.{a}.0.{b} frank {verb} {path} HTTP/1.1 200 {bytes} {millis}"
    )
    .expect("a string takes everything");
}

/// A line of a firewall: keys and values, some of them quoted.
pub fn pairs(numbers: &mut Numbers, line: &mut String) {
    let action = numbers.one_of(&["accept", "deny", "close"]);
    let (a, port, bytes) = (numbers.below(255), numbers.below(65_536), numbers.below(90_000));
    write!(
        line,
        "date=2024-03-15 time=14:23:05 devname=\"FW-{a}\" logid=0000000013 type=traffic \
         subtype=forward level=notice srcip=10.0.{a}.7 srcport={port} srcintf=\"port 2\" \
         dstip=192.0.2.{a} dstport=443 proto=6 action={action} policyid=12 service=\"HTTPS\" \
         duration=61 sentbyte={bytes} rcvdbyte=5231"
    )
    .expect("a string takes everything");
}

/// A row of eight columns, one of them quoted.
pub fn columns(numbers: &mut Numbers, line: &mut String) {
    let level = numbers.one_of(&["Information", "Warning", "Error"]);
    let (id, pid, host) = (numbers.below(9000), numbers.below(32_000), numbers.below(40));
    write!(
        line,
        "{level},2024-03-15 14:23:05,Microsoft-Windows-Security-Auditing,{id},{pid},\
         WS-{host},\"An account was logged on, type \"\"3\"\"\",Security"
    )
    .expect("a string takes everything");
}

/// An XML element with four children.
pub fn element(numbers: &mut Numbers, line: &mut String) {
    let (id, host) = (numbers.below(9000), numbers.below(40));
    write!(
        line,
        "<event id=\"{id}\"><host>web-{host}</host><level>warning</level>\
         <user name=\"frank\"/><text>disk &lt;sda&gt; is full</text></event>"
    )
    .expect("a string takes everything");
}

/// An event with fields for the filters that take single values.
pub fn fields(numbers: &mut Numbers, line: &mut String) {
    let agent = numbers.one_of(&[
        "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
         Chrome/121.0.0.0 Safari/537.36",
        "curl/7.81.0",
    ]);
    let (a, b, pri) = (numbers.below(255), numbers.below(255), numbers.below(192));
    let user = numbers.below(100_000);
    write!(
        line,
        "{{\"client\":\"10.{a}.0.{b}\",\"public\":\"81.2.69.{b}\",\"verb\":\"GET\",\"status\":\"404\",\
         \"size\":\"12 kB\",\"syslog_pri\":\"{pri}\",\"agent\":\"{agent}\",\"user\":\"u{user}\",\
         \"path\":\"/search%20here?q=caf%C3%A9\",\"host.name\":\"web-1.shop.example.co.uk\",\
         \"words\":[\"one\",\"two\",\"three\"],\"map\":{{\"a\":1,\"b\":\"two\"}},\"took\":{a}}}"
    )
    .expect("a string takes everything");
}
