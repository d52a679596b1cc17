// SPDX-License-Identifier: Apache-2.0
// A thread a rank that names a hang (rank, host, card, case, step) and ends the run.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace cardwise {

/// Watches the main thread's steps. It needs no collective: a rank that is gone or stuck in a
/// driver is named by its own watchdog, and the ranks that wait for it only speak later.
class Watchdog {
 public:
  struct Who {
    int rank = 0;
    std::string host;
  };
  /// `abort`, given the words that were said, ends all ranks. Rank 0 calls `save` first (the last
  /// whole image); the others give it 5 s for that. `timeout_s` <= 0 leaves the watchdog off.
  Watchdog(Who who, double timeout_s, std::function<void()> save,
           std::function<void(const std::string&)> abort);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// This rank's card, once it has one.
  void card(const std::string& identity);
  /// A new step begins; `case_key` may be "". Never between the clock's marks.
  void step(const std::string& case_key, const char* what);
  /// The step this rank is in.
  std::string step();
  /// Progress within the step: one relaxed store.
  void beat() { beats_.fetch_add(1, std::memory_order_relaxed); }
  /// This rank waits for others in the collective `what`, a literal; "" when it is over.
  void waiting(const char* what);

 private:
  void watch();
  std::string describe(double idle_s);
  std::string who() const;
  std::string place() const;  ///< case and step

  const Who who_;
  const double timeout_s_;
  const std::function<void()> save_;
  const std::function<void(const std::string&)> abort_;
  std::atomic<unsigned long> beats_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::string card_, case_key_, step_ = "start";
  std::atomic<const char*> collective_{""};  ///< set between a clock's marks: no lock
  std::thread thread_;
};

}  // namespace cardwise
