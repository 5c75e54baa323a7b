#!/bin/sh
# starling-sim as people and scripts meet it: first line, last line, JSON, exit codes.
set -eu
sim=$1

fail() {
  echo "program_test: $1" >&2
  exit 1
}

first=$("$sim" --seed 7 | head -n 1)
case $first in
  "seed 7 scenario swarm: "*) ;;
  *) fail "the first line does not name the seed: $first" ;;
esac

"$sim" --seed 3 --json >one.$$
"$sim" --seeds 3..3 --json >two.$$
cmp -s one.$$ two.$$ || fail "one seed gave two results"
grep -q '^{"seed":3,"scenario":"swarm","ok":true,"hash":"' one.$$ || fail "the JSON lacks its keys"
rm -f one.$$ two.$$

"$sim" --seed 3 --engine leveldb | grep -q ' nodes on LevelDB$' || fail "the engine is not told"
"$sim" --seed 3 --engine map --json | grep -q '"nodes_on_leveldb":0,' || fail "the map is not a map"
status=0
"$sim" --seed 3 --engine nonsense 2>/dev/null || status=$?
[ "$status" = 2 ] || fail "an unknown engine ended with $status"

if "$sim" --seed 1 --plant ack-before-sync >failed.$$; then fail "a planted bug was not found"; fi
last=$(tail -n 1 failed.$$)
[ "$last" = "starling-sim --seed 1 --plant ack-before-sync" ] || fail "the last line is: $last"
grep -q '^timeline' failed.$$ || fail "a failure has no timeline"
rm -f failed.$$

"$sim" --list | grep -q partitions || fail "--list names no scenario"
status=0
"$sim" --scenario nonsense 2>/dev/null || status=$?
[ "$status" = 2 ] || fail "an unknown scenario ended with $status"
