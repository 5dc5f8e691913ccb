/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: ordinary x86-64 programs run here, and nothing else. */
#ifndef _ASM_LOL_ELF_H
#define _ASM_LOL_ELF_H

#include <linux/thread_info.h>
#include <asm/auxvec.h>
#include <asm/ptrace.h>
#include <asm/user.h>

typedef unsigned long elf_greg_t;

#define ELF_NGREG	(sizeof(struct user_regs_struct) / sizeof(elf_greg_t))
typedef elf_greg_t elf_gregset_t[ELF_NGREG];
typedef struct user_i387_struct elf_fpregset_t;

#define R_X86_64_NONE		0
#define R_X86_64_64		1
#define R_X86_64_PC32		2
#define R_X86_64_GOT32		3
#define R_X86_64_PLT32		4
#define R_X86_64_COPY		5
#define R_X86_64_GLOB_DAT	6
#define R_X86_64_JUMP_SLOT	7
#define R_X86_64_RELATIVE	8
#define R_X86_64_GOTPCREL	9
#define R_X86_64_32		10
#define R_X86_64_32S		11
#define R_X86_64_16		12
#define R_X86_64_PC16		13
#define R_X86_64_8		14
#define R_X86_64_PC8		15
#define R_X86_64_PC64		24

#define ELF_CLASS	ELFCLASS64
#define ELF_DATA	ELFDATA2LSB
#define ELF_ARCH	EM_X86_64

#define elf_check_arch(x)	((x)->e_machine == EM_X86_64)

/*
 * Where a position independent program goes that was not started by its
 * interpreter: clear of mmap's area and of the brk area of fixed programs.
 * x86's value, which some sanitizers rely on.
 */
#define ELF_ET_DYN_BASE		0x555555554000UL
#define ELF_EXEC_PAGESIZE	4096
#define CORE_DUMP_USE_REGSET

/* EDX of CPUID leaf 1, and what cannot be seen there. */
extern u32 elf_hwcap, elf_hwcap2;
#define ELF_HWCAP	(elf_hwcap)
#define ELF_HWCAP2	(elf_hwcap2)
#define ELF_PLATFORM	("x86_64")

/* A program starts with every register 0; rax carries execve's result. */
#define ELF_PLAT_INIT(regs, load_addr)					\
do {									\
	(regs)->bx = (regs)->cx = (regs)->dx = 0;			\
	(regs)->si = (regs)->di = (regs)->bp = 0;			\
	(regs)->r8 = (regs)->r9 = (regs)->r10 = (regs)->r11 = 0;	\
	(regs)->r12 = (regs)->r13 = (regs)->r14 = (regs)->r15 = 0;	\
} while (0)

unsigned long get_sigframe_size(void);

#define ARCH_DLINFO							\
do {									\
	NEW_AUX_ENT(AT_SYSINFO_EHDR, (unsigned long)current->mm->context.vdso); \
	NEW_AUX_ENT(AT_MINSIGSTKSZ, get_sigframe_size());		\
} while (0)

struct linux_binprm;
#define ARCH_HAS_SETUP_ADDITIONAL_PAGES 1
int arch_setup_additional_pages(struct linux_binprm *bprm, int uses_interp);

#endif
