// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: a static program linked at LOL_WEDGE_TEXT can be executed by an O_PATH
 * descriptor (execveat, AT_EMPTY_PATH); all fixed addresses of <lol/layout.h>
 * are free in it and can be mapped, the RAM window at full size too; what exec
 * itself left (stack, vdso) lies above LOL_WEDGE_END and can be unmapped, unless
 * the host seals its vdso.
 * Relied on by: <lol/layout.h>, host/zygote.c, zygote() and unmap_leavings() of
 * syscall-bridge/space.c.
 */
#include "tests/probe/probe.h"
#include <elf.h>
#include <fcntl.h>
#include <lol/layout.h>
#include <sys/syscall.h>

#define RUNS	40
#define FD	3		/* of the shared page, in the program */
#define TOP	0x7ffffffff000UL
#ifndef MFD_EXEC
#define MFD_EXEC	16U
#endif

struct shared {
	uint64_t vdso, stack;
	long unmapped;		/* result of munmap */
	uint64_t nr;
	struct { uint64_t address, length; long ret; } map[16];
};

/* The program: from here to __stop_image, position-independent, no data. */
extern char __start_image[], __stop_image[], image_entry[];
#define IMAGE __attribute__((section("image"), used))

asm(	"	.pushsection image, \"ax\"\n"
	"	.globl image_entry\n"
	"image_entry: movq %rsp, %rdi\n	andq $-16, %rsp\n	call image_main\n	ud2\n"
	"	.popsection\n");

static inline __attribute__((always_inline)) long call6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 asm("r10") = d, r8 asm("r8") = e, r9 asm("r9") = f;
	long ret;

	asm volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return ret;
}

IMAGE static void image_main(const uint64_t *stack)
{
	struct shared *s = (struct shared *)LOL_WEDGE_STATE;
	const uint64_t *p = stack + 1;

	call6(SYS_mmap, LOL_WEDGE_STATE, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, FD, 0);
	s->stack = (uint64_t)stack;
	for (int zeroes = 0; zeroes < 2; p++)	/* arguments, environment */
		zeroes += !*p;
	for (; *p; p += 2)
		if (*p == AT_SYSINFO_EHDR)
			s->vdso = p[1];
	for (uint64_t i = 0; i < s->nr; i++)
		s->map[i].ret = call6(SYS_mmap, s->map[i].address, s->map[i].length, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_NORESERVE, FD, 0);
	/* the stack goes as well: only registers from here on */
	asm volatile("syscall\n\tmovq %%rax, (%%rbx)\n\tmovl $231, %%eax\n\txorl %%edi, %%edi\n\tsyscall"
		     : : "a"(SYS_munmap), "D"(LOL_WEDGE_END), "S"(TOP - LOL_WEDGE_END), "b"(&s->unmapped)
		     : "memory", "rcx", "r11");
	__builtin_unreachable();
}

static int make_program(void)
{
	Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
		.e_entry = LOL_WEDGE_TEXT + (image_entry - __start_image),
		.e_phoff = sizeof(header), .e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2,
	};
	Elf64_Phdr segments[] = {
		{ .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = PAGE, .p_vaddr = LOL_WEDGE_TEXT,
		  .p_filesz = __stop_image - __start_image, .p_memsz = __stop_image - __start_image,
		  .p_align = PAGE },
		{ .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W },
	};
	int fd = memfd_create("image", MFD_EXEC);
	char path[32];

	if (fd < 0)
		fd = must(memfd_create("image", 0));	/* a kernel before MFD_EXEC */
	must(pwrite(fd, &header, sizeof(header), 0));
	must(pwrite(fd, segments, sizeof(segments), sizeof(header)));
	must(pwrite(fd, __start_image, __stop_image - __start_image, PAGE));
	/* a file open for writing cannot be executed */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fcntl(must(open(path, O_PATH | O_CLOEXEC)), F_DUPFD_CLOEXEC, 64);
}

static const struct { const char *name; uint64_t address, length; } wanted[] = {
	{ "LOL_USER_PAGE", LOL_USER_PAGE, PAGE },
	{ "LOL_USER_START", LOL_USER_START, PAGE },
	{ "below LOL_USER_END", LOL_USER_END - PAGE, PAGE },
	{ "LOL_DIRECT_MAP", LOL_DIRECT_MAP, 1UL << 40 },
	{ "LOL_VMALLOC_START", LOL_VMALLOC_START, 1UL << 40 },
	{ "LOL_VCPU_PAGE", LOL_VCPU_PAGE, PAGE },
	{ "LOL_KERNEL_MAP", LOL_KERNEL_MAP, LOL_KERNEL_MAP_SIZE },
	{ "LOL_MODULES_START", LOL_MODULES_START, LOL_MODULES_END - LOL_MODULES_START },
	{ "LOL_WEDGE_VCPU", LOL_WEDGE_VCPU, PAGE },
	{ "LOL_WEDGE_RAM", LOL_WEDGE_RAM, LOL_RAM_MAX },
};
#define NR	(sizeof(wanted) / sizeof(wanted[0]))

int main(void)
{
	char *const argv[] = { "image", NULL }, *const envp[] = { NULL };
	uint64_t low_vdso = ~0UL, low_stack = ~0UL, run;
	int state = must(memfd_create("state", 0)), program = make_program(), status = 0;
	unsigned int bad[NR] = { 0 }, kept = 0, sealed = 0;
	struct shared *s;
	pid_t pid;

	must(ftruncate(state, LOL_RAM_MAX));
	s = (void *)must(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, state, 0));
	s->nr = NR;
	for (run = 0; run < RUNS && !status; run++) {	/* addresses are random */
		for (unsigned int i = 0; i < NR; i++) {
			s->map[i].address = wanted[i].address;
			s->map[i].length = wanted[i].length;
		}
		s->unmapped = -1000;
		pid = must(fork());
		if (!pid) {
			dup2(state, FD);
			syscall(SYS_execveat, program, "", argv, envp, 0x1000);
			_exit(errno == EACCES ? 77 : 1);
		}
		status = wait_for(pid);
		for (unsigned int i = 0; i < NR; i++)
			bad[i] += s->map[i].ret != (long)wanted[i].address;
		if (s->vdso && s->vdso < low_vdso)
			low_vdso = s->vdso;
		if (s->stack < low_stack)
			low_stack = s->stack;
		sealed += s->unmapped == -EPERM;
		kept += s->unmapped && s->unmapped != -EPERM;
	}
	if (status == 77) {
		skip("no execution of a memfd here (vm.memfd_noexec)");
		return finish();
	}
	if (!ok(!status, "a program at %#lx is executed by descriptor (%d)", LOL_WEDGE_TEXT, status))
		return finish();
	for (unsigned int i = 0; i < NR; i++)
		ok(!bad[i], "%s, %#lx bytes at %#lx", wanted[i].name, wanted[i].length, wanted[i].address);
	note("of %u runs, lowest vdso %#lx, lowest stack %#lx", RUNS, low_vdso, low_stack);
	ok(low_vdso >= LOL_WEDGE_END && low_stack >= LOL_WEDGE_END, "vdso and stack lie above LOL_WEDGE_END");
	ok(!kept, "all above LOL_WEDGE_END can be unmapped at once%s", sealed ? ": no, it is sealed" : "");
	return finish();
}
