// SPDX-License-Identifier: Apache-2.0
// When the result file is written, how long the run waits for the disk, and what is said of it.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "results/result_file.hpp"

namespace cardwise {

/// A disk that is full, gone or hangs now may not at the next try: the run goes on in memory. Rank
/// 0 waits for a write, so that none stands beside a measurement, but only as long as is decent.
class Checkpoints {
 public:
  struct Voice {
    std::function<void(const std::string&)> complain;
    std::function<void(const std::string&)> event;  ///< the first of a row of failures
  };
  /// `timeout_s`: the watchdogs', which must not take a disk that hangs for a card.
  Checkpoints(ResultFile& file, double timeout_s, Voice voice);

  bool due() const;
  /// Writes what the file holds; `saved` is called once it is on disk, maybe in a later call.
  void make(std::function<void()> saved);
  /// Whether a write that hung has ended: cheap, between two measurements.
  void look();
  /// The end of the run: waits longer. True where the disk has all of it.
  bool finish();
  bool failed() const { return failed_; }

 private:
  void begin();
  void settle(double most_s);
  void trouble(const std::string& what);

  ResultFile& file_;
  const double patience_s_, last_patience_s_;
  const Voice voice_;
  std::function<void()> saved_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  double interval_s_;
  bool failed_ = false, hangs_ = false, ending_ = false;
};

}  // namespace cardwise
