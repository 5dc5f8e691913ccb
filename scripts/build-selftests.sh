#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds a choice of the kernel's own selftests, natively and, where the program
# allows, statically, so that one binary runs on the host and in the guest.
#
#   build-selftests.sh [kernel tree [output folder]]
#
# The tree is only read.  User-space headers are x86's, made once in the output
# folder.  What the folder holds afterwards:
#
#   <collection>/...     programs, and the scripts and files that go with them
#   lib/                 loader and libraries of the programs that are not static
#   kselftest-list.txt   collection:program, one a line, in the order to run them
#   build.log            what the compilers said
#
# Some programs leave files beside themselves: run them in a copy of their folder.
#
# Existing programs are kept while they are newer than their collection's folder
# in the tree and this script; a program that does not build is reported and left
# out of the list, and the exit code is 1.
set -u

here=$(cd "$(dirname "$0")/.." && pwd)
self=$here/scripts/build-selftests.sh
tree=${1:-$here/build/src/linux-6.12}
out=${2:-$here/build/selftests}
tests=$tree/tools/testing/selftests

if [ ! -f "$tests/lib.mk" ]; then
	echo "build-selftests: $tree: not a kernel tree (unpack it first)" >&2
	exit 2
fi
tree=$(cd "$tree" && pwd)
tests=$tree/tools/testing/selftests
mkdir -p "$out" || exit 1
out=$(cd "$out" && pwd)
log=$out/build.log
list=$out/kselftest-list.txt.new
headers=$out/.headers/usr/include
: > "$log"
: > "$list"
failed=0
built=0

if [ ! -f "$out/.headers/done" ]; then
	echo "  HEADERS x86"
	mkdir -p "$out/.headers"
	if ! make -s -C "$tree" ARCH=x86 O="$out/.headers" headers >> "$log" 2>&1; then
		echo "build-selftests: the tree's headers do not build, see $log" >&2
		exit 1
	fi
	touch "$out/.headers/done"
fi

# compile <collection> <program> <command...>: runs it unless the program is new enough
compile() {
	collection=$1
	program=$2
	shift 2
	target=$out/$collection/$program
	if [ -e "$target" ] && [ "$target" -nt "$self" ] &&
	   [ -z "$(find "$tests/$collection" -newer "$target" -type f 2>/dev/null | head -n 1)" ]; then
		return 0
	fi
	mkdir -p "$(dirname "$target")"
	rm -f "$target"
	echo "  TEST    $collection/$program"
	echo "== $collection/$program: $*" >> "$log"
	if (cd "$tests/$collection" && "$@") >> "$log" 2>&1 && [ -e "$target" ]; then
		built=$((built + 1))
		return 0
	fi
	echo "  FAILED  $collection/$program, see $log"
	rm -f "$target"
	failed=$((failed + 1))
	return 1
}

run() {
	[ -e "$out/$1/$2" ] && echo "$1:$2" >> "$list"
}

# A collection's own makefile makes one program, with our headers.
by_make() {
	linking=$1
	collection=$2
	shift 2
	for program in "$@"; do
		compile "$collection" "$program" \
			make -s -f Makefile OUTPUT="$out/$collection" ARCH=x86_64 SRCARCH=x86 \
			KHDR_INCLUDES="-isystem $headers" \
			USERCFLAGS="-isystem $headers -w" USERLDFLAGS="$linking" \
			"$out/$collection/$program"
	done
}

listed() {
	collection=$1
	shift
	for program in "$@"; do
		run "$collection" "$program"
	done
}

copy() {
	collection=$1
	shift
	mkdir -p "$out/$collection"
	for file in "$@"; do
		[ -f "$tests/$collection/$file" ] && cp -p "$tests/$collection/$file" "$out/$collection/"
	done
}

simple() {
	by_make -static "$@"
	listed "$@"
}

simple size get_size

# --- processes -------------------------------------------------------------
simple clone3 clone3 clone3_clear_sighand clone3_set_tid clone3_cap_checkpoint_restore
simple pidfd pidfd_test pidfd_fdinfo_test pidfd_open_test pidfd_poll_test pidfd_wait \
	pidfd_getfd_test pidfd_setns_test
simple sigaltstack sas

