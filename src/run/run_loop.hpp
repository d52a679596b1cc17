// SPDX-License-Identifier: Apache-2.0
// One block of samples under Google Benchmark's KeepRunningBatch with manual time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cardwise {

/// The reporters and the loop of Google Benchmark; its only place in the program.
class RunLoop {
 public:
  /// `json_file`: Google Benchmark's own JSON of this rank's blocks, written at finish(); "" none.
  explicit RunLoop(const std::string& json_file);
  ~RunLoop();
  RunLoop(const RunLoop&) = delete;
  RunLoop& operator=(const RunLoop&) = delete;

  /// What a block of samples came to: the slowest rank's windows in seconds, or why it failed.
  struct Outcome {
    std::vector<double> slowest;
    std::optional<std::string> failure;
  };
  /// Runs `body` once, as one KeepRunningBatch of `samples` iterations. `key` names it in the JSON.
  void block(const std::string& key, int samples, std::int64_t launches,
             const std::function<Outcome()>& body);
  /// Closes the JSON file; throws Error where it cannot be written.
  void finish();

 private:
  struct Reporters;
  std::unique_ptr<Reporters> reporters_;
};

}  // namespace cardwise
