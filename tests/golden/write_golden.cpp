// SPDX-License-Identifier: Apache-2.0
// Writes a small but complete run file with the real writer, for the readers' tests.
#include <cstdio>
#include <exception>
#include <numbers>

#include "results/made_up_run.hpp"

namespace {

using namespace cardwise;

void measure(ResultFile& file) {
  for (int round = 0; round < 2; ++round) {
    VisitRows rows = made_up::visits(0, round, 2, 4);
    rows.by_rank[1].flags[0] = flag_invalid | flag_late_start;
    rows.by_rank[1].flags[1] = flag_power_cap;
    file.append(rows);
  }
  CaseRow ok = made_up::case_row("triad", 2);
  ok.status = "ok";
  ok.verified = 1;
  ok.time_sync_median = 1.5e-7;
  ok.rate_sync = 8.2e10;
  file.set_case(0, ok, made_up::case_facts());

  file.append(made_up::visits(1, 0, 2, 4));
  CaseRow wrong = made_up::case_row("dot", 2);
  wrong.status = "wrong";
  wrong.status_text = "rank 1 (node0): element 17 of 1024";
  file.set_case(1, wrong, made_up::case_facts(),
                Wrong{.rank = 1, .host = "node0", .index = 17, .count = 3,
                      .expected = std::numbers::pi, .found = 0});

  CaseRow skipped = made_up::case_row("saxpy", 2, "host");
  skipped.status = "skipped";
  skipped.status_text = "no f64 on Karte №1";
  file.set_case(2, skipped, made_up::case_facts());
}

void write(const char* path) {
  RunRecord run = made_up::run(2);
  ResultFile file(path, run);
  file.set_nodes(made_up::nodes(1));
  file.set_ranks(made_up::ranks(2));
  file.set_kernels({KernelRow{.name = "triad", .variant = "portable", .file = "kernels/triad.cl",
                              .sha256 = "ab", .text = "KERNEL void cw_triad() {}\n"}});
  file.set_cases({made_up::case_row("triad", 2), made_up::case_row("dot", 2),
                  made_up::case_row("saxpy", 2, "host")},
                 {made_up::case_facts(), made_up::case_facts(), made_up::case_facts()});
  file.checkpoint();
  measure(file);
  file.add_event({.utc_ns = 1'779'000'000'000'000'000, .rank = 1, .severity = "error",
                  .code = "wrong", .text = "dot: element 17 of 1024"});
  file.add_event({.utc_ns = 1'779'000'000'000'000'001, .rank = -1, .severity = "note",
                  .code = "end", .text = "done"});
  file.set_telemetry({0, 1, 2}, {{1980, 1980, 1970}, {1980, 1980}}, {{300, 301, 302}, {299}},
                     {{40, 41, 42}, {39}});
  run.finished_utc = "2026-05-21T14:03:47Z";
  run.exit_reason = "done";
  run.complete = 1;
  run.exit_code = 1;
  file.set_run(run);
  file.checkpoint();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: write_golden FILE.h5\n");
    return 2;
  }
  try {
    write(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "write_golden: %s\n", error.what());
    return 4;
  }
  return 0;
}
