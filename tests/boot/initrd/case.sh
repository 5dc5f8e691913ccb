# SPDX-License-Identifier: GPL-2.0-only
# Expects: an image of the user's own with nothing of ours in it runs its /init, in
# each compression; power-off gives status 0.
"$SCRIPTS/initramfs.sh" files plain "$BUILD/tests/guest/poweroff=/init"
lol run --initrd plain
is $status 0 "not compressed: status"
like "$(cat out err)" 'own init speaking' "not compressed: output"
lol run --quiet --initrd plain
unlike "$(cat out err)" '^\[' "with --quiet: nothing of the kernel's"
lol run --quiet --initrd plain -- true
is $status 121 "a command with an /init that knows of none: status"
like "$(cat err)" "^lol: .*only lol's own /init runs commands" "and says why"
try() # NAME COMMAND...
{
	local name=$1
	shift
	"$@" < plain > packed || { fail "$name" "cannot compress"; return; }
	lol run --initrd packed
	if [ $status = 0 ] && grep -q 'own init speaking' out err; then pass "$name"; else fail "$name" "$(said)"; fi
}
try gzip gzip -9
try bzip2 bzip2
try lzma xz --format=lzma
try xz xz --check=crc32
try lzo lzop
try lz4 lz4 -l
try zstd zstd -q
cat plain "$BUILD/initramfs.cpio" > both
lol run --quiet --initrd both -- echo command in two images
is "$(cat out)" "command in two images" "two images in one file"
head -c 100000 "$BUILD/initramfs.cpio" > cut
lol run --initrd cut -- true
unlike "$status" '^0$' "an image cut off does not pass for a good one"
printf 'nonsense' > nonsense
lol run --initrd nonsense
unlike "$status" '^0$' "nonsense does not either"
nothing_left "nothing is left"
