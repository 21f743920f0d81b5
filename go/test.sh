#!/usr/bin/env bash
# Everything that is to be known of the Go module: `make test-go` runs it, with the library installed under a prefix.
#
#   test.sh PREFIX
#
# Formatting, vet, all tests under the race detector, short fuzzing, the archive instead of the shared library, a fully static
# program. Ends with a line `go: N passed, N failed`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

prefix=$1
fuzz_seconds=${GO_FUZZ_SECONDS:-10}
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
export CGO_ENABLED=1 GOFLAGS=-buildvcs=false GOWORK=off GOTOOLCHAIN=local
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
passed=0 failed=0

# Runs `go test` and adds up its tests; of those that fail, everything is shown.
run() {
  local name=$1
  shift
  local status=0
  "$@" > "$logs/log" 2>&1 || status=$?
  local ok bad
  ok=$(grep -c '^--- PASS' "$logs/log" || true)
  bad=$(grep -c '^--- FAIL' "$logs/log" || true)
  if [ "$status" != 0 ]; then
    cat "$logs/log"
    [ "$bad" != 0 ] || bad=1
  fi
  grep -h '^vectors: \|^ *\(skipped\|[a-z_]*_test.go:[0-9]*: skipped\)' "$logs/log" || true
  echo "go, $name: $ok passed, $bad failed"
  passed=$((passed + ok)) failed=$((failed + bad))
}

# Counts a step that is no `go test` as one test.
step() {
  local name=$1
  shift
  if "$@" > "$logs/log" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "go, $name:"
    cat "$logs/log"
  fi
}

is_formatted() { local list; list=$(gofmt -l .); [ -z "$list" ] || { echo "$list"; return 1; }; }

# The program must not ask for the library when it starts, nor with `static` for any other.
links_archive() {
  local program=$1 mode=$2
  ! readelf --dynamic "$program" 2> "$logs/readelf" | grep -q 'NEEDED.*sawlog' || { echo "asks for libsawlog.so"; return 1; }
  [ "$mode" != static ] || ! readelf --program-headers "$program" | grep -q INTERP || { echo "asks for a loader"; return 1; }
  (unset LD_LIBRARY_PATH; cd "$logs" && "$program" -test.v -test.run '^(Example|TestLine|TestVersions|TestOnePipeline)' > run 2>&1 \
    && grep -q '^PASS' run) || { cat "$logs/run"; return 1; }
}

# Without it, Go takes what it built with an older library's header out of its cache.
tells_header() { pkg-config --cflags "$1" | grep -q "CHECKSUM=$(cksum < "$prefix/include/sawlog.h" | cut -d ' ' -f 1)\b"; }

step gofmt is_formatted
step "header's checksum" tells_header sawlog
step "header's checksum" tells_header sawlog-static
export LD_LIBRARY_PATH=$prefix/lib
step vet go vet ./...
run "race detector" go test -race -count=1 -v ./...
run "fuzzing of streams" go test -count=1 -v -run '^$' -fuzz '^FuzzPieces$' -fuzztime "${fuzz_seconds}s" .
run "fuzzing of configs" go test -count=1 -v -run '^$' -fuzz '^FuzzConfig$' -fuzztime "${fuzz_seconds}s" .
step "archive" go test -c -tags sawlog_static -o "$logs/archive" .
step "archive" links_archive "$logs/archive" shared
step "static program" go test -c -tags sawlog_static,netgo,osusergo \
  -ldflags '-linkmode external -extldflags -static' -o "$logs/static" .
step "static program" links_archive "$logs/static" static
echo "go: $passed passed, $failed failed"
[ "$failed" = 0 ]
