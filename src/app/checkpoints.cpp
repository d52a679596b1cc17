// SPDX-License-Identifier: Apache-2.0
// Checkpoints: their interval, the patience with the disk, the complaints.
#include "app/checkpoints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "core/error.hpp"

namespace cardwise {
namespace {

using Clock = std::chrono::steady_clock;

/// Seconds between checkpoints: a minute, or what keeps writing under 2 % of the run. Tests of
/// kills set it by CARDWISE_CHECKPOINT_S.
double checkpoint_interval(double last_cost_s) {
  const char* text = std::getenv("CARDWISE_CHECKPOINT_S");
  return text != nullptr ? std::max(0.01, std::strtod(text, nullptr))
                         : std::max(60.0, 50 * last_cost_s);
}

// While rank 0 waits for the disk the others wait for it, and their watchdogs count. The end may
// wait twice: for an older image that hangs, and for the last.
constexpr double longest_patience_s = 10, part_of_timeout = 1.0 / 3;

}  // namespace

Checkpoints::Checkpoints(ResultFile& file, double timeout_s, Voice voice)
    : file_(file),
      patience_s_(std::min(longest_patience_s, timeout_s * part_of_timeout)),
      last_patience_s_(timeout_s * part_of_timeout),
      voice_(std::move(voice)),
      interval_s_(checkpoint_interval(0)) {}

bool Checkpoints::due() const {
  return std::chrono::duration<double>(Clock::now() - last_).count() >= interval_s_;
}

void Checkpoints::make(std::function<void()> saved) {
  last_ = Clock::now();
  look();
  if (file_.writing()) return;  // one image at a time
  saved_ = std::move(saved);
  begin();
  if (file_.writing()) settle(patience_s_);
}

void Checkpoints::look() {
  if (file_.writing()) settle(0);
}

bool Checkpoints::finish() {
  ending_ = true;
  look();
  if (file_.writing()) {
    voice_.complain(
        fmt::format("waiting for the file system, at most {:.0f} s more", last_patience_s_));
    settle(last_patience_s_);
  }
  saved_ = {};
  if (!file_.writing()) {
    begin();
    if (file_.writing()) settle(last_patience_s_);
  }
  return !failed_;
}

void Checkpoints::begin() {
  try {
    file_.begin_checkpoint();
  } catch (const Error& error) {
    trouble(error.what());
  }
}

void Checkpoints::settle(double most_s) {
  try {
    const auto cost_s = file_.end_checkpoint(most_s);
    if (!cost_s) {
      if (hangs_ && most_s <= 0) return;  // said already
      hangs_ = true;
      return trouble(fmt::format("{}: no answer of the file system for {:.0f} s",
                                 file_.path().string(), most_s));
    }
    interval_s_ = checkpoint_interval(*cost_s);
    if (failed_)
      voice_.complain(fmt::format("the file is written again: {}", file_.path().string()));
    failed_ = hangs_ = false;
    if (saved_) saved_();
  } catch (const Error& error) {
    hangs_ = false;
    trouble(error.what());
  }
}

void Checkpoints::trouble(const std::string& what) {
  const std::string text =
      "the file could not be written" +
      std::string(ending_ ? "" : "; the run goes on in memory and tries again");
  voice_.complain(fmt::format("warning: {}: {}", text, what));
  if (!failed_) voice_.event(fmt::format("the file could not be written: {}", what));
  failed_ = true;
}

}  // namespace cardwise
