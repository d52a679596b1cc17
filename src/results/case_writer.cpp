// SPDX-License-Identifier: Apache-2.0
// The group of one case: arrays that grow by whole visits, and attributes.
#include "results/case_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

#include "results/schema.hpp"
#include "results/visit_table.hpp"

namespace cardwise {
namespace {

constexpr hsize_t ranks_per_chunk = 512, rounds_per_chunk = 12;

hid_t file_type_named(std::string_view type) {
  if (type == "i4") return h5::file_type<std::int32_t>();
  if (type == "i8") return h5::file_type<std::int64_t>();
  if (type == "u1") return h5::file_type<std::uint8_t>();
  if (type == "u2") return h5::file_type<std::uint16_t>();
  if (type == "u8") return h5::file_type<std::uint64_t>();
  if (type == "f4") return h5::file_type<float>();
  return h5::file_type<double>();
}

/// Creates one array of the schema, empty along the axis that grows.
h5::Handle create_array(hid_t group, const schema::CaseArray& array, hsize_t ranks, hsize_t block) {
  const std::string_view axes = array.axes;
  const bool by_rank = axes.starts_with("rank"), by_sample = axes.ends_with("sample");
  h5::Layout layout;
  if (by_rank && axes != "rank") {
    layout = {.size = {ranks, 0},
              .max = {std::max<hsize_t>(ranks, 1), 0},  // HDF5 wants room for a chunk
              .chunk = {std::clamp<hsize_t>(ranks, 1, ranks_per_chunk),
                        by_sample ? block : rounds_per_chunk},
              .compressed = true};
  } else if (by_rank) {
    layout.size = {ranks};
  } else {
    layout = {.size = {0}, .max = {0}, .chunk = {rounds_per_chunk * (by_sample ? block : 1)}};
  }
  static const double nan64 = unknown;
  static const float nan32 = unknown_f;
  static const std::int64_t minus_one = -1;
  const std::string_view type = array.type;
  const hid_t id = file_type_named(type);
  const void* fill = type == "f8"   ? static_cast<const void*>(&nan64)
                     : type == "f4" ? static_cast<const void*>(&nan32)
                     : type == "i8" ? static_cast<const void*>(&minus_one)
                                    : nullptr;
  h5::Handle dataset = h5::create_dataset(group, array.name, id, layout, fill);
  if (*array.units) h5::set_attribute(dataset.id(), "units", std::string(array.units));
  return dataset;
}

/// Grows a dataset along its last axis and writes the new part.
template <class Cell>
void add(hid_t group, const char* name, hsize_t ranks, hsize_t at, hsize_t count,
         const std::vector<Cell>& cells) {
  const h5::Handle dataset = h5::open_dataset(group, name);
  if (ranks == 0) {  // one axis
    h5::set_extent(dataset.id(), {at + count});
    h5::write_box(dataset.id(), h5::memory_type<Cell>(), {at}, {count}, cells.data());
  } else {
    h5::set_extent(dataset.id(), {ranks, at + count});
    h5::write_box(dataset.id(), h5::memory_type<Cell>(), {0, at}, {ranks, count}, cells.data());
  }
}

void add_samples(hid_t group, const VisitTable& table, hsize_t ranks, hsize_t at, int round) {
  const hsize_t count = table.block();
  std::vector<std::int32_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), static_cast<std::int32_t>(at));
  add(group, "sample", 0, at, count, numbers);
  add(group, "sample_round", 0, at, count,
      std::vector<std::uint8_t>(count, static_cast<std::uint8_t>(round)));
  add(group, "time_ns", ranks, at, count, table.by_sample<std::int64_t>(-1, &Visit::time_ns));
  add(group, "flags", ranks, at, count,
      table.by_sample<std::uint16_t>(flag_invalid, &Visit::flags));
}

/// What a visit has once a rank, but the times.
void add_states(hid_t group, const VisitTable& table, hsize_t ranks, hsize_t at, int round) {
  const auto sensor = [&](const char* name, float Visit::*member) {
    add(group, name, ranks, at, 1,
        table.by_rank<float>(unknown_f, [&](const Visit& v) { return v.*member; }));
  };
  sensor("sm_mhz_before", &Visit::sm_mhz_before);
  sensor("sm_mhz", &Visit::sm_mhz);
  sensor("mem_mhz", &Visit::mem_mhz);
  sensor("power_w", &Visit::power_w);
  sensor("temp_c", &Visit::temp_c);
  add(group, "reasons", ranks, at, 1,
      table.by_rank<std::uint64_t>(0, [](const Visit& v) { return v.reasons; }));
  add(group, "result_checksum", ranks, at, 1,
      table.by_rank<std::uint64_t>(0, [](const Visit& v) { return v.result_checksum; }));
  const Visit& first = table.first();
  add(group, "round", 0, at, 1, std::vector<std::int32_t>{round});
  add(group, "start_utc_ns", 0, at, 1, std::vector<std::int64_t>{first.start_utc_ns});
  add(group, "warmup_s", 0, at, 1, std::vector<double>{first.warmup_s});
  add(group, "warmup_stable", 0, at, 1, std::vector<std::uint8_t>{first.warmup_stable});
}

}  // namespace

