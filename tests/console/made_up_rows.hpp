// SPDX-License-Identifier: Apache-2.0
// Rows of cases and ranks as a small run would have them.
#pragma once

#include <string>

#include "core/record.hpp"

namespace cardwise::made_up {

/// An ok case of 3 GiB a launch in 1 ms and a bit, ±0.2 %.
inline CaseRow mem_case(const std::string& benchmark, const std::string& backend) {
  CaseRow row;
  row.family = "mem";
  row.benchmark = benchmark;
  row.backend = backend;
  row.case_key = "mem/" + benchmark + "?backend=" + backend +
                 "&cache=dram&data=grid&dtype=f32&n=268435456&variant=portable&wv=1";
  row.dtype = "f32";
  row.units = "B/s";
  row.status = "ok";
  row.ranks = 1;
  row.bytes_per_launch = row.traffic_per_launch = 3e9;
  row.card_median = row.time_sync_median = 1e-3;
  row.time_sync_lo = 0.998e-3;
  row.time_sync_hi = 1.002e-3;
  row.ci_halfwidth = 0.002;
  row.rate_sync = 3e12;
  row.pct_theoretical = 90.94;
  row.pct_ceiling = 100.2;
  return row;
}

inline CaseRow gemm_case(const std::string& backend) {
  CaseRow row = mem_case("gemm", backend);
  row.family = "compute";
  row.case_key = "compute/gemm?backend=" + backend +
                 "&data=uniform&dtype=f32&k=8192&m=8192&n=8192&variant=portable&wv=1";
  row.units = "FLOP/s";
  row.flops_per_launch = 1.1e12;
  row.card_median = row.time_sync_median = 25e-3;
  row.ci_halfwidth = 0.0004;
  row.rate_sync = 44e12;
  row.pct_theoretical = 66.1;
  row.pct_ceiling = unknown;
  return row;
}

inline CaseRow latency_case(const std::string& backend) {
  CaseRow row = mem_case("roundtrip", backend);
  row.family = "latency";
  row.case_key = "latency/roundtrip?backend=" + backend + "&variant=portable&wv=1";
  row.dtype = "";
  row.units = "s";
  row.bytes_per_launch = row.traffic_per_launch = row.rate_sync = unknown;
  row.pct_theoretical = row.pct_ceiling = unknown;
  row.card_median = row.time_sync_median = 8.6e-6;
  row.ci_halfwidth = 0.12;
  return row;
}

inline CaseRow without_numbers(CaseRow row, const std::string& status, const std::string& text) {
  row.status = status;
  row.status_text = text;
  row.time_sync_median = row.card_median = unknown;
  return row;
}

/// A run of four cards: the median card is as before, the slowest takes the sync time up.
inline CaseRow on_four(CaseRow row) {
  row.ranks = 4;
  row.time_sync_median *= 1.05;
  row.rate_sync *= 3.95;
  return row;
}

inline RankRow gpu(const std::string& host, const std::string& identity) {
  RankRow row;
  row.host = host;
  row.identity = identity;
  row.device_name = "NVIDIA H100";
  row.device_class = "gpu";
  row.numa_match = 1;
  return row;
}

}  // namespace cardwise::made_up
