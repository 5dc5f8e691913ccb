// SPDX-License-Identifier: GPL-2.0-only
/*
 * Static branches: see asm/jump_label.h for what stands in the text.  Changes are
 * queued and written together, so that other CPUs are stopped once per key.
 */
#include <linux/bug.h>
#include <linux/jump_label.h>
#include <linux/memory.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <asm/text-patching.h>

static const u8 branch_nop[JUMP_LABEL_NOP_SIZE] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };

/* The queue: jump_label_mutex is held from the first entry to the last. */
static struct lol_patch queue[LOL_PATCH_BATCH];
static unsigned int queued;

static void branch_jump(struct jump_entry *entry, u8 *insn)
{
	s32 distance = jump_entry_target(entry) - (jump_entry_code(entry) + JUMP_LABEL_NOP_SIZE);

	insn[0] = 0xe9;
	memcpy(insn + 1, &distance, sizeof(distance));
}

bool arch_jump_label_transform_queue(struct jump_entry *entry, enum jump_label_type type)
{
	struct lol_patch *patch;
	u8 jump[JUMP_LABEL_NOP_SIZE];
	const u8 *old, *new;

	if (queued == ARRAY_SIZE(queue))
		return false;

	patch = &queue[queued];
	patch->address = (void *)jump_entry_code(entry);
	branch_jump(entry, jump);
	old = type == JUMP_LABEL_JMP ? branch_nop : jump;
	new = type == JUMP_LABEL_JMP ? jump : branch_nop;

	/* Writing over anything else would hide somebody's mistake. */
	if (!memcmp(patch->address, new, JUMP_LABEL_NOP_SIZE))
		return true;
	if (WARN(memcmp(patch->address, old, JUMP_LABEL_NOP_SIZE),
		 "jump label %pS: unexpected text %5ph\n", patch->address, patch->address))
		return true;

	patch->length = JUMP_LABEL_NOP_SIZE;
	memcpy(patch->insn, new, JUMP_LABEL_NOP_SIZE);
	queued++;
	return true;
}

void arch_jump_label_transform_apply(void)
{
	if (!queued)
		return;
	mutex_lock(&text_mutex);
	lol_patch_text(queue, queued);
	mutex_unlock(&text_mutex);
	queued = 0;
}

void arch_jump_label_transform(struct jump_entry *entry, enum jump_label_type type)
{
	arch_jump_label_transform_queue(entry, type);
	arch_jump_label_transform_apply();
}