# execveat runs copies, links and scripts beside it and reads the Makefile.
by_make -static exec execveat non-regular recursion-depth null-argv
copy exec Makefile
if [ -e "$out/exec/execveat" ]; then
	mkdir -p "$out/exec/subdir"
	printf '#!/bin/sh\nexit $*\n' > "$out/exec/script"
	chmod +x "$out/exec/script"
	ln -sf execveat "$out/exec/execveat.symlink"
	cp "$out/exec/execveat" "$out/exec/execveat.denatured"
	chmod -x "$out/exec/execveat.denatured"
fi
# 16 MiB alignment is left out: the files are 50 MB each, mostly holes.
load_address() {
	kind=$1
	align=$2
	compile exec "load_address$kind.$align" gcc -O1 -w -D_GNU_SOURCE -fPIE "$3" \
		-Wl,-z,max-page-size="$align" load_address.c -o "$out/exec/load_address$kind.$align"
}
load_address .static 0x1000 -static-pie
load_address .static 0x200000 -static-pie
load_address "" 0x1000 -pie
listed exec execveat non-regular recursion-depth null-argv \
	load_address.static.0x1000 load_address.static.0x200000 load_address.0x1000

# --- synchronisation -------------------------------------------------------
simple futex/functional futex_wait_timeout futex_wait_wouldblock futex_wait futex_requeue \
	futex_waitv futex_requeue_pi futex_requeue_pi_signal_restart \
	futex_requeue_pi_mismatched_ops futex_wait_uninitialized_heap \
	futex_wait_private_mapped_file
simple membarrier membarrier_test_single_thread membarrier_test_multi_thread

# The makefile wants a shared library; the same source linked in does as well.
rseq() {
	program=$1
	source=$2
	shift 2
	compile rseq "$program" gcc -O2 -w -D_GNU_SOURCE= -static -I. -isystem "$headers" \
		-I"$tree/tools/include" "$@" "$source" rseq.c -o "$out/rseq/$program" -lpthread -ldl
}
rseq basic_test basic_test.c
rseq basic_percpu_ops_test basic_percpu_ops_test.c
rseq basic_percpu_ops_mm_cid_test basic_percpu_ops_test.c -DBUILDOPT_RSEQ_PERCPU_MM_CID
rseq param_test param_test.c
rseq param_test_mm_cid param_test.c -DBUILDOPT_RSEQ_PERCPU_MM_CID
listed rseq basic_test basic_percpu_ops_test basic_percpu_ops_mm_cid_test \
	param_test param_test_mm_cid

# --- system calls ----------------------------------------------------------
simple syscall_user_dispatch sud_test sud_benchmark
simple seccomp seccomp_bpf
simple ptrace get_syscall_info peeksiginfo get_set_sud vmaccess

by_make -static splice default_file_splice_read splice_read
copy splice default_file_splice_read.sh short_splice_read.sh settings
listed splice default_file_splice_read.sh short_splice_read.sh

# --- time ------------------------------------------------------------------
# Those that set the clock or suspend the machine are left out.
by_make -static vDSO vdso_test_gettimeofday vdso_test_getcpu vdso_test_abi \
	vdso_test_clock_getres
# These look the vDSO up in the loader's list of libraries, or have no C library.
by_make "" vDSO vdso_test_correctness vdso_standalone_test_x86
listed vDSO vdso_test_gettimeofday vdso_test_getcpu vdso_test_abi vdso_test_clock_getres \
	vdso_standalone_test_x86 vdso_test_correctness
copy timers settings
simple timers posix_timers nanosleep inconsistency-check nsleep-lat set-timer-lat mqueue-lat \
	threadtest raw_skew rtcpie

# --- libraries of what is not static ---------------------------------------
mkdir -p "$out/lib"
for program in $(find "$out" -path "$out/.headers" -prune -o -type f -perm -u+x -print); do
	readelf -l "$program" 2>/dev/null | grep -q 'program interpreter' || continue
	ldd "$program" 2>/dev/null | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^[[:space:]]*\(\/[^ ]*ld-linux[^ ]*\).*/\1/p'
done | sort -u | while read -r library; do
	cmp -s "$library" "$out/lib/$(basename "$library")" || cp -L "$library" "$out/lib/"
done

mv "$list" "$out/kselftest-list.txt"
echo "selftests: $(wc -l < "$out/kselftest-list.txt") programs in $out, $built built now, $failed failed"
[ "$failed" -eq 0 ]
