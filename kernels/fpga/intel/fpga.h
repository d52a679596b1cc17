// SPDX-License-Identifier: Apache-2.0
// The dialect of the FPGA kernels: OpenCL C of one work-item, for aoc, v++ and any other compiler.
//
// ../program.py puts the board's defines and this text in front of the kernels, and in front of
// each kernel what is its own: ENTRY(name), REPLICA, LANES, and REAL (float|double) with PACK, or
// WORD (u32|u64).
// The defines, all from boards/<board>.json (README.md says what each does):
//   CW_VENDOR_INTEL, CW_VENDOR_XILINX   none of them: plain OpenCL C
//   CW_BANK_PREFIX                      HBM where arguments name a bank; else not defined
//   VECTOR CHUNK UNROLL SUMS FUSED NX_MAX NX_MAX_3D NY_MAX_3D GEMM_BLOCK GEMM_TILE

#ifndef CARDWISE_FPGA_H
#define CARDWISE_FPGA_H

#define CW_PASTE_(a, b) a##b
#define CW_PASTE(a, b) CW_PASTE_(a, b)
#define CW_TEXT_(a) #a
#define CW_TEXT(a) CW_TEXT_(a)

// TASK: a kernel of one work-item, started by clEnqueueTask or as a range of one. Intel's compilers
// then leave away the hardware for an index space and for a global offset.
#if defined(CW_VENDOR_INTEL)
#define TASK                                \
  __attribute__((max_global_work_dim(0)))   \
  __attribute__((uses_global_work_offset(0))) __kernel
#else
#define TASK __attribute__((reqd_work_group_size(1, 1, 1))) __kernel
#endif

// BANK(k): where a buffer lies. Without interleaving aoc must be told, v++ is told by its linker.
#ifdef CW_BANK_PREFIX
#define BANK(k) __attribute__((buffer_location(CW_TEXT(CW_PASTE(CW_BANK_PREFIX, k)))))
#else
#define BANK(k)
#endif

// Every buffer of a replication lies in the replication's own bank.
#define INPUT(type) __global BANK(REPLICA) const type* restrict
#define IN_OUT(type) __global BANK(REPLICA) type* restrict
#define OUTPUT(type) __global BANK(REPLICA) type* restrict

// FUSED 1: one rounding, as the portable kernels have it. 0: the card's own multiplier and adder,
// which aoc fuses by itself under -fpc; on the suite's grid data both are exact.
#if FUSED
#define FMA(a, b, c) fma((REAL)(a), (REAL)(b), (REAL)(c))
#else
#define FMA(a, b, c) ((REAL)(a) * (REAL)(b) + (REAL)(c))
#endif

typedef uint u32;
typedef ulong u64;

/// splitmix64's output number `index` of the stream `seed`; the host computes the same bits.
static inline u64 cw_mix(u64 seed, u64 index) {
  u64 z = seed + (index + 1) * (u64)0x9E3779B97F4A7C15UL;
  z = (z ^ (z >> 30)) * (u64)0xBF58476D1CE4E5B9UL;
  z = (z ^ (z >> 27)) * (u64)0x94D049BB133111EBUL;
  return z ^ (z >> 31);
}

// PACK: what a memory port moves in a cycle, LANES elements, as one value. A compiler makes one
// wide access of it and need not find out first that neighbours are neighbours. Aligned as far as
// its size allows.
#define PACK_OF(type, lanes)                                                              \
  struct __attribute__((aligned(((lanes) * sizeof(type)) & -((lanes) * sizeof(type))))) { \
    type v[lanes];                                                                        \
  }
#define IN_PACKS(buffer) ((__global const PACK*)(buffer))
#define OUT_PACKS(buffer) ((__global PACK*)(buffer))

// How many packs the chunk that starts at pack `first` has.
#define CHUNK_PACKS (CHUNK / LANES)
#define COUNT(first, packs) \
  ((packs) - (first) < CHUNK_PACKS ? (u32)((packs) - (first)) : (u32)CHUNK_PACKS)

#endif
