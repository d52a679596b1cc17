// SPDX-License-Identifier: Apache-2.0
// What a Case keeps during one visit; run/ only.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/mix.hpp"
#include "core/record.hpp"
#include "run/benchmark.hpp"
#include "run/context.hpp"
#include "run/plan.hpp"
#include "run/recheck_order.hpp"

namespace cardwise {

/// Every device buffer is followed by this many bytes that nobody may write.
inline constexpr std::size_t guard_bytes = 4096;
inline constexpr std::uint8_t guard_byte = 0xA5, poison_byte = 0xFF;

/// A buffer of the visit and what it was made for.
struct Allocation {
  std::unique_ptr<Buffer> buffer;
  std::uint64_t bytes = 0;  ///< without the guard
  bool on_card = true, poisoned = false;
  Initial initial;          ///< of an input
  std::uint64_t seed = 0;   ///< of an input or a pattern
  std::uint64_t place = 0;  ///< how many came before it: the same on every rank
  int replica = 0;          ///< the copy of the kernels that reaches it (FPGA images)
};

/// What a buffer must hold after the block.
struct Expectation {
  Buffer* buffer = nullptr;
  std::span<const std::byte> memory = {};  ///< without a buffer: host memory
  std::uint64_t n = 0;                     ///< elements
  std::uint64_t cycle = 0;  ///< accumulates: holds after 1, 1 + cycle, … launches; 0: no
  /// Writes elements [begin, end) as numbers; untouched marks poison.
  std::function<void(std::uint64_t, std::uint64_t, double*)> reference;
  std::uint64_t pattern_seed = 0;  ///< with no reference: words of this pattern
};

/// C = A * B, to be checked by Freivalds' algorithm.
struct Product {
  Buffer *c = nullptr, *a = nullptr, *b = nullptr;
  std::uint64_t m = 0, n = 0, k = 0;
};

/// One window: what the case's clock says, and the host's.
struct Sample {
  std::int64_t ns = 0, host_ns = -1;  ///< ns < 0: no sample; 0: a bad timer
  bool preempted = false;
};

/// How a case takes one window of `launches`.
using Sampler = std::function<Sample(std::uint64_t launches)>;

/// Of a visit that measures the slowest cards again: whom, and what this rank's card took.
struct Turns {
  const RecheckOrder& order;
  std::vector<RecheckRow> rows = {};
};

struct CaseState {
  RunContext& run;
  PlannedCase& planned;
  int round;
  OpenDevice* open = nullptr;  ///< null: a member without a card
  std::uint64_t data_seed;     ///< the same for both APIs

  std::deque<Allocation> allocations = {};
  std::vector<std::unique_ptr<Kernel>> kernels = {};
  std::vector<Expectation> expectations = {};
  std::optional<Product> product = {};
  Buffer* counter = nullptr;
  std::uint64_t counter_start = 0;  ///< what it held before the first launch
  std::vector<std::function<std::optional<std::string>()>> checks = {};
  bool leaves_nothing = false;  ///< the benchmark says that there is nothing to check
  Case::Launch launch = {};
  double compile_s = 0;
  int replica = 0;                   ///< copy of the kernels that are loaded from now on
  std::uint64_t fixed_launches = 0;  ///< 0: calibrated
  std::uint64_t launched = 0;        ///< launches of this visit
  bool counts = true;                ///< false: this rank's samples are marked invalid
  bool agreed_set_up = false, measured = false;
  std::chrono::steady_clock::time_point set_up_done = {};
  Visit visit = {};
  Turns* turns = nullptr;  ///< not of a round: take_turns() in the place of a block

  CaseState(RunContext& context, PlannedCase& which, int number, std::uint64_t seed)
      : run(context), planned(which), round(number), data_seed(seed) {}
  ~CaseState();
  CaseState(const CaseState&) = delete;
  CaseState& operator=(const CaseState&) = delete;

  Device& device() const { return *open->device; }
  Queue& queue() const { return *open->queue; }
  const Allocation& allocation_of(const Buffer& buffer) const;
  /// Another number at each call of this process: what it goes into cannot come from before.
  std::uint64_t nonce() { return mix(++run.nonces, std::uint64_t(round)); }
  std::size_t element_bytes() const { return planned.row.dtype == "f64" ? 8 : 4; }
  bool is_f32() const { return planned.row.dtype != "f64"; }
  /// Adds a buffer with its guard; throws Skip naming the sizes where it does not fit the card.
  Allocation& allocate(std::uint64_t bytes, Memory memory);
  /// Loads kernels/NAME.cl's `entry`; remembers it for /kernels.
  Kernel& load(const std::string& name, const std::string& entry, const Defines& defines);
};

/// Where the case's variant has kernel `name` from, and its entry there. Throws Skip where the
/// image has none such.
std::pair<KernelSource, std::string> source_of(CaseState& state, const std::string& name,
                                               const std::string& entry, const Defines& defines);

/// Work-items of a 1-D group on a card of this kind.
std::uint64_t group_size(const DeviceInfo& info);

/// Thrown on every rank alike when an agreement ends the visit.
struct VisitEnded {
  Health health;
  bool wrong = false;
};

/// Runs `work` and turns what it throws into a health report.
Health attempt(const std::function<void()>& work);

/// Collective: agrees, and throws VisitEnded on all ranks where any reports a failure.
void agree_or_leave(CaseState& state, const Health& mine, std::span<double> slowest = {});

/// Collective: the end of set-up, the one agreement that a rank reaches whose benchmark threw.
void agree_on_set_up(CaseState& state, const Health& mine);

/// Collective: the cards of `state.turns` are timed one after the other.
void take_turns(CaseState& state, const Sampler* sampler);

/// Collective: set-up's end, warm-up, calibration, block, check. `sampler` is null on a member
/// without a card, which takes part in every agreement and measures nothing.
void drive(CaseState& state, const Sampler* sampler);

}  // namespace cardwise
