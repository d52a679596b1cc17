// SPDX-License-Identifier: Apache-2.0
// What CARDWISE_FAULT asks for: the grammar of planted faults.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cardwise {

/// Calls of Device and Queue that can misbehave.
enum class FaultCall {
  queue,
  allocate,
  load,
  launch,
  write,
  read,
  copy,
  fill,
  mark,
  wait,
  elapsed,
};

/// How they do. From `bit` on: wrong data.
enum class FaultKind {
  error,  ///< throws Error
  lost,   ///< throws Error that says the device is lost
  oom,    ///< throws Error as a card that has no memory left
  hang,   ///< never returns
  slow,   ///< takes longer, on the host's clock and on the device's
  skip,   ///< the work is silently not done; the buffer stays as it was (stale)
  abort,
  segv,
  timer_zero,
  timer_equal,
  timer_reversed,
  timer_wrapped,  ///< as from a 32-bit counter of ns that ran over in between
  previous,       ///< a read gives what the read of as many bytes before it gave
  bit,            ///< the lowest bit of the middle element
  first,          ///< the first element is one more
  last,           ///< the last element is one more
  swap,           ///< two neighbours in the middle
  zero,
  nan,
  constant,   ///< the whole buffer
  guard,      ///< a byte behind the buffer
  same_card,  ///< no call: the card shows an identity that all ranks with this fault share
};

/// One planted fault of this rank.
struct Fault {
  FaultKind kind = FaultKind::error;
  FaultCall call = FaultCall::launch;
  std::optional<int> rank;  ///< none: all
  std::string backend;      ///< "" any
  std::string entry;        ///< "" any of the benchmarks', "*" the harness's own too
  std::string step;         ///< "" any; of the visit, as the watchdog names it
  int visit = 0;            ///< 0 any; of this rank, from 1
  std::uint64_t nth = 1;    ///< the first call that is hit, from 1
  std::uint64_t count = ~std::uint64_t{0};  ///< how many calls are hit
  double factor = 1;                        ///< slow: times
  double ms = 0;                            ///< slow: plus

  bool is_wrong_data() const { return kind >= FaultKind::bit && kind <= FaultKind::guard; }
};

/// As in CARDWISE_FAULT: "launch", "timer-zero".
const char* name_of(FaultCall call);
const char* name_of(FaultKind kind);

/// `kind=…,key=value,…` faults separated by ';', for example
/// "rank=1,kind=error,call=launch,entry=cw_saxpy,nth=20;rank=all,kind=slow,factor=2".
///   kind     error lost oom hang slow skip (or stale) abort segv timer-zero timer-equal
///            timer-reversed timer-wrapped; wrong data: bit first last swap zero nan constant
///            guard; previous: a read gives what the read of as many bytes before it gave;
///            same-card: this rank's card shows the identity of all that have this fault
///   call     queue allocate load launch write read copy fill mark wait elapsed; default launch
///            (oom: allocate, timer-…: elapsed, previous: read)
///   rank     a world rank or all (default)
///   backend  opencl or cuda (default: both)
///   entry    launches and loads of this kernel; default: of all but the harness's own (cw_data_…,
///            cw_checksum); * of all
///   step     only in this step of a visit: set-up warm-up calibrate measure verify
///   visit    only in this visit of the rank, from 1: of all cases, in the order of the run
///   nth      the first call that is hit, from 1 (default); calls are counted a device
///   count    how many calls are hit (default: all from nth on)
///   factor   slow: how many times as long;  ms: slow: how much longer
/// Throws UsageError naming what is wrong and the grammar.
std::vector<Fault> parse_faults(std::string_view text);

}  // namespace cardwise
