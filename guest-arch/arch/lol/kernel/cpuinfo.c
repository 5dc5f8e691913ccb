// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the CPU says of itself: /proc/cpuinfo in x86's form, because programs
 * parse it, and one line at boot.
 *
 * All vCPUs are alike, so the boot CPU is asked once.  Feature names stand in one
 * string per CPUID register, lowest bit first, "-" for bits that Linux does not
 * show; their spelling is x86's.
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <asm/special_insns.h>
#include <asm/time.h>

enum cpuid_register { EAX, EBX, ECX, EDX };

struct feature_word {
	u32 leaf;
	enum cpuid_register reg;
	const char *names;
	u32 value;
};

static struct feature_word features[] __ro_after_init = {
	{ 0x00000001, EDX,
	  "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 pn clflush - dts acpi mmx fxsr sse sse2 ss ht tm ia64 pbe" },
	{ 0x80000001, EDX,
	  "- - - - - - - - - - - syscall - - - - - - - mp nx - mmxext - - fxsr_opt pdpe1gb rdtscp - lm 3dnowext 3dnow" },
	{ 0x00000001, ECX,
	  "pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma cx16 xtpr pdcm - pcid dca sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave - avx f16c rdrand hypervisor" },
	{ 0x80000001, ECX,
	  "lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt - lwp fma4 tce - nodeid_msr - tbm topoext perfctr_core perfctr_nb - bpext ptsc perfctr_llc mwaitx - -" },
	{ 0x00000007, EBX,
	  "fsgsbase tsc_adjust sgx bmi1 hle avx2 - smep bmi2 erms invpcid rtm cqm - mpx rdt_a avx512f avx512dq rdseed adx smap avx512ifma - clflushopt clwb intel_pt avx512pf avx512er avx512cd sha_ni avx512bw avx512vl" },
	{ 0x00000007, ECX,
	  "- avx512vbmi umip pku - waitpkg avx512_vbmi2 - gfni vaes vpclmulqdq avx512_vnni avx512_bitalg tme avx512_vpopcntdq - la57 - - - - - rdpid - - cldemote - movdiri movdir64b - - -" },
	{ 0x00000007, EDX,
	  "- - avx512_4vnniw avx512_4fmaps fsrm - - - avx512_vp2intersect - md_clear - - - serialize - tsxldtrk - - - - - amx_bf16 avx512_fp16 amx_tile amx_int8 - - - - - -" },
};

static struct {
	char vendor[13];
	char model[49];
	u32 family, model_number, stepping;
	u32 max_leaf, max_extended;
	u32 cache_line;
	u32 physical_bits, virtual_bits;
} cpu __ro_after_init;

static void __init ask(u32 leaf, u32 *value)
{
	native_cpuid(leaf, 0, &value[EAX], &value[EBX], &value[ECX], &value[EDX]);
}

static void __init ask_identity(void)
{
	u32 value[4], signature;
	int i;

	ask(0, value);
	cpu.max_leaf = value[EAX];
	memcpy(cpu.vendor, &value[EBX], 4);
	memcpy(cpu.vendor + 4, &value[EDX], 4);
	memcpy(cpu.vendor + 8, &value[ECX], 4);

	ask(1, value);
	signature = value[EAX];
	cpu.stepping = signature & 0xf;
	cpu.model_number = (signature >> 4) & 0xf;
	cpu.family = (signature >> 8) & 0xf;
	if (cpu.family == 0xf)
		cpu.family += (signature >> 20) & 0xff;
	if (cpu.family >= 6)
		cpu.model_number += ((signature >> 16) & 0xf) << 4;
	cpu.cache_line = ((value[EBX] >> 8) & 0xff) * 8;

	ask(0x80000000, value);
	cpu.max_extended = value[EAX];
	if (cpu.max_extended >= 0x80000004)
		for (i = 0; i < 3; i++) {
			ask(0x80000002 + i, value);
			memcpy(cpu.model + 16 * i, value, 16);
		}
	strim(cpu.model);
	if (cpu.max_extended >= 0x80000008) {
		ask(0x80000008, value);
		cpu.physical_bits = value[EAX] & 0xff;
	}
	cpu.virtual_bits = 47;
}

