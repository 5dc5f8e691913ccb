// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TLB's record against a model that keeps every page (what is mapped there,
 * how) and counts VMAs as the host does, and then against the host itself: the
 * count must never be below, must be exact where it is meant to be, and the caps
 * must hold under a guest that does its worst.
 */
#include "tests/unit/mm_test.h"
#include <unistd.h>

#define BASE	0x500000000000ULL
#define PAGES	(4 * 512U)
#define LIMIT	(BASE + PAGES * PAGE)

struct page {
	uint64_t gpa;		/* | 1: mapped */
	uint32_t prot;
};

static struct page model[PAGES];
static struct mm_tlb *tlb;

static int setup(void **unused)
{
	(void)unused;
	tlb = calloc(1, sizeof(*tlb));
	memset(model, 0, sizeof(model));
	return !tlb;
}

static int teardown(void **unused)
{
	(void)unused;
	free(tlb);
	return 0;
}

static unsigned int model_vmas(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < PAGES; i++) {
		if (!(model[i].gpa & 1))
			continue;
		n += !i || model[i - 1].prot != model[i].prot ||
		     model[i - 1].gpa + PAGE != model[i].gpa;
	}
	return n;
}

static void model_map(const struct mm_run *run)
{
	uint64_t i, first = (run->va.v - BASE) / PAGE;

	for (i = 0; i < run->length / PAGE; i++)
		model[first + i] = (struct page){ (run->gpa.v + i * PAGE) | 1, run->prot };
}

static void model_unmap(struct mm_range r)
{
	uint64_t i;

	for (i = (r.start - BASE) / PAGE; i < (r.end - BASE) / PAGE; i++)
		model[i] = (struct page){ 0, 0 };
}

static void compare(void)
{
	struct mm_range all = { BASE, LIMIT }, r;
	uint64_t i = 0, j;

	assert_true(model_vmas() <= tlb->vmas);
	while (mm_tlb_next(tlb, MM_READ, &all, &r)) {
		for (; i < (r.start - BASE) / PAGE; i++)
			assert_false(model[i].gpa & 1);
		for (; i < (r.end - BASE) / PAGE; i++)
			assert_true(model[i].gpa & 1);
	}
	for (; i < PAGES; i++)
		assert_false(model[i].gpa & 1);
	all = (struct mm_range){ BASE, LIMIT };
	for (i = 0; mm_tlb_next(tlb, MM_WRITE, &all, &r); ) {
		for (; i < (r.start - BASE) / PAGE; i++)
			assert_false(model[i].prot & MM_WRITE);
		for (; i < (r.end - BASE) / PAGE; i++)
			assert_true(model[i].prot & MM_WRITE);
	}
	for (i = j = 0; i < PAGES; i += 512) {
		uint64_t k;

		for (k = 0; k < 512 && !(model[i + k].gpa & 1); k++)
			;
		j += k < 512;
	}
	assert_int_equal(j, tlb->regions);
}

static struct mm_range random_range(void)
{
	uint64_t from = below(PAGES), n = 1 + below(chance(4) ? 600 : 8);

	if (n > PAGES - from)
		n = PAGES - from;
	return (struct mm_range){ BASE + from * PAGE, BASE + (from + n) * PAGE };
}

static struct mm_run random_run(void)
{
	struct mm_range r = random_range();
	struct mm_run run = {
		.va = gva(r.start), .length = r.end - r.start, .prot = MM_READ,
		/* two choices of distance, so that merges happen */
		.gpa = gpa(r.start - BASE + (chance(3) ? 0x1000000 : 0)),
	};

	if (run.length > MM_RUN_MAX)
		run.length = MM_RUN_MAX;
	run.prot |= chance(2) ? MM_WRITE : 0;
	run.prot |= chance(6) ? MM_EXEC : 0;
	return run;
}

static void check_trim(struct mm_run run)
{
	uint64_t va = run.va.v + below(run.length / PAGE) * PAGE, at;
	struct mm_range left = { run.va.v, run.va.v + run.length };
	struct mm_run cut = run;
	int covers = 1;

	mm_tlb_trim(tlb, gva(va + 5), &cut);
	assert_true(cut.va.v >= run.va.v && cut.va.v + cut.length <= run.va.v + run.length);
	assert_true(cut.va.v <= va && va < cut.va.v + cut.length);
	assert_int_equal(cut.gpa.v - cut.va.v, run.gpa.v - run.va.v);
#define COVERED(v) ((model[((v) - BASE) / PAGE].gpa & 1) && \
		    (!(run.prot & MM_WRITE) || (model[((v) - BASE) / PAGE].prot & MM_WRITE)))
	for (at = cut.va.v; at < cut.va.v + cut.length; at += PAGE)
		assert_true(at == va || !COVERED(at));
	assert_true(cut.va.v == run.va.v || COVERED(cut.va.v - PAGE));
	at = cut.va.v + cut.length;
	assert_true(at == run.va.v + run.length || COVERED(at));
	for (at = run.va.v; at < run.va.v + run.length; at += PAGE)
		covers = covers && COVERED(at);
	assert_int_equal(covers, mm_tlb_covers(tlb, &run));

	/* The parts that are missing, all and in order. */
	at = run.va.v;
	while (mm_tlb_missing(tlb, &run, &left, &cut)) {
		for (; at < cut.va.v; at += PAGE)
			assert_true(COVERED(at));
		assert_true(cut.length && cut.prot == run.prot);
		assert_int_equal(cut.gpa.v - cut.va.v, run.gpa.v - run.va.v);
		for (; at < cut.va.v + cut.length; at += PAGE)
			assert_false(COVERED(at));
		assert_int_equal(left.start, at);
	}
	for (; at < run.va.v + run.length; at += PAGE)
		assert_true(COVERED(at));
}

