# SPDX-License-Identifier: GPL-2.0-only
# Every sensitive instruction with random registers and flags: a kernel whose
# sites were rewritten and one whose sites trap must say the same, on all bridges.
lol run --quiet --memory 64M --kernel "$BUILD/toy-sites" --bridge in-place
is "$status" 0 "rewritten: exit status"
sed 's/ *$//' out > rewritten
is "$(wc -l < rewritten)" "$(grep -c '^INSTRUCTION(' "$TESTS/toy/sites.c")" "one result for each instruction"
for way in "in-place --no-rewrite" split "split --no-rewrite"; do
	lol run --quiet --memory 64M --kernel "$BUILD/toy-sites" --bridge $way
	is "$status" 0 "$way: exit status"
	while read -r name rest; do
		is "$(grep "^$name " out | sed 's/ *$//')" "$name $rest" "$name: in-place rewritten and $way agree"
	done < rewritten
done
