/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_WEDGE_H
#define LOL_WEDGE_H

/*
 * Inside of the wedge: the freestanding blob that turns a host process into a
 * virtual CPU.  One thread per process, no library, no floating point.
 */

#include <linux/types.h>
#include <lol/boot.h>
#include <lol/layout.h>
#include <lol/service.h>
#include <lol/site.h>
#include <lol/vcpu.h>
#include <lol/version.h>
#include "syscall-bridge/state.h"

/* No symbol is anybody else's: addresses are rip-relative, without a GOT. */
#pragma GCC visibility push(hidden)

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
typedef _Bool bool;
#define true	1
#define false	0
#ifndef NULL
#define NULL	((void *)0)
#endif

#define noreturn	__attribute__((__noreturn__))
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#ifndef READ_ONCE		/* tests/fuzz/frames.h has one of its own */
#define READ_ONCE(x)	__atomic_load_n(&(x), __ATOMIC_RELAXED)
#endif
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#define smp_mb()	__atomic_thread_fence(__ATOMIC_SEQ_CST)

/* Exception vectors. */
enum {
	VECTOR_DE, VECTOR_DB, VECTOR_NMI, VECTOR_BP, VECTOR_OF, VECTOR_BR, VECTOR_UD, VECTOR_NM,
	VECTOR_DF, VECTOR_TS = 10, VECTOR_NP, VECTOR_SS, VECTOR_GP, VECTOR_PF, VECTOR_MF = 16,
	VECTOR_AC, VECTOR_MC, VECTOR_XM,
};

#define FLAG_CF		0x00000001ULL
#define FLAG_FIXED	0x00000002ULL
#define FLAG_TF		0x00000100ULL
#define FLAG_IF		0x00000200ULL
#define FLAG_DF		0x00000400ULL
#define FLAG_IOPL	0x00003000ULL
#define FLAG_NT		0x00004000ULL
#define FLAG_RF		0x00010000ULL
#define FLAG_VM		0x00020000ULL
#define FLAG_AC		0x00040000ULL
#define FLAG_VIF	0x00180000ULL

#define PF_PRESENT	1
#define PF_WRITE	2
#define PF_USER		4
#define PF_FETCH	16

/* Shared state at its fixed addresses. */
static struct lol_vcpu *const vcpu = (struct lol_vcpu *)LOL_WEDGE_VCPU;
static struct lol_state *const state = (struct lol_state *)LOL_WEDGE_STATE;
static volatile struct lol_clock *const clock_page =
	(struct lol_clock *)(LOL_WEDGE_RAM + LOL_GPA_CLOCK);

static inline struct lol_space *space_at(u32 slot)
{
	return lol_state_space(state, slot);
}

/* start.S */
extern char wedge_text_start[], wedge_text_end[];
#define WEDGE_STACK	0x20000
extern char wedge_stack[WEDGE_STACK], wedge_stack_top[];
void signal_entry(void);
void slot_emulate(void), slot_iret(void), slot_sysret(void), slot_sysret_elsewhere(void), slot_interrupt(void);
extern char iret_commit[], iret_end[], sysret_commit[], sysret_end[];
extern char leave_begin[], leave_last[], leave_end[];
extern char guarded_begin[], guarded_end[], guarded_fault[];
extern u64 sysret_rsp, leave_cs, leave_ss, leave_rip;
extern struct lol_regs *leave_regs;
extern void *leave_fp;

/**
 * leave - continue in guest code with the given registers
 * @regs: general registers, rip, rflags; must lie on the wedge stack
 * @fp: XSAVE area to restore first, or NULL when vector registers are live
 *
 * Tests for a due interrupt last of all and goes to resume() instead if there
 * is one.  vcpu->cpl and vif must already say what the registers mean.
 */
noreturn void leave(struct lol_regs *regs, void *fp);

/* Back into the wedge itself, which a signal interrupted. */
noreturn void return_inside(struct lol_regs *regs, void *fp);

