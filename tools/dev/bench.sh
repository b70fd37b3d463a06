#!/usr/bin/env bash
# bench.sh BUILD_FOLDER [FILTER]: what calls cost, how fast Cumulet starts, what it holds; then the micro-benchmarks.
# FILTER is part of the name of a scenario ("GetItem"), "start", or a regular expression over micro-benchmarks.
set -euo pipefail
build=$1
filter=${2:-}

echo "== Load: server on one core, 32 connections from another"
"$build/tests/bench/cumulet_load" "$build/cumulet" "$filter"
cat <<'TEXT'
to be reached: SendMessage 18 us ephemeral, 28 us durable; GetItem 18 us; first answer 30 ms ephemeral, 100 ms durable;
idle memory 40 MiB; Lambda 60 us and 5,000 calls/s with 8 clients, 20 MiB of 1,000 idle functions; an API's MOCK
25 us, HTTP_PROXY 45 us with its endpoint, Lambda proxy 4,000 requests/s; below, dispatch 6 us
TEXT

for program in "$build"/*_bench; do
    # Only what matches is run, and programs without a match stay silent.
    [ -n "$("$program" --benchmark_list_tests --benchmark_filter="${filter:-.}" 2>/dev/null | grep -v '^Failed')" ] || continue
    echo
    echo "== $(basename "$program")"
    "$program" --benchmark_filter="${filter:-.}" --benchmark_min_time=0.2 --benchmark_color=false 2>/dev/null
done
