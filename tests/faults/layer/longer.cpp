// SPDX-License-Identifier: Apache-2.0
// One window at a time.
#include "longer.hpp"

#include <algorithm>

namespace lying_opencl {

void Longer::begin_anew() {
  if (!over_) return;
  *this = Longer();
  over_ = false;
}

void Longer::launched(double percent, cl_event event) {
  begin_anew();
  if (!launched_) first_ = Clock::now();
  launched_ = true;
  percent_ = std::max(percent_, percent);
  if (event != nullptr) late_.insert(event);
}

void Longer::marked(cl_event event) {
  begin_anew();
  if (launched_ && event != nullptr) late_.insert(event);
}

std::chrono::nanoseconds Longer::finished() {
  if (over_) return {};
  over_ = true;
  if (percent_ <= 0) return {};
  const auto took = Clock::now() - first_;
  const auto extra = std::chrono::nanoseconds(std::int64_t(double(took.count()) * percent_ / 100));
  extra_ns_ = cl_ulong(extra.count());
  return extra;
}

cl_ulong Longer::later(cl_event event) const { return late_.contains(event) ? extra_ns_ : 0; }

}  // namespace lying_opencl
