# SPDX-License-Identifier: GPL-2.0-only
# Expects: each mistake gives one line on stderr that names the file or option and
# the reason, status 1 or 2, and leaves nothing behind.
refused() # NAME STATUS PATTERN ARGUMENT...
{
	local name=$1 want=$2 pattern=$3
	shift 3
	limit=20 lol "$@"
	if [ "$status" = "$want" ] && [ "$(wc -l < err)" = 1 ] && [ ! -s out ] && grep -Eq -- "$pattern" err; then
		pass "$name"
	else
		fail "$name" "$(said)"
	fi
}
kernel=
for k in "$BUILD/vmlinux" "$BUILD/vmlinux-6.12" "$BUILD/kernel-6.12/vmlinux"; do [ -e "$k" ] && kernel=$k && break; done

refused "kernel is missing" 1 '/no/kernel.*No such file' run --kernel /no/kernel
refused "kernel is a directory" 1 '(/tmp|[Dd]irectory)' run --kernel /tmp
mkfifo fifo
refused "kernel is a FIFO that nobody writes" 1 'fifo: not a regular file' run --kernel fifo
refused "kernel is a device without end" 1 '/dev/zero: not a regular file' run --kernel /dev/zero
refused "kernel's name has control characters" 1 'no.such.\[31m.file: No such' run --kernel $'no\nsuch\e[31m\x7ffile'
refused "kernel's name is too long" 1 'File name too long' run --kernel "$(printf '%05000d' 0)"
: > empty
refused "kernel is empty" 1 'empty' run --kernel empty
head -c 100000 /dev/urandom > noise
refused "kernel is noise" 1 'noise' run --kernel noise
echo text > text
refused "kernel is a text" 1 'text.*(ELF|not)' run --kernel text
refused "kernel is another program" 1 'not an? lol kernel|lol' run --kernel "$BUILD/lol"
for part in 10 64 1000 50000 1000000; do
	head -c $part "$kernel" > cut
	refused "kernel cut off at $part bytes" 1 '^lol: .*cut' run --kernel cut
done
if [ "$(id -u)" != 0 ]; then
	cp "$kernel" unreadable && chmod 0 unreadable
	refused "kernel is unreadable" 1 'unreadable.*[Pp]ermission' run --kernel unreadable
	: > locked && chmod 0 locked
	refused "initrd is unreadable" 1 'locked.*[Pp]ermission' run --initrd locked
fi
# another version of the contract: the note "lol", type 1, carries it
python3 - "$kernel" other <<-'END' 2>/dev/null || perl -e '
	local $/; open F, "<", $ARGV[0]; binmode F; $_ = <F>;
	s/(\x04\0\0\0\x04\0\0\0\x01\0\0\0lol\0)..../$1\x63\0\0\0/s; open G, ">", $ARGV[1]; binmode G; print G $_' "$kernel" other
	import sys, re
	d = open(sys.argv[1], 'rb').read()
	d, n = re.subn(rb'(\x04\0\0\0\x04\0\0\0\x01\0\0\0lol\0)....', lambda m: m.group(1) + b'\x63\0\0\0', d, flags=re.S)
	open(sys.argv[2], 'wb').write(d)
END
refused "another contract version" 1 '(99.*\b1\b|\b1\b.*99)' run --kernel other
rm -f other cut
refused "initrd is missing" 1 '/no/initrd.*No such file' run --initrd /no/initrd
refused "initrd is a directory" 1 '(/tmp|[Dd]irectory)' run --initrd /tmp
refused "initrd is a FIFO that nobody writes" 1 'fifo: not a regular file' run --initrd fifo
mkdir -p alone && cp -L "$LOL" "$(dirname "$LOL")/wedge" alone/ && ln -sf "$kernel" alone/vmlinux
all=$LOL LOL=$PWD/alone/lol
refused "lol without its initial file system" 1 'initramfs.cpio: not found' run -- true
LOL=$all
truncate -s 300M huge
refused "initrd is larger than memory" 1 'huge' run --initrd huge
rm -f huge
for size in 0 1 1M 63M -5 x 12Q 99999999999G 1024G "" 64MM; do
	refused "--memory '$size'" 2 '--memory' run --memory "$size"
done
for n in 0 1 3 1025 -4 x 8x "" 99999999999999999999; do
	refused "--max-spaces '$n'" 2 '--max-spaces.*(between 4 and 1024|not a number)' run --max-spaces "$n"
done
refused "--cpus 0" 2 '--cpus' run --cpus 0
refused "--cpus 2" 2 '--cpus' run --cpus 2
refused "--cpus x" 2 '--cpus' run --cpus x
refused "--bridge nonsense" 2 '--bridge' run --bridge nonsense
refused "unknown option" 2 '--frobnicate' run --frobnicate
refused "unknown short option" 2 '-x' run -x
refused "option without its value" 2 '--kernel' run --kernel
refused "stray word" 2 'stray' run stray
refused "no command behind --" 2 '--' run --
refused "no verb" 2 'lol' 
refused "unknown verb" 2 'frob' frob
printf '%03000d' 0 > long
refused "--append too long" 1 '(--append|command line)' run --append "$(cat long)"
nothing_left "nothing is left"