CaseWriter::CaseWriter(hid_t file, std::string path, const CaseRow& row, const CaseFacts& facts)
    : file_(file), path_(std::move(path)), row_(row), facts_(facts) {
  std::vector<std::int32_t> ranks(static_cast<std::size_t>(std::max(row.ranks, 0)));
  std::iota(ranks.begin(), ranks.end(), 0);
  create(std::move(ranks));
}

h5::Handle CaseWriter::open() const {
  return {H5Gopen2(file_, path_.c_str(), H5P_DEFAULT), "open group " + path_};
}

bool CaseWriter::has(const char* array) const {
  return std::string_view(array) != "host_ns" || row_.clock == "device";
}

void CaseWriter::create(std::vector<std::int32_t> ranks) {
  if (made_) h5::remove(file_, path_);
  made_ = true;
  ranks_ = std::move(ranks);
  const h5::Handle group = h5::create_group(file_, path_);
  create_arrays(group.id());
  write_attributes(group.id());
}

void CaseWriter::create_arrays(hid_t group) {
  const auto block = static_cast<hsize_t>(std::max(facts_.block, 1));
  std::vector<std::pair<std::string_view, h5::Handle>> scales;
  for (const schema::CaseArray& array : schema::case_arrays()) {
    if (!has(array.name)) continue;
    h5::Handle dataset = create_array(group, array, ranks_.size(), block);
    if (array.kind == schema::Kind::scale) {
      h5::make_scale(dataset.id(), array.name);
      scales.emplace_back(array.name, std::move(dataset));
      continue;
    }
    const std::string_view axes = array.axes;
    unsigned axis = 0;
    for (const auto& [name, scale] : scales)  // in the order rank, sample, round
      if (axes.starts_with(name) || axes.ends_with(name))
        h5::attach_scale(dataset.id(), scale.id(), axis++);
  }
  h5::write_box(h5::open_dataset(group, "rank").id(), h5::memory_type<std::int32_t>(), {0},
                {ranks_.size()}, ranks_.data());

  std::array<std::uint16_t, flag_names.size()> masks{};
  std::string meanings;
  for (std::size_t bit = 0; bit < masks.size(); ++bit) {
    masks[bit] = static_cast<std::uint16_t>(1u << bit);
    if (bit) meanings += ' ';
    meanings += flag_names[bit];
  }
  const h5::Handle flags = h5::open_dataset(group, "flags");
  h5::set_attribute_raw(flags.id(), "flag_masks", h5::file_type<std::uint16_t>(),
                        h5::memory_type<std::uint16_t>(), masks.data(), masks.size(), false);
  h5::set_attribute(flags.id(), "flag_meanings", meanings);
}

void CaseWriter::write_attributes(hid_t group) {
  h5::set_attribute(group, "case_key", row_.case_key);
  h5::set_attribute(group, "case_id", row_.case_id);
  h5::set_attribute(group, "status", row_.status);
  h5::set_attribute(group, "status_text", row_.status_text);
  h5::set_attribute(group, "gate", facts_.gate);
  h5::set_attribute(group, "build_options", facts_.build_options);
  for (const auto& [name, value] : facts_.integers) h5::set_attribute(group, name.c_str(), value);
  for (const auto& [name, value] : facts_.texts) h5::set_attribute(group, name.c_str(), value);
  const h5::Handle time = h5::open_dataset(group, "time_ns");
  h5::set_attribute(time.id(), "launches_per_sample", row_.launches_per_sample);
  h5::set_attribute(time.id(), "resolution_ns", facts_.resolution_ns);
  h5::set_attribute(time.id(), "clock", row_.clock);
  h5::set_attribute(time.id(), "coordinates", std::string("sample_round"));
}

void CaseWriter::append(const VisitRows& visit) {
  if (visit.ranks.empty())
    throw Error(fmt::format("visit of case {} without a rank", visit.case_index));
  if (rounds_ == 0 && !withheld_ && visit.ranks != ranks_) {
    std::vector<std::int32_t> ranks = visit.ranks;
    std::sort(ranks.begin(), ranks.end());
    if (ranks != ranks_) create(std::move(ranks));
  }
  const VisitTable table(visit, ranks_);
  const h5::Handle group = open();
  const hsize_t ranks = ranks_.size();
  if (!withheld_) {
    add_samples(group.id(), table, ranks, samples_, visit.round);
    samples_ += table.block();
  }
  const bool keep = !withheld_;
  add(group.id(), "median_ns", ranks, rounds_, 1,
      table.by_rank<double>(unknown,
                            [&](const Visit& v) { return keep ? median_of_valid(v) : unknown; }));
  if (has("host_ns"))
    add(group.id(), "host_ns", ranks, rounds_, 1,
        table.by_rank<std::int64_t>(-1, [&](const Visit& v) { return keep ? v.host_ns : -1; }));
  add_states(group.id(), table, ranks, rounds_, visit.round);
  ++rounds_;
}

