# SPDX-License-Identifier: GPL-2.0-only
# The toy guest, rewritten and trapping, on each bridge: events, MMU, timer, hand-over.
for bridge in split in-place; do
	for way in "" --no-rewrite; do
		lol run --quiet --memory 64M --kernel "$BUILD/toy" --bridge $bridge $way
		is "$status" 0 "toy guest $bridge ${way:-rewritten}: exit status"
		forward "toy guest $bridge ${way:-rewritten}" out
	done
done
