# SPDX-License-Identifier: GPL-2.0-only
# Every sensitive instruction with random registers and flags: a kernel whose
# sites were rewritten and one whose sites trap must say the same.
lol run --quiet --memory 64M --kernel "$BUILD/toy-sites"
is "$status" 0 "rewritten: exit status"
sed 's/ *$//' out > rewritten
lol run --quiet --memory 64M --kernel "$BUILD/toy-sites" --no-rewrite
is "$status" 0 "trapping: exit status"
is "$(wc -l < rewritten)" "$(grep -c '^INSTRUCTION(' "$TESTS/toy/sites.c")" "one result for each instruction"
while read -r name rest; do
	is "$(grep "^$name " out | sed 's/ *$//')" "$name $rest" "$name: rewritten and trapping agree"
done < rewritten