void CaseWriter::update(const CaseRow& row, const CaseFacts& facts,
                        const std::optional<Wrong>& wrong) {
  const CaseRow old = std::exchange(row_, row);
  if (rounds_ == 0 && !withheld_) {
    facts_ = facts;
    create(ranks_);
  } else {
    row_.clock = old.clock;  // decided which arrays there are
  }
  const h5::Handle group = open();
  if (row.status != old.status) h5::set_attribute(group.id(), "status", row.status);
  if (row.status_text != old.status_text)
    h5::set_attribute(group.id(), "status_text", row.status_text);
  if (row.launches_per_sample != old.launches_per_sample)
    h5::set_attribute(h5::open_dataset(group.id(), "time_ns").id(), "launches_per_sample",
                      row.launches_per_sample);
  if ((wrong || row.status == "wrong") && !withheld_) withhold(wrong.value_or(Wrong{}));
}

void CaseWriter::set_recheck(const std::vector<RecheckRow>& rows) {
  if (withheld_ || rows.empty()) return;
  const h5::Handle group = open();
  const h5::Layout layout{.size = {rows.size()}};
  std::vector<std::int32_t> numbers(rows.size()), ranks;
  std::iota(numbers.begin(), numbers.end(), 0);
  std::vector<std::int64_t> windows;
  std::vector<const char*> modes;
  for (const RecheckRow& row : rows) {
    windows.push_back(row.window_ns);
    ranks.push_back(row.rank);
    modes.push_back(row.mode.c_str());
  }
  h5::Handle scale;
  const auto write = [&](const schema::CaseArray& array, hid_t file, hid_t memory,
                         const void* cells) {
    h5::Handle dataset = h5::create_dataset(group.id(), array.name, file, layout);
    h5::write_box(dataset.id(), memory, {0}, {rows.size()}, cells);
    if (*array.units) h5::set_attribute(dataset.id(), "units", std::string(array.units));
    if (array.kind != schema::Kind::scale) return h5::attach_scale(dataset.id(), scale.id(), 0);
    h5::make_scale(dataset.id(), array.name);
    scale = std::move(dataset);
  };
  const auto arrays = schema::recheck_arrays();
  const hid_t i4 = h5::file_type<std::int32_t>(), number = h5::memory_type<std::int32_t>();
  write(arrays[0], i4, number, numbers.data());
  write(arrays[1], h5::file_type<std::int64_t>(), h5::memory_type<std::int64_t>(), windows.data());
  write(arrays[2], i4, number, ranks.data());
  write(arrays[3], h5::text_type(), h5::text_type(), modes.data());
}

void CaseWriter::withhold(const Wrong& wrong) {
  const h5::Handle group = open();
  const hsize_t ranks = ranks_.size();
  for (const schema::CaseArray& array : schema::case_arrays()) {
    if (!std::string_view(array.axes).ends_with("sample")) continue;
    const bool flat = std::string_view(array.axes) == "sample";
    h5::set_extent(h5::open_dataset(group.id(), array.name).id(),
                   flat ? std::vector<hsize_t>{0} : std::vector<hsize_t>{ranks, 0});
  }
  samples_ = 0;
  const std::vector<double> nothing(ranks * rounds_, unknown);
  const std::vector<std::int64_t> no_time(ranks * rounds_, -1);
  h5::write_box(h5::open_dataset(group.id(), "median_ns").id(), h5::memory_type<double>(), {0, 0},
                {ranks, rounds_}, nothing.data());
  if (has("host_ns"))
    h5::write_box(h5::open_dataset(group.id(), "host_ns").id(), h5::memory_type<std::int64_t>(),
                  {0, 0}, {ranks, rounds_}, no_time.data());
  h5::set_attribute(group.id(), "wrong_rank", wrong.rank);
  h5::set_attribute(group.id(), "wrong_host", wrong.host);
  h5::set_attribute(group.id(), "wrong_index", wrong.index);
  h5::set_attribute(group.id(), "wrong_count", wrong.count);
  h5::set_attribute(group.id(), "wrong_expected", wrong.expected);
  h5::set_attribute(group.id(), "wrong_found", wrong.found);
  withheld_ = true;
}

}  // namespace cardwise
