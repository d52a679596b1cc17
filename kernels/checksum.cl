// SPDX-License-Identifier: Apache-2.0
// partial[g] = cw_mix(nonce, g) + sum over g's i of cw_mix(i, words[i]) mod 2^64: the sum over
// all g, less what the nonce adds, is the checksum. With another nonce in each check no partial is
// ever what an earlier one was, so sums that a runtime gives back again are known for old.
// Defines: WORD (u32 or u64). words is 16-byte aligned. Range: any number of groups of GROUP (a
// power of two) work-items, one partial each; TAIL is not needed, every n works.

#define WORDS_A_LOAD_u32 4
#define WORDS_A_LOAD_u64 2
#define WORDS_A_LOAD CW_PASTE(WORDS_A_LOAD_, WORD)
#define QUAD CW_PASTE(WORD, CW_PASTE(x, WORDS_A_LOAD))

KERNEL BLOCK(GROUP, 1, 1)
void cw_checksum(const index_t n, const u64 nonce, GLOBAL const WORD* RESTRICT words,
                 GLOBAL u64* RESTRICT partial) {
  LOCAL u64 sums[GROUP];
  const index_t me = LOCAL_ID(0);
  const index_t loads = n / WORDS_A_LOAD;
  u64 sum = 0;

  for (index_t p = GLOBAL_ID(0); p < loads; p += GLOBAL_SIZE(0)) {
    const QUAD quad = ((GLOBAL const QUAD*)words)[p];
    const index_t i = p * WORDS_A_LOAD;
    sum += cw_mix(i, quad.x) + cw_mix(i + 1, quad.y);
#if WORDS_A_LOAD == 4
    sum += cw_mix(i + 2, quad.z) + cw_mix(i + 3, quad.w);
#endif
  }
  for (index_t i = loads * WORDS_A_LOAD + GLOBAL_ID(0); i < n; i += GLOBAL_SIZE(0))
    sum += cw_mix(i, words[i]);

  sums[me] = sum;
  for (index_t step = GROUP / 2; step > 0; step /= 2) {
    BARRIER();
    if (me < step) sums[me] += sums[me + step];
  }
  if (me == 0) partial[GROUP_ID(0)] = sums[0] + cw_mix(nonce, GROUP_ID(0));
}
