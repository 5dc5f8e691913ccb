#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The checker: what must be found is found, and named; what is right passes.
AB=${AB:-build/afterburn}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
n=0

result() {
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

# name, text of the complaint (extended regular expression); assembly on stdin, not burnt
found() {
	cat >"$tmp/f.s"
	as -o "$tmp/f.o" "$tmp/f.s" || { result 1 "$1"; return; }
	"$AB/check" "$tmp/f.o" >"$tmp/out"
	[ $? = 1 ] && [ "$(wc -l <"$tmp/out")" = 1 ] && grep -qE "^$tmp/f.o: $2\$" "$tmp/out"
	status=$?
	[ $status = 0 ] || sed 's/^/# /' "$tmp/out"
	result $status "$1"
}

# A record by hand: mark, length, insn_length, kind, flags
rec='.macro rec l, len, ilen, kind, flags=0
.pushsection .lol.sites,"a"
.long \l - .
.byte \len, \ilen, \kind, \flags
.popsection
.endm'

passes() {
	cat >"$tmp/p.s"
	as -o "$tmp/p.o" "$tmp/p.s" && "$AB/check" "$tmp/p.o" >"$tmp/out" && [ ! -s "$tmp/out" ]
	status=$?
	[ $status = 0 ] || sed 's/^/# /' "$tmp/out"
	result $status "$1"
}

for insn in cli sti pushfq popfq hlt iretq sysretq swapgs 'mov %cr0,%rax' 'mov %rax,%dr7' clts 'lmsw %ax' 'smsw %ax' \
	xsetbv rdmsr wrmsr 'invlpg (%rax)' 'invpcid (%rax),%rcx' 'lgdt (%rax)' 'sidt (%rax)' 'ltr %ax' 'str %eax' \
	'lar %ax,%eax' 'lsl %ax,%eax' 'mov %cs,%eax' 'xsave (%rax)' 'xsavec64 (%rax)' 'fxrstor (%rax)' 'rdfsbase %rax' \
	'wrgsbase %rax' cpuid 'rdpid %rax' rdtscp 'inb %dx,%al' 'outl %eax,$0xf8' stac clac vmcall vmmcall invd \
	wbnoinvd 'insb' 'rep outsl' '.byte 0xfa' '.byte 0x0f, 0x01, 0xca' '.byte 0xf3, 0x0f, 0xc7, 0xf8' \
	'.byte 0x66, 0x0f, 0x01, 0xcc' '.byte 0x0f, 0x01, 0xd9'; do
	want=unrecorded
	case $insn in *ins*|*outs*) want='not part of the lol machine';; esac
	printf 'f: nop\n\t%s\n\tret\n' "$insn" >"$tmp/one"
	found "unrecorded $insn" "f\\+0x1: .*: $want" <"$tmp/one"
done

found "in a section of its own" 'g\+0x0: cli: unrecorded' <<'END'
	.section .init.text,"ax"
g:	cli
	ret
END
found "the record of another kind" 'f\+0x0: cli: recorded as sti, is cli' <<END
$rec
f:	cli
	.nops 21
	rec f, 22, 1, 2
END
found "wrong instruction length" 'f\+0x0: cli: recorded with 2 bytes, has 1' <<END
$rec
f:	cli
	.nops 15
	rec f, 16, 2, 1
END
found "wrong site length" 'f\+0x0: sti: site of 16 bytes, sti needs 22' <<END
$rec
f:	sti
	.nops 15
	rec f, 16, 1, 2
END
found "padding that is code" 'f\+0x0: cli: padding is not NOPs' <<END
$rec
f:	cli
	.nops 7
	inc %eax
	.nops 6
	ret
	rec f, 16, 1, 1
END
found "a site at the end of a section" 'f\+0x0: cli: site leaves its section' <<END
$rec
f:	cli
	.nops 3
	rec f, 16, 1, 1
END
found "unknown flags" 'f\+0x0: cli: unknown flags' <<END
$rec
f:	cli
	.nops 15
	rec f, 16, 1, 1, 4
END
found "a record of nothing" 'f\+0x1: record of cli: no sensitive instruction there' <<END
$rec
f:	nop
1:	nop
	.nops 15
	rec 1b, 16, 1, 1
END
found "a record into an instruction" 'f\+0x1: record of cli: no sensitive instruction there' <<END
$rec
f:	mov \$0xfafafafa, %eax
	.nops 15
	rec f+1, 16, 1, 1
END
found "GOT relocation" 'f\+0x3: relocation: goes through the global offset table' <<'END'
f:	mov somewhere@GOTPCREL(%rip), %rax
END
found "absolute 32-bit relocation in text" 'f\+0x3: relocation: is absolute and has less than 64 bits' <<'END'
f:	mov $somewhere, %rax
END
passes "absolute relocations in data, 64-bit ones in text" <<'END'
f:	movabs $somewhere, %rax
	ret
	.data
	.long somewhere
	.quad somewhere
