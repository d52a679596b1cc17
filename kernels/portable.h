// SPDX-License-Identifier: Apache-2.0
// The kernel dialect: OpenCL C 1.2 is the base, CUDA C++ its projection (rules: README.md).
//
// The host puts its defines and this text in front of a kernel's; kernels include nothing.
// REAL (float|double), WIDTH (elements of a PACK, at most 16 bytes), GROUP and TAIL come from it.

#ifndef CARDWISE_PORTABLE_H
#define CARDWISE_PORTABLE_H

#ifndef REAL
#define REAL float
#endif
#ifndef WIDTH
#define WIDTH 1
#endif

// REAL_IS_DOUBLE: the preprocessor cannot compare words, but it can paste them.
#define CW_PASTE_(a, b) a##b
#define CW_PASTE(a, b) CW_PASTE_(a, b)
#define CW_IS_DOUBLE_float 0
#define CW_IS_DOUBLE_double 1
#define REAL_IS_DOUBLE CW_PASTE(CW_IS_DOUBLE_, REAL)

#if defined(__OPENCL_VERSION__) || defined(__OPENCL_C_VERSION__)

#if REAL_IS_DOUBLE
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#endif

#define KERNEL __kernel
#define INLINE static inline
#define GLOBAL __global
#define LOCAL __local
#define LOCAL_POINTER(type) __local type*
#define RESTRICT restrict
#define BLOCK(x, y, z) __attribute__((reqd_work_group_size(x, y, z)))
#define BLOCK_RESIDENT(x, y, z, groups) BLOCK(x, y, z)
#define BARRIER() barrier(CLK_LOCAL_MEM_FENCE)
#define FMA(a, b, c) fma((REAL)(a), (REAL)(b), (REAL)(c))

typedef uint u32;
typedef ulong u64;
typedef long i64;
typedef ulong index_t;
typedef uint4 u32x4;
typedef ulong2 u64x2;

#define GLOBAL_ID(d) ((index_t)get_global_id(d))
#define GLOBAL_SIZE(d) ((index_t)get_global_size(d))
#define LOCAL_ID(d) ((index_t)get_local_id(d))
#define LOCAL_SIZE(d) ((index_t)get_local_size(d))
#define GROUP_ID(d) ((index_t)get_group_id(d))
#define NUM_GROUPS(d) ((index_t)get_num_groups(d))

#elif defined(__CUDACC_RTC__) || defined(__CUDACC__)

#define KERNEL extern "C" __global__
#define INLINE __device__ __forceinline__
#define GLOBAL
#define LOCAL __shared__
#define LOCAL_POINTER(type) type*
#define RESTRICT __restrict__
#define BLOCK(x, y, z) __launch_bounds__((x) * (y) * (z))
#define BLOCK_RESIDENT(x, y, z, groups) __launch_bounds__((x) * (y) * (z), groups)
#define BARRIER() __syncthreads()
#define FMA(a, b, c) cw_fma((REAL)(a), (REAL)(b), (REAL)(c))

typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;
typedef unsigned long long index_t;
typedef uint4 u32x4;
typedef ulonglong2 u64x2;

INLINE float cw_fma(float a, float b, float c) { return fmaf(a, b, c); }
INLINE double cw_fma(double a, double b, double c) { return fma(a, b, c); }

// Dimensions are the literals 0, 1, 2: pasted into member names.
#define CW_AXIS_0 x
#define CW_AXIS_1 y
#define CW_AXIS_2 z
#define GLOBAL_ID(d) (GROUP_ID(d) * LOCAL_SIZE(d) + LOCAL_ID(d))
#define GLOBAL_SIZE(d) (NUM_GROUPS(d) * LOCAL_SIZE(d))
#define LOCAL_ID(d) ((index_t)threadIdx.CW_AXIS_##d)
#define LOCAL_SIZE(d) ((index_t)blockDim.CW_AXIS_##d)
#define GROUP_ID(d) ((index_t)blockIdx.CW_AXIS_##d)
#define NUM_GROUPS(d) ((index_t)gridDim.CW_AXIS_##d)

#else
#error "kernels are OpenCL C 1.2 or CUDA"
#endif

// PACK: WIDTH elements that travel in one load or store; its lanes are .x .y .z .w.
// LANES(S) expands S(x) or S(x) S(y) ...; LOAD and STORE move a pack from and to an array.
#if WIDTH == 1
typedef struct {
  REAL x;
} cw_pack;
#define LANES(S) S(x)
#define LOAD(array, from)                          \
  do {                                             \
    const PACK pack_ = *(from);                    \
    (array)[0] = pack_.x;                          \
  } while (0)
#define STORE(to, array)                           \
  do {                                             \
    PACK pack_;                                    \
    pack_.x = (array)[0];                          \
    *(to) = pack_;                                 \
  } while (0)
#elif WIDTH == 2
typedef CW_PASTE(REAL, 2) cw_pack;
#define LANES(S) S(x) S(y)
#define LOAD(array, from)                          \
  do {                                             \
    const PACK pack_ = *(from);                    \
    (array)[0] = pack_.x, (array)[1] = pack_.y;    \
  } while (0)
#define STORE(to, array)                           \
  do {                                             \
    PACK pack_;                                    \
    pack_.x = (array)[0], pack_.y = (array)[1];    \
    *(to) = pack_;                                 \
  } while (0)
#elif WIDTH == 4 && !REAL_IS_DOUBLE
typedef CW_PASTE(REAL, 4) cw_pack;
#define LANES(S) S(x) S(y) S(z) S(w)
#define LOAD(array, from)                          \
  do {                                             \
    const PACK pack_ = *(from);                    \
    (array)[0] = pack_.x, (array)[1] = pack_.y;    \
    (array)[2] = pack_.z, (array)[3] = pack_.w;    \
  } while (0)
#define STORE(to, array)                           \
  do {                                             \
    PACK pack_;                                    \
    pack_.x = (array)[0], pack_.y = (array)[1];    \
    pack_.z = (array)[2], pack_.w = (array)[3];    \
    *(to) = pack_;                                 \
  } while (0)
#else
#error "WIDTH is 1, 2 or (float only) 4"
#endif
#define PACK cw_pack

// The elements behind a pointer to packs, for tails that fill no pack.
#define ELEMENTS(packs) ((GLOBAL REAL*)(packs))
#define CONST_ELEMENTS(packs) ((GLOBAL const REAL*)(packs))

/// splitmix64's output number `index` of the stream `seed`; the host computes the same bits.
INLINE u64 cw_mix(u64 seed, u64 index) {
  u64 z = seed + (index + 1) * (u64)0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * (u64)0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * (u64)0x94D049BB133111EB;
  return z ^ (z >> 31);
}

#endif
