// CLDR's JSON packages -> core/src/time/locales.tsv: the names of months, weekdays, am/pm and eras
// of every locale, as Java 17's DateFormatSymbols gives them. See README.md for how to run it.
//
// Each line is `tags TAB months TAB short months TAB days TAB short days TAB am|pm TAB eras`: tags
// separated by spaces, names by `|`, days from Sunday. A locale that its shorter tag answers for
// (fr-FR: fr) has no tag of its own. The line of `root` answers for everything else.
import { createRequire } from "node:module";
import { readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const [modules, target] = process.argv.slice(2).map((path) => resolve(path));
const require = createRequire(join(modules, "x"));
const dates = join(dirname(require.resolve("cldr-dates-full/package.json")), "main");
const parents = require("cldr-core/supplemental/parentLocales.json").supplemental.parentLocales
  .parentLocale;
const likely = require("cldr-core/supplemental/likelySubtags.json").supplemental.likelySubtags;

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const MONTHS = Array.from({ length: 12 }, (_, month) => String(month + 1));

// Java has English names where CLDR's root has `M01`.
const ROOT = {
  months: "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec",
  days: "Sun|Mon|Tue|Wed|Thu|Fri|Sat",
};

function row(tag) {
  const all = require(join(dates, tag, "ca-gregorian.json")).main[tag].dates.calendars.gregorian;
  const join_ = (names, keys) => keys.map((key) => names[key]).join("|");
  const months = all.months.format;
  const days = all.days.format;
  const fields = [
    join_(months.wide, MONTHS),
    join_(months.abbreviated, MONTHS),
    join_(days.wide, DAYS),
    join_(days.abbreviated, DAYS),
    join_(all.dayPeriods.format.wide, ["am", "pm"]),
    join_(all.eras.eraAbbr, ["0", "1"]),
  ];
  if (fields[0].startsWith("M01")) fields[0] = ROOT.months;
  if (fields[1].startsWith("M01")) fields[1] = ROOT.months;
  return fields.join("\t");
}

const rows = new Map();
for (const tag of readdirSync(dates)) {
  if (tag !== "root") rows.set(tag, row(tag));
}
const root = [ROOT.months, ROOT.months, ROOT.days, ROOT.days, "AM|PM", "BCE|CE"].join("\t");

// A locale without names of its own has those of its parent, which need not be its shorter tag.
for (const [tag, parent] of Object.entries(parents)) {
  if (!rows.has(tag)) rows.set(tag, parent === "root" ? root : (rows.get(parent) ?? root));
}
// A region that implies a script: zh-TW is zh-Hant-TW. Java does this for Chinese alone.
for (const [from, to] of Object.entries(likely)) {
  const [language, script, region] = to.split("-");
  const key = `${language}-${region}`;
  if (language === "zh" && from === key && !rows.has(key) && rows.has(`${language}-${script}`)) {
    rows.set(key, rows.get(to) ?? rows.get(`${language}-${script}`));
  }
}
// Java answers to the withdrawn codes of some languages too.
const OLD = { in: "id", iw: "he", ji: "yi", mo: "ro", sh: "sr-Latn", tl: "fil" };
for (const [old, tag] of Object.entries(OLD)) rows.set(old, rows.get(tag));

rows.set("root", root);
const shorter = (tag) => {
  for (let cut = tag.lastIndexOf("-"); cut > 0; cut = tag.lastIndexOf("-", cut - 1)) {
    if (rows.has(tag.slice(0, cut))) return tag.slice(0, cut);
  }
  return "root";
};
const lines = new Map();
for (const tag of [...rows.keys()].sort()) {
  if (tag !== "root" && rows.get(shorter(tag)) === rows.get(tag)) continue;
  const names = rows.get(tag);
  lines.set(names, [...(lines.get(names) ?? []), tag]);
}
const text = [...lines].map(([names, tags]) => `${tags.join(" ")}\t${names}\n`).join("");
writeFileSync(target, text);
