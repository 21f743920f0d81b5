#!/usr/bin/env bash
# The C interface beside the engine: instructions of a round under callgrind (two runs whose rounds differ by one), and the processor
# time of 21 pairs in turn. Prints Markdown. Needs valgrind, a C compiler and python3.
#
#   c.sh PREFIX BATCHES CONFIG LOG    PREFIX: where the library is installed; BATCHES: the program of benches/src/bin/batches.rs
set -euo pipefail
cd "$(dirname "$0")"

prefix=$1 engine=$2 config=$3 log=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -std=c99 -O2 -I"$prefix/include" batches.c -L"$prefix/lib" -lsawlog -Wl,-rpath,"$prefix/lib" -o "$work/c"
head -c 4000000 "$log" > "$work/batches.log"
printf 'filter { grok { match => { "message" => "%%{WORD:verb} %%{NOTSPACE:path} %%{INT:status:int}" } } }\n' > "$work/lines.conf"
python3 -c "print('\n'.join(['GET /index.html 200'] * 20000), end='')" > "$work/lines.log"

# Callgrind counts `rep movsb`, by which glibc copies large blocks, as an instruction for each byte.
export GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=0x40000000

# Instructions of one round: of three rounds less those of two, when what grows has grown.
instructions() {
  local few many
  count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$1" "$2" "$3" "$4" "$5" 2>&1 >/dev/null |
      sed -n 's/.*Collected : //p'
  }
  few=$(count "$1" "$2" "$3" 2 "$4")
  many=$(count "$1" "$2" "$3" 3 "$4")
  echo $((many - few))
}

echo 'Instructions: callgrind, with glibc told not to copy by `rep movsb`, which would count as one for each byte.'
echo
echo '| T2, 4 MB in pieces of 64 KiB | instructions a byte | over the engine |'
echo '|---|---|---|'
base=$(instructions "$engine" "$config" "$work/batches.log" batches)
echo "| engine | $(python3 -c "print(f'{$base / 4e6:.3f}')") | |"
for mode in batches transform shown; do
  one=$(instructions "$work/c" "$config" "$work/batches.log" "$mode")
  case $mode in
    batches) name='`push` and `pull`' ;;
    transform) name='`transform`' ;;
    shown) name='`push`, `output`, `take_output`' ;;
  esac
  echo "| $name | $(python3 -c "print(f'{$one / 4e6:.3f} | {($one / $base - 1) * 100:+.2f} %')") |"
done
echo
unset GLIBC_TUNABLES
pairs() {
  python3 - "$@" <<'END'
import statistics, subprocess, sys
engine, c, config, log, engine_mode, mode, unit, count = sys.argv[1:]
def once(program, mode):
    return int(subprocess.run([program, config, log, "3", mode], capture_output=True, text=True, check=True).stdout)
pairs = []
for at in range(21):
    order = [(engine, engine_mode), (c, mode)]
    found = [once(*one) for one in (order if at % 2 else order[::-1])]
    pairs.append(tuple(found if at % 2 else found[::-1]))
if unit == "percent":
    over = sorted((b / a - 1) * 100 for a, b in pairs)
    form = "{:+.1f} %"
else:
    over = sorted((b - a) / int(count) for a, b in pairs)
    form = "{:+.0f} ns"
middle = form.format(statistics.median(over))
print(f"{middle} (middle half {form.format(over[5])} to {form.format(over[15])})")
END
}
echo "Processor time of \`push\` and \`pull\` over the engine's, median of 21 pairs in turn:" \
  "$(pairs "$engine" "$work/c" "$config" "$work/batches.log" batches batches percent 0)."
echo
export GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=0x40000000
base=$(instructions "$engine" "$work/lines.conf" "$work/lines.log" lines)
one=$(instructions "$work/c" "$work/lines.conf" "$work/lines.log" lines)
echo "One small line (\`GET /index.html 200\`, grok with three captures, its values read): $((base / 20000)) instructions in the engine," \
  "$((one / 20000)) through \`sawlog_worker_run_line\`; processor time over the engine's, median of 21 pairs in turn:" \
  "$(pairs "$engine" "$work/c" "$work/lines.conf" "$work/lines.log" lines lines ns 20000)."
echo
echo "The shared library as installed: $(stat --dereference --format=%s "$prefix/lib/libsawlog.so") bytes; wanted are less than 6,000,000."
