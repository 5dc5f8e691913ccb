# SPDX-License-Identifier: GPL-2.0-only
# Expects: with the ptrace bridge, what hostile guest user code does against split comes
# to nothing either: no host call passes, not even futex; it sees no more of others;
# hand-over words are out of its reach; it can be preempted.
limit=300
attack() # NAME [ARGUMENT]...
{
	lol run --quiet --memory 128M --bridge ptrace --initrd "$(image "$BUILD/tests/attack/user")" -- /t/user "$@"
	forward "$1" out
	is "$status" 0 "$1: exit status"
}
attack calls none
attack scan
attack forge "$(nm "$BUILD/wedge" | awk '$3 == "user_entry" { print $1 }')"
attack kick
nothing_left "nothing is left"
