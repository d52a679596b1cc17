// SPDX-License-Identifier: Apache-2.0
// Expands benchmarks x parameters x backends into the sorted case list.
#include "run/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"
#include "run/context.hpp"
#include "run/registry.hpp"

namespace cardwise {
namespace {

int block_of(const Benchmark& benchmark) {
  const std::string& family = benchmark.family;
  if (benchmark.cold) return 4;
  if (family == "latency") return 128;
  if (family == "exchange" || family == "collective") return 64;
  return 32;
}

std::string text_or(const Params& params, const char* name) {
  return params.has(name) ? params.text(name) : "";
}

constexpr const char* portable = "portable";

PlannedCase planned_case(const Benchmark& benchmark, Params params, const std::string& backend,
                         const Sizes& sizes, int rounds,
                         const std::shared_ptr<const Variant>& variant) {
  PlannedCase planned;
  planned.benchmark = &benchmark;
  planned.backend = backend;
  planned.variant = variant;
  const std::string variant_name = variant ? variant->name : portable;
  params.set("backend", backend).set("variant", variant_name).set("wv", benchmark.version);
  const bool across = benchmark.family == "exchange" || benchmark.family == "collective";
  if (across) params.set("ranks", sizes.ranks).set("rpn", sizes.ranks_per_node);
  planned.params = params;

  CaseRow& row = planned.row;
  row.case_key = case_key(benchmark.family, benchmark.name, params);
  row.case_id = case_id(row.case_key);
  row.family = benchmark.family;
  row.benchmark = benchmark.name;
  row.backend = backend;
  row.variant = variant_name;
  row.dtype = text_or(params, "dtype");
  row.cache = text_or(params, "cache");
  row.sync = "barrier";
  row.ranks = sizes.ranks;
  const bool latency = row.family == "latency" || row.family == "api";
  row.clock = latency || across ? "host" : "device";  // the first visit tells
  row.units = latency ? "s" : row.family == "compute" ? "FLOP/s" : "B/s";
  row.better = latency ? "lower" : "higher";

  planned.facts.block = block_of(benchmark);
  planned.facts.rounds = rounds;
  for (const auto& [name, value] : params) {
    if (value.is_integer())
      planned.facts.integers.emplace_back(name, value.integer());
    else
      planned.facts.texts.emplace_back(name, value.text());
  }
  return planned;
}

/// What a prolog has time for: a stream, a product and both directions of the link. The sizes are
/// quick's, so that its references hold.
bool in_smoke(const CaseRow& row) {
  const std::string name = row.family + "/" + row.benchmark;
  if (name == "copy/h2d" || name == "copy/d2h") return true;
  return row.dtype == "f32" && (name == "mem/triad" || name == "compute/gemm");
}

/// The variants in which a case exists through one API; null is the embedded text.
Variants variants_of(const Benchmark& benchmark, const Params& params, const std::string& backend,
                     const Variants& all) {
  Variants found;
  if (!benchmark.of_images && !no_portable(all)) found.push_back(nullptr);
  for (const auto& variant : all) {
    const bool through =
        std::find(variant->backends.begin(), variant->backends.end(), backend) !=
        variant->backends.end();
    if (through && variant->takes(benchmark, text_or(params, "dtype"))) found.push_back(variant);
  }
  return found;
}

}  // namespace

bool PlannedCase::communicates() const {
  return row.family == "exchange" || row.family == "collective";
}

bool PlannedCase::barrier_each_sample() const {
  return communicates() || text_or(params, "cards") == "all";
}

std::vector<PlannedCase> plan_cases(const Options& options, const Sizes& sizes,
                                    const std::vector<std::string>& backends,
                                    const Variants& variants) {
  const bool smoke = options.profile == Profile::smoke;
  std::vector<PlannedCase> cases;
  std::vector<std::string> names;
  for (const Benchmark* benchmark : benchmarks()) {
    const std::string name = benchmark->family + "/" + benchmark->name;
    for (const Params& params : benchmark->cases(sizes))
      for (const std::string& backend : backends)
        for (const auto& variant : variants_of(*benchmark, params, backend, variants)) {
          PlannedCase planned =
              planned_case(*benchmark, params, backend, sizes, rounds_of(options), variant);
          if (smoke && (backend != backends.front() || !in_smoke(planned.row))) continue;
          if (names.empty() || names.back() != name) names.push_back(name);
          if (matches(options, planned.row.case_key, planned.row.case_id))
            cases.push_back(std::move(planned));
        }
  }
  if (cases.empty())
    throw UsageError(fmt::format(
        "no case of profile {} passes --filter {}{}; its benchmarks: {} (cardwise list shows the "
        "cases)",
        name_of(options.profile), fmt::join(options.filters, " "),
        options.filters.size() > 1 ? " (a case must pass each; join alternatives by '|')" : "",
        fmt::join(names, ", ")));
  std::sort(cases.begin(), cases.end(), [](const PlannedCase& a, const PlannedCase& b) {
    return a.row.case_key < b.row.case_key;
  });
  const auto twin = std::adjacent_find(
      cases.begin(), cases.end(),
      [](const PlannedCase& a, const PlannedCase& b) { return a.row.case_key == b.row.case_key; });
  if (twin != cases.end())
    throw UsageError(
        fmt::format("two benchmarks make the case {}: one of the files in bench/ "
                    "needs another .name, or its cases another parameter",
                    twin->row.case_key));
  for (std::size_t i = 0; i < cases.size(); ++i)
    cases[i].row.group_path = fmt::format("/cases/{:05}", i);
  return cases;
}

Estimate estimate(const PlannedCase& planned, const Sizes& sizes, int rounds) {
  const Limits limits = limits_of(sizes.level);
  const Params& params = planned.params;
  const std::uint64_t width = planned.row.dtype == "f64" ? 8 : 4;
  std::uint64_t array = 0;
  for (const char* name : {"n", "nx", "bytes"}) {
    if (!params.has(name)) continue;
    array = std::uint64_t(params.integer(name)) * (std::string(name) == "bytes" ? 1 : width);
    for (const char* more : {"ny", "nz", "m"})
      if (params.has(more) && std::string(more) != name)
        array *= std::uint64_t(params.integer(more));
    break;
  }
  // Windows of a block, the warm-up, and filling, checking and freeing at a tenth of a GB/s-class
  // card's rate: an estimate by rule of thumb, good to a factor of two.
  const double window = planned.row.family == "mem" || planned.row.family == "compute"
                            ? limits.device_window
                            : limits.host_window;
  const double rate = sizes.is_gpu() ? 1e11 : 1e9;
  const double visit = planned.block() * window + double(array) * 3 / rate;
  return {limits.warm_up_max / 2 + rounds * (visit + limits.warm_up_later), array * 3};
}

}  // namespace cardwise