static void test_model(void **unused)
{
	unsigned long i, n = trials(20000), model_sum = 0, tlb_sum = 0;

	(void)unused;
	for (i = 0; i < n; i++) {
		struct mm_range r = random_range(), out[MM_TLB_EVICT];
		struct mm_run run = random_run();
		unsigned int k;

		check_trim(run);
		switch (below(12)) {
		case 0: case 1:
			mm_tlb_note_unmap(tlb, r);
			model_unmap(r);
			break;
		case 2:		/* as a caller does: only what is writable */
			mm_tlb_note_protect(tlb, r);
			for (k = (r.start - BASE) / PAGE; k < (r.end - BASE) / PAGE; k++)
				if (model[k].prot & MM_WRITE)
					model[k].prot = MM_READ;
			break;
		case 3:
			if (chance(20)) {
				k = mm_tlb_evict(tlb, out);
				while (k--)
					model_unmap(out[k]);
			}
			if (chance(50)) {
				mm_tlb_clear(tlb);
				assert_int_equal(tlb->vmas, 0);
				memset(model, 0, sizeof(model));
			}
			break;
		default:
			if (chance(3))
				mm_tlb_trim(tlb, run.va, &run);
			assert_int_equal(mm_tlb_note_map(tlb, &run), 1);
			model_map(&run);
		}
		compare();
		model_sum += model_vmas();
		tlb_sum += tlb->vmas;
	}
	print_message("# VMAs: model %lu, counted %lu on average\n", model_sum / n, tlb_sum / n);
	assert_true(tlb_sum < model_sum * 2);
}

/* Pages touched one after the other are one VMA, upwards and downwards. */
static void test_sequential(void **unused)
{
	unsigned int i;

	(void)unused;
	for (i = 0; i < 1500; i++) {
		struct mm_run up = { gva(BASE + i * PAGE), gpa(i * PAGE), PAGE, MM_READ };
		struct mm_run down = { gva(BASE + 0x40000000 - i * PAGE),
				       gpa(0x40000000 - i * PAGE), PAGE, MM_READ | MM_WRITE };

		assert_int_equal(mm_tlb_note_map(tlb, &up), 1);
		assert_int_equal(mm_tlb_note_map(tlb, &down), 1);
		assert_int_equal(tlb->vmas, 2);
	}
	/* A hole makes three, filling it two again. */
	mm_tlb_note_unmap(tlb, (struct mm_range){ BASE + 0x5000, BASE + 0x6000 });
	assert_int_equal(tlb->vmas, 3);
}

/* The real host: memfd, mmap, munmap, mprotect, /proc/self/maps. */
static unsigned int host_vmas(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long start;
	unsigned int n = 0;
	char line[512];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx", &start) == 1 && start >= BASE && start < LIMIT)
			n++;
	fclose(f);
	return n;
}

static void test_host(void **unused)
{
	unsigned long i, n = trials(3000);
	int fd = memfd_create("ram", MFD_CLOEXEC);

	(void)unused;
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 0x2000000), 0);
	for (i = 0; i < n; i++) {
		struct mm_range r = random_range(), all, out;
		struct mm_run run = random_run();

		run.prot &= ~MM_EXEC;
		switch (below(10)) {
		case 0: case 1:
			assert_int_equal(munmap((void *)r.start, r.end - r.start), 0);
			mm_tlb_note_unmap(tlb, r);
			model_unmap(r);
			break;
		case 2:
			all = r;
			while (mm_tlb_next(tlb, MM_WRITE, &all, &out))
				assert_int_equal(mprotect((void *)out.start, out.end - out.start,
							  PROT_READ), 0);
			mm_tlb_note_protect(tlb, r);
			break;
		default:
			mm_tlb_trim(tlb, run.va, &run);
			mm_tlb_note_map(tlb, &run);
			assert_true(mmap((void *)run.va.v, run.length, (int)run.prot,
					 MAP_SHARED | MAP_FIXED, fd, (off_t)run.gpa.v) !=
				    MAP_FAILED);
		}
		assert_true(host_vmas() <= tlb->vmas);
	}
	print_message("# VMAs: host %u, counted %u\n", host_vmas(), tlb->vmas);
	munmap((void *)BASE, LIMIT - BASE);
	close(fd);
}

