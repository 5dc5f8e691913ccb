# SPDX-License-Identifier: GPL-2.0-only
# Expects: standard streams are exact to the byte, of any length, and separate.
head -c 1048576 /dev/urandom > data
input=data lol run --quiet -- cat
is "$(sha256sum < out)" "$(sha256sum < data)" "1 MiB through cat"
input=data lol run --quiet -- sha256sum
is "$(cut -c1-64 < out)" "$(sha256sum < data | cut -c1-64)" "1 MiB into the guest"
lol run --quiet -- sh -c 'dd if=/dev/zero bs=1M count=16 2>/dev/null | tr "\0" "\377"'
is "$(wc -c < out) $(tr -d '\377' < out | wc -c)" "16777216 0" "16 MiB out of the guest"
seq 1 100000 > data
input=data lol run --quiet -- sh -c 'while read -r l; do [ "$l" = 5 ] && break; done; echo "$l"; wc -l'
is "$(head -n 1 out)" 5 "what is not read up does no harm"
lol run --quiet -- sh -c 'echo to-out; echo to-err >&2'
is "$(cat out)" to-out "stdout alone"
like "$(cat err)" '^to-err' "stderr alone"
lol run --quiet -- cat
is "$status $(wc -c < out)" "0 0" "empty input ends cat"
lol run --quiet -- sh -c 'echo x > /dev/stdout; echo y | cat /dev/stdin; echo z > /dev/stderr'
is "$(cat out) $(grep -c '^z' err)" "x"$'\n'"y 1" "/dev/stdin, /dev/stdout and /dev/stderr can be opened"
timeout 30 "$LOL" run --quiet -- yes < /dev/null 2> err | head -n 1 > out
is "${PIPESTATUS[0]}:$(cat out)" "$((128 + 13)):y" "a reader that goes away ends the command"
(sleep 0.5; echo late) | timeout 30 "$LOL" run --quiet -- cat > out 2> err
is "$(cat out)" late "input that comes late"
(for i in 1 2 3; do echo $i; sleep 0.2; done) | timeout 30 "$LOL" run --quiet -- sh -c 'while read l; do echo "got $l"; done' > out 2> err
is "$(tr '\n' ' ' < out)" "got 1 got 2 got 3 " "input in pieces"
timeout 30 "$LOL" run --quiet -- sh -c 'cat; echo end' <&- > out 2> err
is "$(cat out)" end "closed standard input"
mkdir -p folder
input=folder lol run --quiet -- sh -c 'cat; echo end'
is "$(cat out) $(cat err)" "end lol: standard input: Is a directory" "standard input that cannot be read"
bash -c "ulimit -f 100000; exec timeout 60 '$LOL' run --quiet --memory 64M -- head -c 110000000 /dev/zero" > out 2> err < /dev/null
is "$? $(cat err)" "122 lol: standard output: File too large" "a limit on the size of files"
nothing_left "nothing is left"
