#!/usr/bin/env bash
# Runs elastic/go-grok and Elasticsearch's Java grok over the corpora of `make bench` and prints MB of
# input a second of processor time, at most SECONDS for each task. What both do is find the first
# pattern that matches and collect its captures in a map: T3 here is without its date and its JSON.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${SECONDS_EACH:-10}
megabytes=${CORPUS_MB:-20}
shared=${SAWLOG_SHARED:-../../../shared}
corpora=../../target/corpora-$megabytes
build=$PWD/../../target/others
mkdir -p "$build" "$corpora"
[ -e "$corpora/access.log" ] || python3 "$shared/data/corpora.py" "$megabytes" "$corpora" > /dev/null

(cd go && GOFLAGS=-mod=mod go build -o "$build/go-grok" .)
mvn -q -f java/pom.xml compile dependency:build-classpath \
  -Dmdep.outputFile="$build/classpath" 1>&2

# The patterns of a task, one a line.
patterns() {
  sed -n -e 's/.*"message" => "\([^"]*\)".*/\1/p' -e "s/^ *'\(.*\)',\{0,1\}\$/\1/p" \
    "$shared/data/tasks/$1.conf" > "$build/$1.patterns"
  echo "$build/$1.patterns"
}

echo "machine: $(sed -n 's/^model name\t: //p' /proc/cpuinfo | head -n 1); commit $(git describe --always --dirty)"
echo "$(go env GOVERSION), $(sed -n 's/^require \(.*go-grok.*\)/\1/p' go/go.mod)"
echo "$(java -version 2>&1 | head -n 1), elasticsearch-grok $(sed -n '/elasticsearch-grok/{n;s/.*>\(.*\)<.*/\1/p}' java/pom.xml)"
echo
echo "| task | | MB/s | bytes read | lines matched |"
echo "|---|---|--:|--:|--:|"
for task in T1:access T3:app T4:syslog T6:syslog T6n:nomatch; do
  name=${task%:*}
  config=$(echo "${name%n}" | tr T t)
  corpus=$corpora/${task#*:}.log
  GOMAXPROCS=1 "$build/go-grok" "$name" "$(patterns "$config")" "$corpus" "$seconds"
  java -XX:+UseSerialGC -XX:ActiveProcessorCount=1 -cp "java/target/classes:$(cat "$build/classpath")" \
    Others "$name" "$(patterns "$config")" "$corpus" "$seconds"
done
