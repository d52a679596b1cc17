// SPDX-License-Identifier: Apache-2.0
// The parser of CARDWISE_FAULT.
#include "device/fault_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "core/error.hpp"

namespace cardwise {
namespace {

constexpr std::array calls{
    std::pair{"queue", FaultCall::queue},    std::pair{"allocate", FaultCall::allocate},
    std::pair{"load", FaultCall::load},      std::pair{"launch", FaultCall::launch},
    std::pair{"write", FaultCall::write},    std::pair{"read", FaultCall::read},
    std::pair{"copy", FaultCall::copy},      std::pair{"fill", FaultCall::fill},
    std::pair{"mark", FaultCall::mark},      std::pair{"wait", FaultCall::wait},
    std::pair{"elapsed", FaultCall::elapsed}};

constexpr std::array kinds{std::pair{"error", FaultKind::error},
                           std::pair{"lost", FaultKind::lost},
                           std::pair{"oom", FaultKind::oom},
                           std::pair{"hang", FaultKind::hang},
                           std::pair{"slow", FaultKind::slow},
                           std::pair{"skip", FaultKind::skip},
                           std::pair{"stale", FaultKind::skip},
                           std::pair{"abort", FaultKind::abort},
                           std::pair{"segv", FaultKind::segv},
                           std::pair{"timer-zero", FaultKind::timer_zero},
                           std::pair{"timer-equal", FaultKind::timer_equal},
                           std::pair{"timer-reversed", FaultKind::timer_reversed},
                           std::pair{"timer-wrapped", FaultKind::timer_wrapped},
                           std::pair{"previous", FaultKind::previous},
                           std::pair{"bit", FaultKind::bit},
                           std::pair{"first", FaultKind::first},
                           std::pair{"last", FaultKind::last},
                           std::pair{"swap", FaultKind::swap},
                           std::pair{"zero", FaultKind::zero},
                           std::pair{"nan", FaultKind::nan},
                           std::pair{"constant", FaultKind::constant},
                           std::pair{"guard", FaultKind::guard},
                           std::pair{"same-card", FaultKind::same_card}};

constexpr std::array steps{std::pair{"set-up", "set-up"}, std::pair{"warm-up", "warm-up"},
                           std::pair{"calibrate", "calibrate"}, std::pair{"measure", "measure"},
                           std::pair{"verify", "verify"}};

constexpr const char* grammar =
    "faults separated by ';', each kind=K with any of call=C, rank=N|all, backend=B, entry=E, "
    "step=S, visit=N, nth=N, count=N, factor=X, ms=X separated by ','";

[[noreturn]] void refuse(const std::string& what) {
  throw UsageError(fmt::format("CARDWISE_FAULT: {}; it is written as {}", what, grammar));
}

template <class Table>
std::string words(const Table& table) {
  std::vector<const char*> names;
  for (const auto& row : table) names.push_back(row.first);
  return fmt::format("{}", fmt::join(names, " "));
}

template <class Table>
auto look_up(const Table& table, const char* key, std::string_view word) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.first == word; });
  if (found == table.end())
    refuse(fmt::format("{}={} is unknown (one of: {})", key, word, words(table)));
  return found->second;
}

template <class Number>
Number number(std::string_view key, std::string_view text, Number least) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value >= least))
    refuse(fmt::format("{}={} is no number of at least {}", key, text, least));
  return value;
}

/// Cuts the text before `separator` off `rest`.
std::string_view next_part(std::string_view& rest, char separator) {
  const std::size_t at = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return part;
}

struct Draft {
  Fault fault;
  bool kind = false, call = false;
};

void set(Draft& draft, std::string_view key, std::string_view value) {
  Fault& f = draft.fault;
  if (key == "kind") {
    f.kind = look_up(kinds, "kind", value);
    draft.kind = true;
  } else if (key == "call") {
    f.call = look_up(calls, "call", value);
    draft.call = true;
  } else if (key == "rank") {
    if (value != "all") f.rank = number<int>(key, value, 0);
  } else if (key == "backend") {
    if (value != "opencl" && value != "cuda")
      refuse(fmt::format("backend={} is unknown (one of: opencl cuda)", value));
    f.backend = value;
  } else if (key == "entry") {
    if (value.empty()) refuse("entry= names no kernel");
    f.entry = value;
  } else if (key == "step") {
    f.step = look_up(steps, "step", value);
  } else if (key == "visit") {
    f.visit = number<int>(key, value, 1);
  } else if (key == "nth") {
    f.nth = number<std::uint64_t>(key, value, 1);
  } else if (key == "count") {
    f.count = number<std::uint64_t>(key, value, 1);
  } else if (key == "factor") {
    f.factor = number<double>(key, value, 1);
  } else if (key == "ms") {
    f.ms = number<double>(key, value, 0);
  } else {
    refuse(fmt::format("the key {} is unknown", key));
  }
}

void settle_call(Draft& draft) {
  Fault& f = draft.fault;
  const bool timer = f.kind >= FaultKind::timer_zero && f.kind <= FaultKind::timer_wrapped;
  if (!draft.call && f.kind == FaultKind::oom) f.call = FaultCall::allocate;
  if (!draft.call && timer) f.call = FaultCall::elapsed;
  if (!draft.call && f.kind == FaultKind::previous) f.call = FaultCall::read;

  const auto one_of = [&](std::initializer_list<FaultCall> some) {
    return std::find(some.begin(), some.end(), f.call) != some.end();
  };
  using enum FaultCall;
  const bool fits = timer                           ? one_of({elapsed})
                    : f.kind == FaultKind::previous ? one_of({read})
                    : f.kind == FaultKind::skip     ? one_of({launch, write, read, copy, fill})
                    : f.is_wrong_data()             ? one_of({launch, write, read, copy})
                                                    : true;
  if (!fits)
    refuse(fmt::format("kind={} cannot be planted in call={}", name_of(f.kind), name_of(f.call)));
  if (!f.entry.empty() && !one_of({launch, load}))
    refuse(fmt::format("entry= goes with call=launch and call=load, not {}", name_of(f.call)));
  const bool slows = f.factor > 1 || f.ms > 0;
  if (slows != (f.kind == FaultKind::slow))
    refuse("kind=slow needs factor= or ms=, and nothing else takes them");
  if (f.factor > 1 && !one_of({launch})) refuse("factor= goes with call=launch; use ms=");
}

Fault one_fault(std::string_view text) {
  Draft draft;
  while (!text.empty()) {
    const std::string_view pair = next_part(text, ',');
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) refuse(fmt::format("'{}' is no key=value", pair));
    set(draft, pair.substr(0, equals), pair.substr(equals + 1));
  }
  if (!draft.kind) refuse(fmt::format("a fault needs kind= (one of: {})", words(kinds)));
  settle_call(draft);
  return draft.fault;
}

template <class Table, class Value>
const char* name_in(const Table& table, Value value) {
  for (const auto& [name, known] : table)
    if (known == value) return name;
  return "?";
}

}  // namespace

const char* name_of(FaultCall call) { return name_in(calls, call); }
const char* name_of(FaultKind kind) { return name_in(kinds, kind); }

std::vector<Fault> parse_faults(std::string_view text) {
  std::vector<Fault> faults;
  while (!text.empty())
    if (const std::string_view part = next_part(text, ';'); !part.empty())
      faults.push_back(one_fault(part));
  if (faults.empty()) refuse("it plants nothing");
  return faults;
}

}  // namespace cardwise