static void __init ask_features(void)
{
	u32 value[4];
	int i;

	for (i = 0; i < ARRAY_SIZE(features); i++) {
		u32 leaf = features[i].leaf;

		if (leaf > (leaf & 0x80000000 ? cpu.max_extended : cpu.max_leaf))
			continue;
		ask(leaf, value);
		features[i].value = value[features[i].reg];
	}
}

static void __init report_hypervisor(void)
{
	char name[13] = "";
	u32 value[4];

	ask(0x40000000, value);
	memcpy(name, &value[EBX], 4);
	memcpy(name + 4, &value[ECX], 4);
	memcpy(name + 8, &value[EDX], 4);
	pr_info("lol: machine \"%s\", CPU %s, TSC %u.%03u MHz\n", name,
		cpu.model[0] ? cpu.model : cpu.vendor,
		lol_clock_page->tsc_khz / 1000, lol_clock_page->tsc_khz % 1000);
}

static int __init cpuinfo_init(void)
{
	ask_identity();
	ask_features();
	report_hypervisor();
	return 0;
}
core_initcall(cpuinfo_init);

static void show_features(struct seq_file *m, const struct feature_word *word)
{
	const char *name = word->names;
	int bit;

	for (bit = 0; bit < 32 && *name; bit++) {
		int length = strcspn(name, " ");

		if ((word->value & BIT(bit)) && *name != '-')
			seq_printf(m, " %.*s", length, name);
		name += length;
		if (*name)
			name++;
	}
}

static int show_cpuinfo(struct seq_file *m, void *v)
{
	unsigned long n = (unsigned long)v - 1;
	u32 khz = lol_clock_page->tsc_khz;
	unsigned long lpj = loops_per_jiffy;
	int i;

	seq_printf(m, "processor\t: %lu\n", n);
	seq_printf(m, "vendor_id\t: %s\n", cpu.vendor);
	seq_printf(m, "cpu family\t: %u\n", cpu.family);
	seq_printf(m, "model\t\t: %u\n", cpu.model_number);
	seq_printf(m, "model name\t: %s\n", cpu.model[0] ? cpu.model : "unknown");
	seq_printf(m, "stepping\t: %u\n", cpu.stepping);
	seq_printf(m, "cpu MHz\t\t: %u.%03u\n", khz / 1000, khz % 1000);
	seq_puts(m, "physical id\t: 0\n");
	seq_printf(m, "siblings\t: %u\n", num_online_cpus());
	seq_printf(m, "core id\t\t: %lu\n", n);
	seq_printf(m, "cpu cores\t: %u\n", num_online_cpus());
	seq_printf(m, "apicid\t\t: %lu\n", n);
	seq_printf(m, "initial apicid\t: %lu\n", n);
	seq_puts(m, "fpu\t\t: yes\nfpu_exception\t: yes\n");
	seq_printf(m, "cpuid level\t: %u\n", cpu.max_leaf);
	seq_puts(m, "wp\t\t: yes\nflags\t\t:");
	for (i = 0; i < ARRAY_SIZE(features); i++)
		show_features(m, &features[i]);
	seq_printf(m, "\nbogomips\t: %lu.%02lu\n", lpj / (500000 / HZ), lpj / (5000 / HZ) % 100);
	seq_printf(m, "clflush size\t: %u\n", cpu.cache_line);
	seq_printf(m, "cache_alignment\t: %u\n", cpu.cache_line);
	seq_printf(m, "address sizes\t: %u bits physical, %u bits virtual\n\n",
		   cpu.physical_bits, cpu.virtual_bits);
	return 0;
}

/* The cursor is the CPU's number plus one: zero would end the file. */
static void *cpuinfo_start(struct seq_file *m, loff_t *pos)
{
	unsigned int n = *pos ? cpumask_next(*pos - 1, cpu_online_mask) :
				cpumask_first(cpu_online_mask);

	if (n >= nr_cpu_ids)
		return NULL;
	*pos = n;
	return (void *)(unsigned long)(n + 1);
}

static void *cpuinfo_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return cpuinfo_start(m, pos);
}

static void cpuinfo_stop(struct seq_file *m, void *v)
{
}

const struct seq_operations cpuinfo_op = {
	.start	= cpuinfo_start,
	.next	= cpuinfo_next,
	.stop	= cpuinfo_stop,
	.show	= show_cpuinfo,
};
