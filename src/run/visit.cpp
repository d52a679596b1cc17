// SPDX-License-Identifier: Apache-2.0
// A visit from its set-up to its release.
#include "run/visit.hpp"

#include <fmt/format.h>

#include "core/sha256.hpp"
#include "run/case_state.hpp"

namespace cardwise {
namespace {

/// The same data for both APIs, all variants and all ranks: from the key without them.
std::uint64_t data_seed_of(const PlannedCase& planned) {
  Params params = planned.params;
  params.set("backend", "any");
  if (params.has("variant")) params.set("variant", "portable");
  const std::string hash = sha256_hex(case_key(planned.row.family, planned.row.benchmark, params));
  return std::stoull(hash.substr(0, 16), nullptr, 16);
}

OpenDevice* device_for(RunContext& run, const PlannedCase& planned) {
  const auto found = run.devices.find(planned.backend);
  if (found == run.devices.end())
    throw Skip(fmt::format("the card is not seen through {}", planned.backend));
  if (planned.row.dtype == "f64" && !found->second.device->info().f64)
    throw Skip(fmt::format("{} has no f64", found->second.device->info().name));
  return &found->second;
}

void set_up_and_measure(CaseState& state) {
  if (state.run.missing) {
    drive(state, nullptr);
    return;
  }
  Health mine = attempt([&] { state.open = device_for(state.run, state.planned); });
  if (!mine.failure) {
    Case c(state);
    try {
      state.planned.benchmark->body(c);
      if (!state.measured) throw Error("the benchmark measures nothing");
      return;
    } catch (const VisitEnded&) {
      throw;
    } catch (...) {
      mine = attempt([] { throw; });
    }
  }
  if (state.agreed_set_up) throw Error("a benchmark failed after measure(): " + *mine.failure);
  agree_on_set_up(state, mine);  // throws: this rank has failed
}

/// Tick of the case's clock, in ns.
double resolution(const CaseState& state) {
  if (!state.planned.device_clock || state.open == nullptr) return state.run.host_tick_ns;
  return state.device().info().resolution_ns;
}

void record_end(PlannedCase& planned, const VisitEnded& end, int round) {
  planned.active = false;
  CaseRow& row = planned.row;
  row.status_text = end.health.failure.value_or("a card was lost");
  if (end.wrong)
    row.status = "wrong";
  else if (end.health.skip && round == 0)
    row.status = "skipped";
  else
    row.status = "failed";
}

}  // namespace

std::optional<Visit> visit(RunContext& run, PlannedCase& planned, int case_index, int round) {
  const auto start = std::chrono::steady_clock::now();
  ++run.visits;
  run.watchdog.step(planned.row.case_key, "set-up");
  CaseState state(run, planned, round, data_seed_of(planned));
  state.visit.case_index = case_index;
  state.visit.round = round;
  const auto note_set_up = [&] {
    if (state.set_up_done < start) return;  // it did not come so far
    run.costs.set_up_s += std::chrono::duration<double>(state.set_up_done - start).count();
  };
  try {
    set_up_and_measure(state);
    note_set_up();
  } catch (const VisitEnded& end) {
    note_set_up();
    record_end(planned, end, round);
    return {};
  }
  if (round == 0) {
    const std::chrono::duration<double> set_up = state.set_up_done - start;
    planned.row.compile_s = state.compile_s;
    planned.row.warmup_s = state.visit.warmup_s;
    planned.row.setup_s = set_up.count();
  }
  planned.deterministic = planned.deterministic || state.visit.result_checksum != 0;
  planned.row.clock = planned.device_clock ? "device" : "host";
  planned.facts.resolution_ns = resolution(state);
  return state.visit;
}

std::optional<std::vector<RecheckRow>> visit_again(RunContext& run, PlannedCase& planned,
                                                   const RecheckOrder& order) {
  ++run.visits;
  run.watchdog.step(planned.row.case_key, "set-up");
  const int after_the_last = planned.facts.rounds;
  Turns turns{.order = order};
  CaseState state(run, planned, after_the_last, data_seed_of(planned));
  state.turns = &turns;
  try {
    set_up_and_measure(state);
  } catch (const VisitEnded& end) {
    record_end(planned, end, after_the_last);
    return {};
  }
  return std::move(turns.rows);
}

}  // namespace cardwise