/* Saves or restores vector state at @area with the instruction a site holds; 0, or 1 if it raised #GP. */
int guarded_fp(void *area, u64 mask, u32 operation);
enum { FP_XSAVE, FP_XSAVEC, FP_FXSAVE, FP_XRSTOR, FP_FXRSTOR };

/* Drops the stack and waits for the baton, then runs. */
noreturn void wait_turn(void);

/* signal.c */
void signals_setup(void);
noreturn void resume(struct lol_regs *regs, void *fp);

/* event.c */
void deliver(struct lol_regs *regs, u32 vector, bool has_error, u64 error);
void interrupts_take(struct lol_regs *regs);
void interrupt_raise(u32 vector);

/*
 * cs and ss of the user code that was interrupted; meaningful while cpl is 3 or
 * until the frame has been pushed.
 */
extern u16 user_cs, user_ss;

/* memory.c */
bool guest_read(u64 va, void *to, u64 length);
bool guest_write(u64 va, const void *from, u64 length);
bool guest_device(u64 va, bool write, u64 *device);
enum fault { FAULT_DONE, FAULT_GUEST, FAULT_DEVICE, FAULT_IMPOSSIBLE };
enum fault tlb_fault(u64 va, u64 error, u64 *guest_error, u64 *device);
void tlb_flush_queued(void);
void tlb_reset(struct lol_space *space);
void tlb_drop_user(struct lol_space *space);
u32 tlb_vmas(void);
void tlb_prefetch(void);
void tlb_fill(u64 root, u64 start, u64 end, u64 address);
void flush(u64 root, u64 start, u64 end, u32 level);

/* emulate.c */
void emulate(struct lol_regs *regs, const struct lol_site_entry *site, void **fp);
void emulate_memory(struct lol_regs *regs, const u8 *bytes, u32 length);
struct lol_site_entry *site_lookup(u64 address);
struct lol_site_entry *site_containing(u64 address);

/* msr.c, port.c, cpuid.c */
bool msr_read(u32 msr, u64 *value);
bool msr_write(u32 msr, u64 value);
void port_out(struct lol_regs *regs, u16 port, u32 value, u32 size);
u32 port_in(u16 port);
void cpuid_emulate(struct lol_regs *regs);
void service(struct lol_regs *regs);

/* request.c: to the monitor */
u64 request(u32 reason, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4);
void debug_flush(void);
void debug_put(u8 c);
extern struct lol_regs *current_regs;	/* of the guest code that brought us here, or NULL */
noreturn void broken(const char *text, u64 value);
noreturn void host_failed(const char *what, long error);
void tell_refused(const char *call, long error);
noreturn void give_up(const char *call, long error);

/* space.c */
extern u32 own_slot, own_turn;	/* turn: value of the turn word when it was last ours */
struct lol_space *bind_space(u64 root);
void retire_space(struct lol_space *space);
bool space_move(struct lol_space *space, u32 from, u32 to);
void wake_zygote(void);
void pass_turn(struct lol_space *space);
void switch_root(struct lol_regs *regs, u64 root);
void root_gone(u64 root);
struct lol_space *space_of_root(u64 root);

/* filter.c */
long filters_map(void);
long filter_load(u32 role);
const void *filter_agent(u64 done);

/* lib.c */
void *memcpy(void *to, const void *from, unsigned long n);
void *memset(void *to, int c, unsigned long n);

/* As an assignment, for which the compiler would take rep movs: that is slow to begin. */
static inline void copy_regs(struct lol_regs *to, const struct lol_regs *from)
{
	#pragma GCC unroll 18
	for (u32 i = 0; i < sizeof(*to) / sizeof(u64); i++)
		WRITE_ONCE(((u64 *)to)[i], READ_ONCE(((const u64 *)from)[i]));
}

static inline u64 rdgsbase(void)
{
	u64 v;

	asm volatile("rdgsbase %0" : "=r"(v));
	return v;
}

static inline void wrgsbase(u64 v)
{
	asm volatile("wrgsbase %0" : : "r"(v));
}

static inline u64 rdtsc(void)
{
	u32 lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return lo | (u64)hi << 32;
}

#pragma GCC visibility pop

#endif