END
passes "data in text, with a symbol of its own" <<'END'
f:	ret
	.type table, @object
table:	.byte 0xfa, 0xfb, 0xf4, 0x0f, 0x32
	.size table, . - table
	.type g, @function
g:	ret
END
passes "sensitive bytes inside of other instructions" <<'END'
f:	mov $0xfafbf4f4, %eax
	lea 0x0fa2(%rax), %rax
	movabs $0xfafafafafafafafa, %rbx
	ret
END
passes "records of plain moves" <<END
$rec
f:	movl (%rdx), %eax
	.nops 14
	rec f, 16, 2, 43
	movl (%rdx), %eax
	ret
END

# Linked: by the note, and by the section.
cat >"$tmp/l.s" <<'END'
	.globl _start
_start:	cli
	nop
	swapgs
	ret
	.section .note.lol,"a",@note
	.balign 4
	.long 4, 16, 2
	.asciz "lol"
	.quad first, last
END
"$AB/as" -o "$tmp/l.o" "$tmp/l.s"
cat >"$tmp/l.lds" <<'END'
ENTRY(_start)
SECTIONS {
	. = 0x78000200000;
	.text : { *(.text) }
	.rodata : { QUAD(0) first = .; KEEP(*(.lol.sites)) last = .; QUAD(0) }
	.note.lol : { KEEP(*(.note.lol)) }
}
END
ld -T "$tmp/l.lds" -o "$tmp/linked" "$tmp/l.o" && "$AB/check" -v "$tmp/linked" >"$tmp/out" &&
	grep -q ': 2 sites' "$tmp/out"
result $? "linked, records found by the note"
sed -i 's/QUAD(0) first/QUAD(0) QUAD(0) first/; s/first = \./first = . - 8/' "$tmp/l.lds"
ld -T "$tmp/l.lds" -o "$tmp/linked" "$tmp/l.o"
"$AB/check" "$tmp/linked" >/dev/null
[ $? = 1 ]
result $? "linked, the note's bounds are off"
sed -i '/note/,$d' "$tmp/l.s"
"$AB/as" -o "$tmp/l.o" "$tmp/l.s" && ld -o "$tmp/linked" "$tmp/l.o" && "$AB/check" -v "$tmp/linked" >"$tmp/out" &&
	grep -q ': 2 sites' "$tmp/out"
result $? "linked, records found by the section"
ld -r -o "$tmp/module.ko" "$tmp/l.o" "$tmp/p.o" && "$AB/check" -v "$tmp/module.ko" >"$tmp/out" &&
	grep -q ': 3 sites' "$tmp/out"
result $? "relocatable link of two objects"

# Any change to a record of these is noticed.
"$AB/as" -o "$tmp/l.o" "$tmp/l.s"
offset=$(readelf -SW "$tmp/l.o" | sed -n 's/.* \.lol\.sites *PROGBITS *[0-9a-f]* *\([0-9a-f]*\).*/\1/p')
missed=0
for byte in 4 5 6 7 12 13 14 15; do
	for bit in 0 1 2 3 4 5 6 7; do
		[ $((byte % 8)) = 7 ] && [ $bit = 0 ] && continue	# LOL_SITE_CC is a matter of opinion
		at=$((0x$offset + byte))
		old=$(od -An -tu1 -j $at -N 1 "$tmp/l.o")
		cp "$tmp/l.o" "$tmp/x.o"
		printf "\\$(printf %03o $((old ^ (1 << bit))))" | dd of="$tmp/x.o" bs=1 seek=$at conv=notrunc 2>/dev/null
		"$AB/check" "$tmp/x.o" >/dev/null && missed=$((missed + 1))
	done
done
[ $missed = 0 ]
result $? "every flipped bit of a record is noticed"

# Damaged files end with a status, not with a signal.
size=$(wc -c <"$tmp/module.ko")
crashed=0
i=0
while [ $i -lt 300 ]; do
	i=$((i + 1))
	cp "$tmp/module.ko" "$tmp/x.ko"
	awk -v s=$i -v size="$size" 'BEGIN { srand(s); for (k = 0; k < 6; k++) printf "%d %d\n", rand() * size, rand() * 256 }' |
		while read -r at value; do
			printf "\\$(printf %03o "$value")" | dd of="$tmp/x.ko" bs=1 seek="$at" conv=notrunc 2>/dev/null
		done
	"$AB/check" "$tmp/x.ko" >/dev/null 2>&1
	[ $? -gt 2 ] && crashed=$((crashed + 1))
done
[ $crashed = 0 ]
result $? "damaged files"
"$AB/check" "$tmp/missing" 2>/dev/null
[ $? = 2 ]
result $? "missing file"
"$AB/check" 2>/dev/null
[ $? = 2 ]
result $? "no file"

echo "1..$n"
