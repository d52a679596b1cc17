// SPDX-License-Identifier: Apache-2.0
// The group /telemetry: what each card's sensors said, a column a second.
#include "results/telemetry_writer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "core/record.hpp"
#include "results/schema.hpp"

namespace cardwise {
namespace {

constexpr hsize_t ranks_per_chunk = 512, ticks_per_chunk = 64;
constexpr const char* group_name = "telemetry";

}  // namespace

void TelemetryWriter::assign(const std::vector<float>& seconds, std::array<ByRank, 3> arrays) {
  ranks_ = 0;
  for (const ByRank& array : arrays) ranks_ = std::max(ranks_, array.size());
  ticks_.clear();
  for (const float second : seconds)
    ticks_.push_back(static_cast<std::int32_t>(std::lround(second)));
  for (std::size_t a = 0; a < arrays.size(); ++a) {
    values_[a].assign(ranks_ * ticks_.size(), unknown_f);
    for (std::size_t r = 0; r < arrays[a].size(); ++r) {
      const std::vector<float>& row = arrays[a][r];
      std::copy_n(row.begin(), std::min(row.size(), ticks_.size()),
                  values_[a].begin() + static_cast<std::ptrdiff_t>(r * ticks_.size()));
    }
  }
}

bool TelemetryWriter::readable() const {
  if (ranks_ > schema::telemetry_ranks_max) return false;
  return std::any_of(values_.begin(), values_.end(), [](const std::vector<float>& values) {
    return std::any_of(values.begin(), values.end(), [](float v) { return !std::isnan(v); });
  });
}

void TelemetryWriter::create(hid_t file) {
  if (h5::exists(file, group_name)) h5::remove(file, group_name);
  stored_ticks_.clear();
  const h5::Handle group = h5::create_group(file, group_name);
  const h5::Handle rank = h5::create_dataset(group.id(), "rank", h5::file_type<std::int32_t>(),
                                             {.size = {ranks_}});
  h5::make_scale(rank.id(), "rank");
  std::vector<std::int32_t> numbers(ranks_);
  std::iota(numbers.begin(), numbers.end(), 0);
  h5::write_box(rank.id(), h5::memory_type<std::int32_t>(), {0}, {ranks_}, numbers.data());
  const h5::Handle tick =
      h5::create_dataset(group.id(), "tick", h5::file_type<std::int32_t>(),
                         {.size = {0}, .max = {0}, .chunk = {ticks_per_chunk}});
  h5::set_attribute(tick.id(), "units", std::string("s"));
  h5::make_scale(tick.id(), "tick");
  for (const schema::TelemetryArray& array : schema::telemetry_arrays()) {
    const h5::Handle dataset =
        h5::create_dataset(group.id(), array.name, h5::file_type<float>(),
                           {.size = {ranks_, 0},
                            .max = {ranks_, 0},
                            .chunk = {std::min<hsize_t>(ranks_, ranks_per_chunk), ticks_per_chunk},
                            .compressed = true},
                           &unknown_f);
    h5::set_attribute(dataset.id(), "units", std::string(array.units));
    h5::attach_scale(dataset.id(), rank.id(), 0);
    h5::attach_scale(dataset.id(), tick.id(), 1);
  }
  made_ = true;
  made_ranks_ = ranks_;
}

void TelemetryWriter::store(hid_t file) {
  if (!readable()) return;
  if (!made_ || made_ranks_ != ranks_) create(file);
  const std::size_t ticks = ticks_.size(), old = stored_ticks_.size();
  const auto unchanged = [&](std::size_t t) {
    if (t >= old || ticks_[t] != stored_ticks_[t]) return false;
    for (std::size_t a = 0; a < values_.size(); ++a)
      for (std::size_t r = 0; r < ranks_; ++r)
        // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): NaN equals NaN here
        if (std::memcmp(&values_[a][r * ticks + t], &stored_[a][r * old + t], sizeof(float)) != 0)
          return false;
    return true;
  };
  std::size_t first = 0;
  while (first < ticks && unchanged(first)) ++first;
  const std::size_t count = ticks - first;
  if (count == 0 && ticks == old) return;

  const h5::Handle group(H5Gopen2(file, group_name, H5P_DEFAULT), "open group telemetry");
  const h5::Handle tick = h5::open_dataset(group.id(), "tick");
  h5::set_extent(tick.id(), {ticks});
  h5::write_box(tick.id(), h5::memory_type<std::int32_t>(), {first}, {count},
                ticks_.data() + first);
  for (std::size_t a = 0; a < values_.size(); ++a) {
    std::vector<float> part;
    part.reserve(ranks_ * count);
    for (std::size_t r = 0; r < ranks_; ++r) {
      const auto row = values_[a].begin() + static_cast<std::ptrdiff_t>(r * ticks);
      part.insert(part.end(), row + static_cast<std::ptrdiff_t>(first),
                  row + static_cast<std::ptrdiff_t>(ticks));
    }
    const h5::Handle dataset = h5::open_dataset(group.id(), schema::telemetry_arrays()[a].name);
    h5::set_extent(dataset.id(), {ranks_, ticks});
    h5::write_box(dataset.id(), h5::memory_type<float>(), {0, first}, {ranks_, count},
                  part.data());
  }
  stored_ticks_ = ticks_;
  stored_ = values_;
}

}  // namespace cardwise
