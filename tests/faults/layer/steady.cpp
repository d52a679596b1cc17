// SPDX-License-Identifier: Apache-2.0
// One window at a time.
#include "steady.hpp"

#include <algorithm>

namespace lying_opencl {

void Steady::begin_anew() {
  if (!over_) return;
  over_ = false;
  ns_ = 0;
  first_ = nullptr;
  events_.clear();
}

void Steady::launched(double ns, cl_event event) {
  begin_anew();
  if (ns_ == 0) {
    began_ = Clock::now();
    first_ = event;
  }
  ns_ += ns;
  if (event != nullptr) events_.insert(event);
}

void Steady::marked(cl_event event) {
  if (!over_ && event != nullptr) events_.insert(event);
}

std::chrono::nanoseconds Steady::finished(double jitter_percent, std::uint64_t seed,
                                          cl_ulong begin_ns) {
  if (over_) return {};
  over_ = true;
  if (!random_) random_.emplace(seed);
  // From the bits themselves: a library's distributions differ from the next one's.
  const double between_one = double((*random_)() >> 11) * 0x1p-52 - 1;
  const auto all = std::int64_t(ns_ * (1 + jitter_percent / 100 * between_one));
  end_ns_ = begin_ns + cl_ulong(std::max<std::int64_t>(1, all));
  const auto left = std::chrono::nanoseconds(all) - (Clock::now() - began_);
  return std::max(std::chrono::nanoseconds{}, std::chrono::nanoseconds(left));
}

std::optional<cl_ulong> Steady::end(cl_event event) const {
  if (!over_ || !events_.contains(event)) return {};
  return end_ns_;
}

}  // namespace lying_opencl
