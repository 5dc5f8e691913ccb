// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls that are x86-64's alone: segment bases, the legacy that this
 * machine does not have, and the ancient vsyscall page.
 *
 * The vsyscall page lies in the host's half of the address space.  A jump there
 * arrives as a page fault on a fetch, and is answered as x86's vsyscall=xonly
 * answers: the call is made and its return address popped.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <asm/fpu.h>
#include <asm/prctl.h>
#include <asm/processor.h>
#include <asm/syscall.h>
#include <asm/syscalls.h>
#include <asm/vsyscall.h>

SYSCALL_DEFINE6(mmap, unsigned long, addr, unsigned long, len,
		unsigned long, prot, unsigned long, flags,
		unsigned long, fd, unsigned long, off)
{
	if (off & ~PAGE_MASK)
		return -EINVAL;

	return ksys_mmap_pgoff(addr, len, prot, flags, fd, off >> PAGE_SHIFT);
}

/**
 * lol_arch_prctl() - segment bases of a task
 * @task: current, or a stopped one
 * @option: ARCH_*
 * @arg2: value, or user address of where it goes
 */
long lol_arch_prctl(struct task_struct *task, int option, unsigned long arg2)
{
	switch (option) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		if (unlikely(arg2 >= TASK_SIZE_MAX))
			return -EPERM;
		lol_user_state_modified(task);
		if (option == ARCH_SET_FS)
			task->thread.fsbase = arg2;
		else
			task->thread.gsbase = arg2;
		return 0;
	case ARCH_GET_FS:
	case ARCH_GET_GS:
		if (task == current)
			lol_user_state_sync();
		return put_user(option == ARCH_GET_FS ? task->thread.fsbase : task->thread.gsbase,
				(unsigned long __user *)arg2);
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE2(arch_prctl, int, option, unsigned long, arg2)
{
	return lol_arch_prctl(current, option, arg2);
}

/* There are no ports for user code, so nobody may have them. */
SYSCALL_DEFINE1(iopl, unsigned int, level)
{
	if (level > 3)
		return -EINVAL;
	return level ? -EPERM : 0;
}

SYSCALL_DEFINE3(ioperm, unsigned long, from, unsigned long, num, int, turn_on)
{
	if (from + num <= from || from + num > 65536)
		return -EINVAL;
	return turn_on ? -EPERM : 0;
}

SYSCALL_DEFINE3(modify_ldt, int, func, void __user *, ptr, unsigned long, bytecount)
{
	return -ENOSYS;
}

/**
 * lol_emulate_vsyscall() - a user task fetched from above user space
 * @regs: its registers
 * @address: what it fetched
 *
 * Return: true if it was one of the three calls and has been made, or died of it.
 * Context: interrupts on.
 */
bool lol_emulate_vsyscall(struct pt_regs *regs, unsigned long address)
{
	unsigned long caller;
	unsigned int nr;
	long ret;

	if (address != regs->ip)
		return false;
	switch (address) {
	case VSYSCALL_ADDR:
		nr = __NR_gettimeofday;
		break;
	case VSYSCALL_ADDR + 0x400:
		nr = __NR_time;
		break;
	case VSYSCALL_ADDR + 0x800:
		nr = __NR_getcpu;
		break;
	default:
		return false;
	}
	if (get_user(caller, (unsigned long __user *)regs->sp))
		return false;

	ret = ((sys_call_ptr_t)sys_call_table[nr])(regs->di, regs->si,
						  nr == __NR_getcpu ? 0 : regs->dx, 0, 0, 0);
	if (ret == -EFAULT) {
		force_sig_fault(SIGSEGV, SEGV_MAPERR, NULL);
		return true;
	}
	regs->ax = ret;
	regs->ip = caller;
	regs->sp += 8;
	return true;
}
