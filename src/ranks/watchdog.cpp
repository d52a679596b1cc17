// SPDX-License-Identifier: Apache-2.0
// The watchdog's thread.
#include "ranks/watchdog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "ranks/crash_words.hpp"
#include "ranks/stop_signal.hpp"

namespace cardwise {
namespace {

// Who waits in a collective speaks later than the culprit: rank 0 soon enough to save the image
// within the culprit's 5 s, the others only if nobody else does.
constexpr double grace_root_s = 2, grace_others_s = 10, save_s = 5;

}  // namespace

Watchdog::Watchdog(Who who, double timeout_s, std::function<void()> save,
                   std::function<void(const std::string&)> abort)
    : who_(std::move(who)),
      timeout_s_(timeout_s),
      save_(std::move(save)),
      abort_(std::move(abort)) {
  set_crash_words(this->who() + "; " + place());
  if (timeout_s_ > 0) thread_ = std::thread([this] { watch(); });
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Watchdog::card(const std::string& identity) {
  const std::lock_guard lock(mutex_);
  card_ = identity;
}

void Watchdog::step(const std::string& case_key, const char* what) {
  {
    const std::lock_guard lock(mutex_);
    case_key_ = case_key;
    step_ = what;
    set_crash_words(who() + "; " + place());
  }
  beat();
}

std::string Watchdog::step() {
  const std::lock_guard lock(mutex_);
  return step_;
}

void Watchdog::waiting(const char* what) {
  collective_.store(what, std::memory_order_relaxed);
  beat();
}

std::string Watchdog::who() const {
  return fmt::format("rank {} on {}{}", who_.rank, who_.host,
                     card_.empty() ? "" : " (" + card_ + ")");
}

std::string Watchdog::place() const {
  return fmt::format("case {}; step {}", case_key_.empty() ? "(none)" : case_key_, step_);
}

std::string Watchdog::describe(double idle_s) {
  const std::string collective = collective_.load();
  return fmt::format("cardwise: watchdog: {} made no progress for {:.0f} s; {}{}\n", who(), idle_s,
                     place(),
                     collective.empty() ? "" : ", waiting for the other ranks in " + collective);
}

void Watchdog::watch() {
  using clock = std::chrono::steady_clock;
  unsigned long seen = beats_;
  clock::time_point since = clock::now();
  const auto poll = std::chrono::duration<double>(std::clamp(timeout_s_ / 20, 0.02, 0.5));

  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, poll, [this] { return done_; })) {
    keep_stop_signals();
    keep_crash_words();
    const unsigned long now = beats_;
    if (now != seen) {
      seen = now;
      since = clock::now();
      continue;
    }
    const double idle_s = std::chrono::duration<double>(clock::now() - since).count();
    const bool alone = *collective_.load() == '\0';
    const double grace = alone ? 0 : who_.rank == 0 ? grace_root_s : grace_others_s;
    if (idle_s < timeout_s_ + grace) continue;

    const std::string text = describe(idle_s);
    lock.unlock();
    std::fputs(text.c_str(), stderr);
    std::fflush(stderr);
    if (who_.rank == 0)
      save_();
    else
      std::this_thread::sleep_for(std::chrono::duration<double>(save_s));
    abort_(text);
    return;
  }
}

}  // namespace cardwise
