#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The assembler stage: what it records, what it leaves alone, how it is called.
# Samples are assembled with and without it; but for padding, the instructions
# must be the same ones in the same order.
AB=${AB:-build/afterburn}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
n=0

result() {	# status, name
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

# Instructions without NOPs and addresses, jump targets aside.
listing() {
	objdump -d --no-show-raw-insn "$1" |
		sed -n 's/^ *[0-9a-f]*:\t//p' |
		grep -vE '^(cs |data16 )*(nop|xchg +%ax,%ax)' |
		sed -e 's/ *#.*//; s/[0-9a-f]* <.*>//; s/-\?0x[0-9a-f]*(%rip)/X(%rip)/; s/ *$//; s/^\([jc][a-z]*\) .*0x[0-9a-f]*$/\1/'
}

# name, then on standard input the sample; then: expected sites by kind and count
sample() {
	cat >"$tmp/s.s"
	as -o "$tmp/plain.o" "$tmp/s.s" 2>"$tmp/err" || { result 1 "$1: does not assemble"; return; }
	"$AB/as" -o "$tmp/burnt.o" "$tmp/s.s" 2>"$tmp/err" || { cat "$tmp/err"; result 1 "$1: fails"; return; }
	listing "$tmp/plain.o" >"$tmp/a"
	listing "$tmp/burnt.o" >"$tmp/b"
	diff "$tmp/a" "$tmp/b" >"$tmp/diff" && "$AB/check" -v "$tmp/burnt.o" >"$tmp/sites"
	status=$?
	got=$(sed 1d "$tmp/sites" | awk '{printf "%s%s=%s", (NR > 1 ? " " : ""), $1, $2}')
	if [ $status != 0 ] || [ "$got" != "$2" ]; then
		sed 's/^/# /' "$tmp/diff" "$tmp/sites"
		echo "# got: $got, expected: $2"
		status=1
	fi
	result $status "$1"
}

sample "every mnemonic" "cli=1 sti=1 pushf=3 popf=3 hlt=1 iret=4 sysret=3 swapgs=1 read-cr=6 write-cr=6 \
read-dr=2 write-dr=2 clts=1 lmsw=2 smsw=4 xsetbv=1 rdmsr=1 wrmsr=1 invlpg=1 invpcid=1 lgdt=2 lidt=2 lldt=2 \
ltr=2 sgdt=2 sidt=2 sldt=4 str=4 lar=3 lsl=3 read-seg=6 xsave=10 xrstor=6 rdfsbase=3 wrfsbase=3 rdgsbase=3 \
wrgsbase=3 cpuid=1 rdpid=1 rdtscp=1 in=9 out=9 stac=1 clac=1 vmcall=4 invd=3" <<'END'
	cli; sti; pushf; pushfq; pushfw; popf; popfq; popfw; hlt
	iret; iretq; iretl; iretw; sysret; sysretq; sysretl; swapgs
	mov %cr0,%rax; mov %cr2,%rbx; movq %cr3,%r8; mov %cr4,%r15; mov %cr8,%rax; MOVQ %CR0, %RAX
	mov %rax,%cr0; mov %rbx,%cr2; movq %r8,%cr3; mov %r15,%cr4; mov %rax,%cr8; mov %rax , %cr3
	mov %db0,%rax; mov %dr7,%rax; mov %rax,%db6; movq %rax,%dr7
	clts; lmsw %ax; lmsw (%rax); smsw %ax; smsw %eax; smsw %rax; smsw (%rax); xsetbv; rdmsr; wrmsr
	invlpg (%rax); invpcid (%rax),%rcx
	lgdt (%rax); lgdt foo(%rip); lidt (%rax); lidt %gs:8(%rsp,%rax,4); lldt %ax; lldt (%rax); ltr %ax; ltr (%rax)
	sgdt (%rax); sgdt foo(%rip); sidt (%rax); sidt 4(%r12)
	sldt %ax; sldt %eax; sldt %rax; sldt (%rax); str %ax; str %eax; str %rax; str (%rax)
	lar %ax,%bx; lar %ax,%ebx; lar (%rax),%rbx; lsl %ax,%bx; lsl %eax,%ebx; lsl (%rax),%rbx
	mov %cs,%eax; mov %ss,%ax; movw %cs,(%rax); mov %ss,%r8; movl %cs,%ebx; mov %cs,foo(%rip)
	xsave (%rdi); xsave64 (%rdi); xsaveopt (%rdi); xsaveopt64 (%rdi); xsavec (%rdi); xsavec64 (%rdi)
	xsaves (%rdi); xsaves64 (%rdi); fxsave (%rdi); fxsave64 (%rdi)
	xrstor (%rdi); xrstor64 (%rdi); xrstors (%rdi); xrstors64 (%rdi); fxrstor (%rdi); fxrstor64 foo(%rip)
	rdfsbase %rax; rdfsbase %r9; rdfsbase %eax; wrfsbase %rax; wrfsbase %r9; wrfsbase %eax
	rdgsbase %rax; rdgsbase %r9; rdgsbase %eax; wrgsbase %rax; wrgsbase %r9; wrgsbase %eax
	cpuid; rdpid %rax; rdtscp
	inb $0x80,%al; inw $0x80,%ax; inl $0x80,%eax; in %dx,%al; in %dx,%ax; in %dx,%eax; inb (%dx),%al; inw %dx; inl %dx
	outb %al,$0x80; outw %ax,$0x80; outl %eax,$0x80; out %al,%dx; out %ax,%dx; out %eax,%dx; outb %al,(%dx)
	outw %dx; outl %dx; stac; clac; vmcall; vmmcall; vmfunc; vmgexit; invd; wbinvd; wbnoinvd
END

sample "look-alikes" "" <<'END'
cli = 1
hlt == 2
sti: nop
str:	.quad sti, in
in: out: nop
	.set lsl, 4
	mov %cs:(%rax),%rbx; mov %ss:8(%rax),%eax; mov %eax,%ds; mov %ds,%eax; mov $cli,%eax
	mov str(%rip),%rax; call in; jmp out; movb $'#,%al; movb $';,%al; cmpb $'",%al
	insertps $0,%xmm0,%xmm1; lahf; sahf; rdtsc; xgetbv; verr %ax; verw (%rax); strd = 5
	.ascii "cli; sti # \" /* ", "hlt\n"; .asciz "wrmsr"
	# cli
	/* sti */ nop /* hlt; */; /* a
	cli; comment
	*/ nop # cli ; hlt
	.macro harmless sti, cli
	add \sti, \cli
	.endm
	harmless %eax, %ebx
END

sample "repeated text" "cli=11 pushf=5 popf=5 read-cr=5 write-cr=7 out=6" <<'END'
	.macro both r, other:req
1:	mov %cr0, \r ; cli
.Lhere\@: mov \r, %cr\other
	jmp 1b
	jmp .Lhere\@
	pushfq /* lol:cc */ ; popfq
	.endm
	both %rax, 0
	both %rbx, 3
	.macro outer
	both %rcx, 4
	.rept 2
	both %rdx, 8 ; cli
	.endr
	.endm
	.rept 3
	.irp port, 1, 2
	outb %al, $\port
	.endr
	cli
	.endr
	.irpc n, 04
	mov %rax, %cr\n
	.endr
	outer
	.if 0
	hlt
	.endif
	.ifndef nothing
	cli
	.endif
END

sample "labels, prefixes, sections" "cli=3 sti=1 hlt=1 rdmsr=2 wrmsr=1 sgdt=1 xsave=1" <<'END'
	.text
a: b: 1: 2: cli
"quoted label": sti ; 3: nop; 4:rdmsr;c:d:	cli
	jmp 1b; jz 3b; jmp 5f; .skip 200; 5: rex64 xsave (%rdi); lock; incl (%rax); rep; nop; cs; nop
	ds rdmsr
	.section .init.text,"ax",@progbits
	hlt
	.pushsection .exit.text,"ax"
	cli
	.popsection
	wrmsr
	.section .other, "ax"
	gs sgdt foo(%rip)
	.data
	.long 1
	.section __ex_table,"a"
	.long 1b - ., 3b - .
END

# The record's flags: marks hold for the line they are on, and only there.
cat >"$tmp/m.s" <<'END'
	sti #lol:cc
	sti
	pushfq; popq %rax # foo lol:cc bar
	pushfq /* lol:cc */
	.pushsection .data; .ascii "lol:cc"; .popsection; sti
	movl (%rdx),%eax #lol:mmio
	movl (%rdx),%eax
	movb %al,(%rdx) /* lol:mmio */
	nop; movzwl 4(%rdi,%rcx,2),%eax #lol:mmio
END
"$AB/as" -o "$tmp/m.o" "$tmp/m.s" &&
	objcopy -O binary -j .lol.sites --set-section-flags .lol.sites=alloc "$tmp/m.o" "$tmp/m.bin"
got=$(od -An -v -tu1 -w8 "$tmp/m.bin" | awk '{printf "%s:%s:%s:%s ", $5, $6, $7, $8}')
[ "$got" = "22:1:2:1 22:1:2:0 16:1:3:1 16:1:3:1 22:1:2:0 16:2:43:0 16:2:43:0 16:5:43:0 " ]
result $? "marks and record contents"
"$AB/check" "$tmp/m.o"
result $? "marked moves pass the checker"

# Errors are reported where they are, with the assembler's status.
printf 'a:\n cli\n bogus; sti\n.macro x\n nop\n cli %%eax\n.endm\n x\n mov %%foo, %%cr3\n# 77 "other.S"\n cli cli\n' >"$tmp/e.s"
as -o "$tmp/e1.o" "$tmp/e.s" 2>"$tmp/e1"; s1=$?
"$AB/as" -o "$tmp/e2.o" "$tmp/e.s" 2>"$tmp/e2"; s2=$?
[ $s1 = $s2 ] && [ $s1 != 0 ] && diff "$tmp/e1" "$tmp/e2"
result $? "messages and status are the assembler's own"

for bad in 'insb' 'rep; outsl' '.code32; cli' '.intel_syntax noprefix; cli' 'add %eax,%ebx #lol:mmio'; do
	printf 'nop\n%s\n' "$bad" >"$tmp/b.s"
	rm -f "$tmp/b.o"
	! "$AB/as" -o "$tmp/b.o" "$tmp/b.s" 2>"$tmp/err" && grep -q "b.s:2: Error: " "$tmp/err" && [ ! -e "$tmp/b.o" ]
	result $? "refused: $bad"
done

# Text without sensitive instructions gives the very same object.
printf 'f: ret\n.code32\nnop\n.intel_syntax noprefix\nmov eax, ebx\n' >"$tmp/p.s"
as -o "$tmp/p1.o" "$tmp/p.s" && "$AB/as" -o "$tmp/p2.o" "$tmp/p.s" && cmp "$tmp/p1.o" "$tmp/p2.o"
result $? "plain text is left alone"
! readelf -SW "$tmp/p2.o" | grep -q lol
result $? "plain text has no .lol.sites"

# Ways to be called.
[ "$("$AB/as" --version)" = "$(as --version)" ]
result $? "--version"
"$AB/as" -v -o "$tmp/v.o" </dev/null 2>"$tmp/err" && grep -q 'GNU assembler' "$tmp/err"
result $? "-v, empty standard input"
printf 'cli\n' | "$AB/as" --64 -o "$tmp/i.o" - && "$AB/check" "$tmp/i.o" && readelf -SW "$tmp/i.o" | grep -q lol.sites
result $? "standard input as -"
printf 'cli' >"$tmp/1.s"; printf 'sti' >"$tmp/2.s"
"$AB/as" -o "$tmp/two.o" "$tmp/1.s" --defsym zero=0 -I "$tmp" "$tmp/2.s" &&
	[ "$("$AB/check" -v "$tmp/two.o" | sed -n 1p)" = "$tmp/two.o: 2 sites" ]
result $? "two inputs, options between, no newline at the end"
printf '.byte 1\n' >"$tmp/inc"; printf '.code32\ncli\n' >"$tmp/32.s"
"$AB/as" --32 -o "$tmp/32.o" "$tmp/32.s"
result $? "--32 is passed through"
printf '.section .rodata\n.incbin "inc"\n.text\ncli\n' >"$tmp/inc.s"
"$AB/as" -I "$tmp" -o "$tmp/inc.o" "$tmp/inc.s" && "$AB/check" "$tmp/inc.o"
result $? ".incbin"
! "$AB/as" -o "$tmp/no.o" "$tmp/missing.s" 2>/dev/null
result $? "missing input"
! PATH=$tmp "$AB/as" -o "$tmp/no.o" "$tmp/1.s" 2>/dev/null
result $? "no other assembler"
real=$(command -v as)
PATH=$tmp LOL_AS=$real "$AB/as" -o "$tmp/yes.o" "$tmp/1.s"
result $? "LOL_AS"
PATH="$(cd "$AB" && pwd):$PATH" "$AB/as" -o "$tmp/self.o" "$tmp/1.s"
result $? "first on PATH itself, it does not call itself"

# As a stage of compilers, with and without -pipe; asm goto, extended asm.
cat >"$tmp/c.c" <<'END'
static inline unsigned long cr3(void) { unsigned long v; asm volatile("mov %%cr3,%0" : "=r"(v)); return v; }
static inline int mode(int x)
{
	asm goto("1: rdmsr; test %0,%0; jnz %l1\n\t"
		 ".pushsection __ex_table,\"a\"; .long 1b - .; .popsection" : : "r"(x) : "cc", "eax", "ecx", "edx" : yes);
	return 0;
yes:	return 1;
}
unsigned long f(int x)
{
	unsigned long flags, sum = 0;

	asm volatile("pushfq #lol:cc\n\tpopq %0; cli" : "=rm"(flags) : : "cc", "memory");
	for (int i = 0; i < x; i++) {
		sum += cr3();
		if (mode(x + i))
			asm volatile("sti #lol:cc\n\thlt" : : : "cc", "memory");
	}
	if (flags & 512)
		asm volatile("sti # lol:cc" : : : "cc", "memory");
	return sum;
}
END
for cc in gcc "gcc -pipe" "gcc -save-temps=obj -g -fverbose-asm" "gcc -O3 -funroll-loops -fPIE -mcmodel=small"; do
	$cc -O2 -c -B "$AB/" -o "$tmp/c.o" "$tmp/c.c" && "$AB/check" -v "$tmp/c.o" >"$tmp/sites" &&
		grep -q 'rdmsr' "$tmp/sites" && grep -q 'sti ' "$tmp/sites"
	result $? "$cc"
done
if command -v clang >/dev/null; then
	clang -fno-integrated-as -O2 -c -B "$AB/" -o "$tmp/c.o" "$tmp/c.c" && "$AB/check" "$tmp/c.o"
	result $? "clang -fno-integrated-as"
fi

# Marks and lengths across many relaxations: jumps that grow, alignment, padding.
awk 'BEGIN {
	srand(7)
	for (i = 0; i < 20000; i++) {
		r = int(rand() * 9)
		if (r == 0) print "l" i ": cli; jmp l" int(rand() * 20000)
		else if (r == 1) print "l" i ": lgdt l" int(rand() * 20000) "(%rip)"
		else if (r == 2) print "l" i ": .p2align 5; sti"
		else if (r == 3) print "l" i ": swapgs; jnz l" (i + 5 < 20000 ? i + 5 : i)
		else if (r == 4) print "l" i ": mov %r9, %cr8; call l" int(rand() * 20000)
		else print "l" i ": add %rax, " r "(%rbx)"
	}
}' >"$tmp/big.s"
"$AB/as" -o "$tmp/big.o" "$tmp/big.s" && "$AB/check" "$tmp/big.o" >"$tmp/sites"
result $? "20000 lines with relaxation"
as -o "$tmp/bigp.o" "$tmp/big.s" && listing "$tmp/bigp.o" >"$tmp/a" && listing "$tmp/big.o" >"$tmp/b" && cmp "$tmp/a" "$tmp/b"
result $? "the same instructions as without"

echo "1..$n"
