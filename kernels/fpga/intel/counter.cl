// SPDX-License-Identifier: Apache-2.0
// counter[0] = counter[0] + 1: the empty kernel of the latency family, which leaves a trace

TASK void ENTRY(counter)(IN_OUT(u64) counter) { counter[0] += 1; }
