# SPDX-License-Identifier: GPL-2.0-only
# The toy guest, rewritten and trapping: events, MMU, timer, hand-over.
for way in "" --no-rewrite; do
	lol run --quiet --memory 64M --kernel "$BUILD/toy" $way
	is "$status" 0 "toy guest ${way:-rewritten}: exit status"
	forward "toy guest ${way:-rewritten}" out
done
