// SPDX-License-Identifier: Apache-2.0
// Google Benchmark as the loop: registered alone, run, cleared (no order of its own).
#include "run/run_loop.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/error.hpp"

namespace cardwise {
namespace {

/// Says nothing, and hands the runs to the JSON reporter where there is one.
class QuietReporter : public benchmark::BenchmarkReporter {
 public:
  explicit QuietReporter(benchmark::BenchmarkReporter* json) : json_(json) {}

  bool ReportContext(const Context& context) override {
    if (json_ != nullptr && !opened_) json_->ReportContext(context);
    opened_ = true;
    return true;  // a rank that returned false would skip the run
  }

  void ReportRuns(const std::vector<Run>& runs) override {
    if (json_ != nullptr) json_->ReportRuns(runs);
  }

  bool opened() const { return opened_; }

 private:
  benchmark::BenchmarkReporter* json_;
  bool opened_ = false;
};

}  // namespace

struct RunLoop::Reporters {
  explicit Reporters(const std::string& json_file)
      : file(json_file), temporary(json_file + ".tmp"), quiet(json_file.empty() ? nullptr : &json) {
    if (file.empty()) return;
    // "x": made anew, never through a link that somebody has put there.
    std::remove(temporary.c_str());
    if (std::FILE* made = std::fopen(temporary.c_str(), "wx")) {
      std::fclose(made);
      out.open(temporary);
    }
    if (!out.is_open()) throw UsageError("--json " + file + ": cannot be written");
    json.SetOutputStream(&out);
    json.SetErrorStream(&out);
  }
  std::string file, temporary;
  std::ofstream out;
  benchmark::JSONReporter json;
  QuietReporter quiet;
};

RunLoop::RunLoop(const std::string& json_file)
    : reporters_(std::make_unique<Reporters>(json_file)) {}

RunLoop::~RunLoop() = default;

void RunLoop::block(const std::string& key, int samples, std::int64_t launches,
                    const std::function<Outcome()>& body) {
  benchmark::RegisterBenchmark(
      key.c_str(),
      [&](benchmark::State& state) {
        while (state.KeepRunningBatch(samples)) {  // true once
          const Outcome outcome = body();
          if (outcome.failure) {
            state.SkipWithError(outcome.failure->c_str());
            break;
          }
          for (const double s : outcome.slowest)
            state.SetIterationTime(std::max(s, 1e-9));  // 0 would grow the count without end
          state.counters["launches_per_sample"] = double(launches);
        }
      })
      ->UseManualTime()
      ->Iterations(samples)
      ->Repetitions(1);
  benchmark::RunSpecifiedBenchmarks(&reporters_->quiet, ".");
  benchmark::ClearRegisteredBenchmarks();
}

void RunLoop::finish() {
  if (reporters_->file.empty()) return;
  if (reporters_->quiet.opened()) reporters_->json.Finalize();
  reporters_->out.close();
  if (!reporters_->out) throw Error("--json " + reporters_->file + ": could not be written");
  std::filesystem::rename(reporters_->temporary, reporters_->file);
}

}  // namespace cardwise
