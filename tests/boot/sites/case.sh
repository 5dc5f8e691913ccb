# SPDX-License-Identifier: GPL-2.0-only
# Every sensitive instruction with random registers and flags: a kernel whose
# sites were rewritten and one whose sites trap must say the same, on all bridges.
# For fxsave the kernel cheats by using vector registers itself: what it then saves of
# the user's can be compared within a bridge only.
compare() # FILE WHAT
{
	while read -r name rest; do
		case $name in fxsave) [ "$1" != rewritten ] || [ "$bridge" = in-place ] || continue ;; esac
		is "$(grep "^$name " out | sed 's/ *$//')" "$name $rest" "$name: $2 agree"
	done < "$1"
}

bridge=in-place
lol run --quiet --memory 64M --kernel "$BUILD/toy-sites" --bridge $bridge
is "$status" 0 "rewritten: exit status"
sed 's/ *$//' out > rewritten
is "$(wc -l < rewritten)" "$(grep -c '^INSTRUCTION(' "$TESTS/toy/sites.c")" "one result for each instruction"
lol run --quiet --memory 64M --kernel "$BUILD/toy-sites" --bridge $bridge --no-rewrite
is "$status" 0 "trapping: exit status"
compare rewritten "rewritten and trapping"
bridge=split
lol run --quiet --memory 64M --kernel "$BUILD/toy-sites" --bridge $bridge
is "$status" 0 "split, rewritten: exit status"
sed 's/ *$//' out > split
compare rewritten "in-place and split"
lol run --quiet --memory 64M --kernel "$BUILD/toy-sites" --bridge $bridge --no-rewrite
is "$status" 0 "split, trapping: exit status"
compare split "split, rewritten and trapping"
