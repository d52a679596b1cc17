// SPDX-License-Identifier: Apache-2.0
// The Case's description half: parameters, buffers, expectations.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/parallel.hpp"
#include "core/size_text.hpp"
#include "device/image.hpp"
#include "run/case_state.hpp"

namespace cardwise {
namespace {

void run_data_kernel(CaseState& s, const char* entry, Buffer& buffer, std::uint64_t n,
                     std::uint64_t seed) {
  const std::uint64_t group = group_size(s.device().info());
  Defines defines{{"REAL", s.is_f32() ? "float" : "double"}, {"GROUP", std::to_string(group)}};
  if (n % group != 0) defines.emplace_back("TAIL", "1");
  Kernel& kernel = s.load("data", entry, defines);
  s.queue().launch(kernel, {{(n + group - 1) / group * group, 1, 1}, {group, 1, 1}},
                   {n, seed, buffer});
}

/// Pinned memory of an earlier visit of exactly this size, or null; what other sizes need is freed.
std::unique_ptr<Buffer> take_spare(OpenDevice& open, std::uint64_t bytes) {
  for (auto spare = open.spare_pinned.begin(); spare != open.spare_pinned.end(); ++spare)
    if ((*spare)->bytes() == bytes) {
      std::unique_ptr<Buffer> found = std::move(*spare);
      open.spare_pinned.erase(spare);
      return found;
    }
  while (open.spare_pinned.size() > 3) open.spare_pinned.erase(open.spare_pinned.begin());
  return nullptr;
}

const char* data_entry(Data data) {
  switch (data) {
    case Data::grid:
      return "cw_data_grid";
    case Data::integer:
      return "cw_data_integer";
    case Data::uniform:
      return "cw_data_uniform";
    case Data::pattern:
      break;
  }
  return "cw_data_pattern";
}

}  // namespace

CaseState::~CaseState() {
  for (Allocation& a : allocations)
    if (!a.on_card && a.buffer) open->spare_pinned.push_back(std::move(a.buffer));
}

const Allocation& CaseState::allocation_of(const Buffer& buffer) const {
  for (const Allocation& allocation : allocations)
    if (allocation.buffer.get() == &buffer) return allocation;
  throw Error("a buffer that does not belong to this visit");
}

Allocation& CaseState::allocate(std::uint64_t bytes, Memory memory) {
  const bool on_card = memory == Memory::device;
  const DeviceInfo& info = device().info();
  // Less than the card has where all buffers lie in one of its banks.
  std::uint64_t has = info.memory_bytes > 0 ? std::uint64_t(info.memory_bytes) : 0;
  if (run.sizes.memory_bytes > 0 && (has == 0 || run.sizes.memory_bytes < has))
    has = run.sizes.memory_bytes;
  if (on_card && has > 0) {
    // Nothing enforces the total on some runtimes (an emulator "allocated" 188 GiB of 23).
    std::uint64_t taken = 0;
    for (const Allocation& a : allocations) taken += a.on_card ? a.bytes + guard_bytes : 0;
    const std::uint64_t limit = has / 10 * 9;
    if (taken + bytes + guard_bytes > limit)
      throw Skip(fmt::format(
          "needs {} on the card beside {}, and {} has {}: the largest array "
          "that fits is {}; use --max-bytes",
          size_text(double(bytes)), size_text(double(taken)), info.name, size_text(double(has)),
          size_text(double(limit - std::min(limit, taken)))));
  }
  // The card's memory is where the last kernel that was loaded has its arguments (FPGA banks).
  const Variant* variant = planned.variant.get();
  if (on_card && variant != nullptr && variant->image && variant->image->replications() > 1)
    load("data", "cw_data_pattern", {});
  Allocation allocation;
  if (!on_card) allocation.buffer = take_spare(*open, bytes);
  if (!allocation.buffer)
    allocation.buffer = device().allocate(bytes + (on_card ? guard_bytes : 0), memory);
  allocation.bytes = bytes;
  allocation.on_card = on_card;
  allocation.place = allocations.size();
  allocation.replica = replica;
  if (on_card) queue().fill(*allocation.buffer, guard_byte, bytes, guard_bytes);
  allocations.push_back(std::move(allocation));
  return allocations.back();
}

// Parameters

std::uint64_t Case::size(const std::string& name) const {
  return std::uint64_t(state_.planned.params.integer(name));
}
std::string Case::text(const std::string& name) const { return state_.planned.params.text(name); }
bool Case::has(const std::string& name) const { return state_.planned.params.has(name); }
bool Case::is_f32() const { return state_.is_f32(); }
std::size_t Case::element_bytes() const { return state_.element_bytes(); }
Device& Case::device() { return state_.device(); }
bool Case::is_gpu() const { return state_.device().info().device_class == DeviceClass::gpu; }

// Buffers

Buffer& Case::input(std::uint64_t n, Data data) {
  Allocation& a = state_.allocate(n * element_bytes(), Memory::device);
  a.seed = mix(state_.data_seed, a.place);
  a.initial = {.data = data, .seed = a.seed, .is_f32 = is_f32()};
  run_data_kernel(state_, data_entry(data), *a.buffer, n, a.seed);
  return *a.buffer;
}

Buffer& Case::output(std::uint64_t n) { return raw_output(n * element_bytes()); }

Buffer& Case::raw_output(std::uint64_t bytes) {
  Allocation& a = state_.allocate(bytes, Memory::device);
  a.poisoned = true;
  return *a.buffer;
}

Buffer& Case::pattern(std::uint64_t bytes) {
  Allocation& a = state_.allocate(bytes, Memory::device);
  a.seed = mix(state_.data_seed + std::uint64_t(rank()), a.place);
  run_data_kernel(state_, data_entry(Data::pattern), *a.buffer, bytes / 8, a.seed);
  return *a.buffer;
}

Buffer& Case::zeros(std::uint64_t bytes) {
  Allocation& a = state_.allocate(bytes, Memory::device);
  state_.queue().fill(*a.buffer, 0, 0, bytes);
  return *a.buffer;
}

Buffer& Case::pinned(std::uint64_t bytes) { return *state_.allocate(bytes, Memory::pinned).buffer; }

void Case::fill_host_pattern(std::span<std::byte> memory, std::uint64_t seed) {
  parallel_for(memory.size() / 8, std::uint64_t{1} << 16, state_.run.threads,
               [&](std::uint64_t begin, std::uint64_t end, int) {
                 for (std::uint64_t i = begin; i < end; ++i) {
                   const std::uint64_t word = mix(seed, i);
                   std::memcpy(memory.data() + 8 * i, &word, 8);
                 }
               });
}

Initial Case::initial(const Buffer& input) const { return state_.allocation_of(input).initial; }

std::uint64_t Case::pattern_seed(const Buffer& pattern) const {
  return state_.allocation_of(pattern).seed;
}

std::uint64_t Case::pattern_seed_of(const Buffer& pattern, int rank) const {
  return mix(state_.data_seed + std::uint64_t(rank), state_.allocation_of(pattern).place);
}

// Work

void Case::moves(double bytes, double traffic) {
  state_.planned.row.bytes_per_launch = bytes;
  state_.planned.row.traffic_per_launch = traffic < 0 ? bytes : traffic;
}

void Case::computes(double flops) { state_.planned.row.flops_per_launch = flops; }

// Expectations

void Case::expect_block(Buffer& buffer, std::uint64_t cycle, Chunk chunk) {
  state_.expectations.push_back({.buffer = &buffer,
                                 .n = state_.allocation_of(buffer).bytes / element_bytes(),
                                 .cycle = cycle,
                                 .reference = std::move(chunk)});
}

void Case::expect_pattern(Buffer& buffer, std::uint64_t seed) {
  state_.expectations.push_back({.buffer = &buffer,
                                 .n = state_.allocation_of(buffer).bytes / 8,
                                 .reference = {},
                                 .pattern_seed = seed});
}

void Case::expect_host_pattern(std::span<const std::byte> memory, std::uint64_t seed) {
  state_.expectations.push_back({.buffer = nullptr,
                                 .memory = memory,
                                 .n = memory.size() / 8,
                                 .reference = {},
                                 .pattern_seed = seed});
}

void Case::expect_product(Buffer& c, Buffer& a, Buffer& b, std::uint64_t m, std::uint64_t n,
                          std::uint64_t k) {
  state_.product = Product{.c = &c, .a = &a, .b = &b, .m = m, .n = n, .k = k};
}

void Case::expect_that(std::function<std::optional<std::string>()> check) {
  state_.checks.push_back(std::move(check));
}

void Case::expect_nothing() { state_.leaves_nothing = true; }

void Case::expect_launch_count(Buffer& counter) {
  // Not zero: as many launches in each round would let an old count pass for this round's.
  state_.counter_start = state_.nonce();
  state_.queue().write(counter, std::as_bytes(std::span(&state_.counter_start, 1)));
  state_.counter = &counter;
}

// Several queues, and other ranks

void Case::launches_per_sample(std::uint64_t launches) { state_.fixed_launches = launches; }

void Case::counts_only(bool condition) { state_.counts = condition; }

Queue& Case::queue() { return state_.queue(); }

Queue& Case::second_queue() {
  if (!state_.open->second_queue) state_.open->second_queue = state_.device().queue();
  return *state_.open->second_queue;
}

void Case::replica(int number) { state_.replica = number; }

Queue& Case::queue_of_replica(int number) {
  auto& queues = state_.open->replica_queues;
  while (int(queues.size()) <= number) queues.push_back(state_.device().untimed_queue());
  return *queues[std::size_t(number)];
}

Queue& Case::untimed_queue() {
  if (!state_.open->untimed_queue) state_.open->untimed_queue = state_.device().untimed_queue();
  return *state_.open->untimed_queue;
}

int Case::rank() const { return state_.run.comm.rank(); }
int Case::ranks() const { return state_.run.comm.size(); }

int Case::partner() const {
  const int other = rank() ^ 1;
  return other < ranks() ? other : -1;
}

void Case::send(std::span<const std::byte> out) { state_.run.comm.send(partner(), out); }
void Case::receive(std::span<std::byte> in) { state_.run.comm.receive(partner(), in); }
void Case::sum_over_ranks(std::span<float> values) { state_.run.comm.sum(values); }
std::int64_t Case::open_ns() { return std::exchange(state_.open->open_ns, -1); }

std::uint64_t Case::unique() const {
  static const auto start = std::chrono::system_clock::now().time_since_epoch().count();
  return mix(std::uint64_t(start) + std::uint64_t(rank()), std::uint64_t(state_.round)) %
         1000000007 * 1000;
}

}  // namespace cardwise