/* Direct map: a small hole does not cost a gigabyte, and a full flush counts. */
static void test_large(void **unused)
{
	struct mm_run whole = { gva(LOL_DIRECT_MAP), gpa(0), 0x40000000, MM_READ | MM_WRITE };
	struct mm_run image = { gva(LOL_KERNEL_MAP + 0x200000), gpa(0x200000), 0x800000, MM_READ };
	struct mm_run run;
	unsigned int i;

	(void)unused;
	run = whole;
	mm_tlb_trim(tlb, gva(LOL_DIRECT_MAP + 0x12345678), &run);
	assert_int_equal(run.length, whole.length);
	assert_int_equal(mm_tlb_note_map(tlb, &run), 1);
	assert_int_equal(mm_tlb_note_map(tlb, &image), 1);
	assert_int_equal(tlb->large, 4);
	for (i = 0; i < 5; i++) {
		mm_tlb_note_unmap(tlb, (struct mm_range){ LOL_DIRECT_MAP + 0x5000000,
							  LOL_DIRECT_MAP + 0x5001000 });
		run = whole;
		mm_tlb_trim(tlb, gva(LOL_DIRECT_MAP + 0x5000123), &run);
		assert_int_equal(run.va.v, LOL_DIRECT_MAP + 0x5000000);
		assert_int_equal(run.gpa.v, 0x5000000);
		assert_int_equal(run.length, MM_HUGE_SIZE);
		assert_int_equal(mm_tlb_note_map(tlb, &run), 1);
	}
	assert_int_equal(tlb->large, 4 + 5 * 4);
	mm_tlb_note_unmap(tlb, (struct mm_range){ LOL_KERNEL_START, LOL_NEAR_START });
	assert_int_equal(tlb->large, 2);
	run = whole;
	mm_tlb_trim(tlb, gva(LOL_DIRECT_MAP), &run);
	assert_int_equal(run.length, whole.length);
	run = image;
	mm_tlb_trim(tlb, gva(LOL_KERNEL_MAP + 0x400000), &run);
	assert_int_equal(run.length, MM_HUGE_SIZE);
	mm_tlb_clear(tlb);
	assert_int_equal(tlb->large, 0);
}

/* The worst guest: single pages 2 MiB apart, every second page, splits. */
static void test_caps(void **unused)
{
	unsigned long i, n = trials(400000), evicted = 0;
	uint32_t most = 0, regions = 0, large = 0;

	(void)unused;
	for (i = 0; i < n; i++) {
		uint64_t va = i < n / 2 ? LOL_USER_START + i * 2 * PAGE :
			      LOL_USER_START + below(LOL_USER_END / PAGE - 32) * PAGE;
		struct mm_run run = { gva(va), gpa(below(1000) * PAGE), PAGE, MM_READ };
		struct mm_range out[MM_TLB_EVICT];

		if (chance(16)) {
			run.va = gva(LOL_DIRECT_MAP + below(1000) * PAGE);
		} else if (chance(50)) {
			struct mm_range cut = { va - below(64) * PAGE, va + below(64) * PAGE };

			mm_tlb_note_unmap(tlb, cut);
		}
		while (mm_tlb_must_evict(tlb))
			evicted += mm_tlb_evict(tlb, out);
		assert_int_equal(mm_tlb_note_map(tlb, &run), 1);
		most = tlb->vmas > most ? tlb->vmas : most;
		regions = tlb->regions > regions ? tlb->regions : regions;
		large = tlb->large > large ? tlb->large : large;
	}
	print_message("# at most %u VMAs, %u regions, %u large; %lu ranges dropped\n",
		      most, regions, large, evicted);
	assert_true(most <= MM_TLB_VMAS && regions <= MM_TLB_REGIONS && large <= MM_TLB_LARGE);
	assert_true(evicted > 0);
	mm_tlb_clear(tlb);
	assert_int_equal(tlb->vmas, 0);
	assert_int_equal(tlb->regions, 0);
	for (i = 0; i < MM_TLB_HASH; i++)
		assert_int_equal(tlb->hash[i], 0);
	for (i = 0; i < tlb->fresh; i++)
		assert_true(!tlb->region[i].number && !tlb->region[i].starts);
}

/* What lies below the guest's lowest address is the wedge's. */
static void test_evict_lowest(void **unused)
{
	const struct mm_run run = { .va.v = LOL_USER_START + PAGE, .gpa.v = 0x100000, .length = PAGE, .prot = MM_READ };
	struct mm_range out[MM_TLB_EVICT];

	(void)unused;
	assert_true(mm_tlb_note_map(tlb, &run));
	assert_int_equal(mm_tlb_evict(tlb, out), 1);
	assert_int_equal(out[0].start, LOL_USER_START);
	assert_int_equal(out[0].end, MM_HUGE_SIZE);
	assert_int_equal(tlb->regions, 0);
	assert_int_equal(tlb->vmas, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_model), T(test_sequential), T(test_large), T(test_host), T(test_caps),
		T(test_evict_lowest),
	};

	return cmocka_run_group_tests_name("mm_tlb", tests, 0, 0);
}
