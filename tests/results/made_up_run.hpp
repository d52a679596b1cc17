// SPDX-License-Identifier: Apache-2.0
// Made-up runs for the tests of the result file: numbers one can tell apart by eye.
#pragma once

#include <numeric>
#include <string>
#include <vector>

#include "results/result_file.hpp"

namespace cardwise::made_up {

inline RunRecord run(std::int64_t ranks) {
  RunRecord run;
  run.run_id = "0198c0de-1111-7222-8333-444455556666";
  run.created_utc = "2026-05-21T14:03:07Z";
  run.cardwise_version = "0.1.0";
  run.git_revision = "0123456789abcdef";
  run.system = "made-up";
  run.tag = "golden";
  run.profile = "quick";
  run.ranks = ranks;
  run.nodes = 1;
  run.seed = 7;
  run.provenance = {{"command_line", "cardwise run --profile quick"}, {"hdf5", "1.10.8"}};
  return run;
}

inline CaseRow case_row(const std::string& benchmark, std::int32_t ranks,
                        const std::string& clock = "device") {
  CaseRow row;
  row.case_key = "mem/" + benchmark + "?backend=opencl&cache=dram&dtype=f32&n=1024&wv=1";
  row.case_id = "00112233" + std::string(8, benchmark.empty() ? '0' : benchmark[0]);
  row.family = "mem";
  row.benchmark = benchmark;
  row.backend = "opencl";
  row.variant = "portable";
  row.dtype = "f32";
  row.cache = "dram";
  row.sync = "barrier";
  row.clock = clock;
  row.units = "B/s";
  row.better = "higher";
  row.placement = "packed";
  row.n_bytes = 4096;
  row.ranks = ranks;
  row.nodes = 1;
  row.launches_per_sample = 10;
  row.bytes_per_launch = row.traffic_per_launch = 12288;
  row.flops_per_launch = 2048;
  return row;
}

inline CaseFacts case_facts(int block = 4, int rounds = 3) {
  CaseFacts facts;
  facts.gate = "event";
  facts.build_options = "-DREAL=float";
  facts.integers = {{"n", 1024}, {"wv", 1}};
  facts.texts = {{"backend", "opencl"}, {"cache", "dram"}, {"dtype", "f32"}};
  facts.resolution_ns = 1;
  facts.block = block;
  facts.rounds = rounds;
  return facts;
}

/// Window of a sample: 1'000'000 * case + 10'000 * round + 100 * rank + sample.
inline std::int64_t window(int case_index, int round, int rank, int sample) {
  return 1'000'000ll * case_index + 10'000ll * round + 100ll * rank + sample;
}

inline Visit visit(int case_index, int round, int rank, int block) {
  Visit v;
  v.case_index = case_index;
  v.round = round;
  for (int s = 0; s < block; ++s) v.time_ns.push_back(window(case_index, round, rank, s));
  v.flags.assign(static_cast<std::size_t>(block), 0);
  v.host_ns = 1000ll * (rank + 1);
  v.result_checksum = 0xFEDCBA9876543210u + static_cast<std::uint64_t>(rank);
  v.sm_mhz_before = 1900;
  v.sm_mhz = static_cast<float>(1980 - rank);
  v.power_w = 300;
  v.temp_c = 40;
  v.reasons = std::uint64_t{1} << 63;
  v.start_utc_ns = 1'779'000'000'000'000'000 + round;
  v.warmup_s = 0.25;
  v.warmup_stable = 1;
  return v;
}

inline VisitRows visits(int case_index, int round, int ranks, int block) {
  VisitRows rows{.case_index = case_index, .round = round, .ranks = {}, .by_rank = {}};
  rows.ranks.resize(static_cast<std::size_t>(ranks));
  std::iota(rows.ranks.begin(), rows.ranks.end(), 0);
  for (int r = 0; r < ranks; ++r) rows.by_rank.push_back(visit(case_index, round, r, block));
  return rows;
}

inline std::vector<RankRow> ranks(std::int32_t count) {
  std::vector<RankRow> rows(static_cast<std::size_t>(count));
  for (std::int32_t r = 0; r < count; ++r) {
    RankRow& row = rows[static_cast<std::size_t>(r)];
    row.host = "node" + std::to_string(r / 4);
    row.device_name = "Made-Up Card";
    row.device_uuid = "GPU-" + std::to_string(1000 + r);
    row.device_class = "gpu";
    row.backends = "opencl";
    row.node = r / 4;
    row.local_rank = r % 4;
  }
  return rows;
}

inline std::vector<NodeRow> nodes(std::int32_t count) {
  std::vector<NodeRow> rows(static_cast<std::size_t>(count));
  for (std::int32_t n = 0; n < count; ++n)
    rows[static_cast<std::size_t>(n)].host = "node" + std::to_string(n);
  return rows;
}

}  // namespace cardwise::made_up
