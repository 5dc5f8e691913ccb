# SPDX-License-Identifier: GPL-2.0-only
# Expects: with every sensitive instruction trapped and emulated, the guest
# behaves the same, only slower.
limit=120
lol run --quiet --no-rewrite -- sh -c 'echo "hello $(uname -m)"; seq 1 100 | wc -l; exit 7'
is "$status $(tr '\n' ' ' < out)" "7 hello x86_64 100 " "a script"
for name in registers memory fault signals threads tracer; do
	lol run --quiet --no-rewrite --initrd "$(image $name)" -- /t/$name $([ $name = registers ] && echo 2000)
	forward $name out
	[ -s err ] && tail -n 12 err | sed 's/^/# /'
done
nothing_left "nothing is left"
