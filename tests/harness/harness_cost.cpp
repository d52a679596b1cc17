// SPDX-License-Identifier: Apache-2.0
// The cost of cardwise's Device and Queue: the same kernels through them and through bare OpenCL
// or CUDA calls, in turn in one process; median of the rounds' ratios with a 95 % interval. Needs
// an idle machine.
#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/stats.hpp"
#include "device/backends.hpp"
#include "way.hpp"

namespace cardwise {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string backend = "opencl", platform, card;
  std::uint64_t bytes = std::uint64_t{16} << 20;
  std::uint64_t launches = 8, trips = 200;
  int pairs = 8, rounds = 25;
};

Work work_for(const DeviceInfo& info, const Options& options) {
  const bool gpu = info.device_class == DeviceClass::gpu;
  const std::uint64_t group = gpu ? 256 : 1024, width = gpu ? 2 : 1;
  const std::uint64_t n = options.bytes / 8 / (group * width) * group * width;
  Work work{.n = n,
            .width = width,
            .grid = {{n / width, 1, 1}, {group, 1, 1}},
            .defines = {{"REAL", "double"},
                        {"WIDTH", std::to_string(width)},
                        {"GROUP", std::to_string(group)}},
            .triad = portable_kernel("triad"),
            .empty = portable_kernel("triad")};
  work.empty.name = work.empty.file = "empty";
  work.empty.text += "\nKERNEL void cw_empty(GLOBAL u64* x) {}\n";
  return work;
}

class CardwiseWay : public Way {
 public:
  CardwiseWay(const DeviceInfo& info, const Work& work)
      : work_(work),
        device_(backend(info.backend).open(info, WaitMode::spin)),
        queue_(device_->queue()),
        untimed_(device_->untimed_queue()),
        triad_(device_->load(work.triad, "cw_triad", work.defines)),
        empty_(device_->load(work.empty, "cw_empty", work.defines)) {
    for (auto& buffer : buffers_) {
      buffer = device_->allocate(work.n * 8, Memory::device);
      queue_->fill(*buffer, 0, 0, work.n * 8);
    }
    queue_->wait();
  }

  Window triad(std::uint64_t launches) override {
    const Clock::time_point t0 = Clock::now();
    const std::unique_ptr<Event> start = queue_->mark();
    queue_->expect_commands(launches);
    for (std::uint64_t i = 0; i < launches; ++i)
      queue_->launch(*triad_, work_.grid,
                     {std::uint64_t{work_.n}, 3.0, *buffers_[0], *buffers_[1], *buffers_[2]});
    const std::unique_ptr<Event> end = queue_->mark();
    queue_->wait();
    const double host = ns_since(t0);
    return {double(device_->elapsed_ns(*start, *end)), host};
  }

  double round_trip(std::uint64_t trips) override {
    const Grid one{{1, 1, 1}, {1, 1, 1}};
    const Clock::time_point start = Clock::now();
    for (std::uint64_t i = 0; i < trips; ++i) {
      untimed_->launch(*empty_, one, {*buffers_[0]});
      untimed_->wait();
    }
    return ns_since(start) / double(trips);
  }

 private:
  const Work& work_;
  std::unique_ptr<Device> device_;
  std::unique_ptr<Queue> queue_, untimed_;
  std::unique_ptr<Kernel> triad_, empty_;
  std::unique_ptr<Buffer> buffers_[3];
};

/// Samples of both ways, taken in turn: index i of one belongs to index i of the other.
struct Pairs {
  std::vector<double> bare, ours;

  /// A round's own ratio, the median of its pairs': what drifts from one pair to the next is in
  /// both halves of each. Where the arrays' pages lie is the same all through a round, so that
  /// rounds, not pairs, are what is independent.
  std::vector<double> rounds(std::size_t pairs) const {
    std::vector<double> all;
    for (std::size_t first = 0; first + pairs <= bare.size(); first += pairs) {
      std::vector<double> ratios(pairs);
      for (std::size_t i = 0; i < pairs; ++i) ratios[i] = bare[first + i] / ours[first + i];
      all.push_back(median(ratios));
    }
    return all;
  }
};

/// 95 % of the median by a bootstrap.
Interval interval_of_median(const std::vector<double>& values) {
  std::mt19937_64 random(1);
  std::uniform_int_distribution<std::size_t> pick(0, values.size() - 1);
  std::vector<double> medians(4000), again(values.size());
  for (double& m : medians) {
    for (double& value : again) value = values[pick(random)];
    m = median(again);
  }
  return {quantile(medians, 0.025), quantile(medians, 0.975)};
}

struct Samples {
  Pairs device, host, trips;
};

void take(Way& way, const Options& options, std::vector<double>& device, std::vector<double>& host,
          std::vector<double>& trips) {
  const Window window = way.triad(options.launches);
  device.push_back(window.device);
  host.push_back(window.host);
  trips.push_back(way.round_trip(options.trips));
}

std::unique_ptr<Way> make_bare(const DeviceInfo& info, const Work& work) {
  return info.backend == "cuda" ? bare_cuda(info, work) : bare_opencl(info, work);
}

/// Fresh contexts and arrays for both ways: where pages land differs from one to the next.
void round_of(const DeviceInfo& info, const Work& work, const Options& options, bool bare_first,
              Samples& samples) {
  std::unique_ptr<Way> bare, ours;
  if (bare_first) bare = make_bare(info, work);
  ours = std::make_unique<CardwiseWay>(info, work);
  if (!bare_first) bare = make_bare(info, work);
  for (Way* way : {bare.get(), ours.get()}) {
    way->triad(options.launches);
    way->round_trip(options.trips);
  }
  for (int pair = 0; pair < options.pairs; ++pair) {
    const bool first = (pair % 2 == 0) == bare_first;
    for (const bool is_bare : {first, !first}) {
      if (is_bare)
        take(*bare, options, samples.device.bare, samples.host.bare, samples.trips.bare);
      else
        take(*ours, options, samples.device.ours, samples.host.ours, samples.trips.ours);
    }
  }
}

/// Prints; true only if all of the interval is at `least` or above: a wide one proves nothing.
bool report(const char* what, const Pairs& pairs, std::size_t pairs_a_round, double unit,
            const char* unit_name, double least) {
  const std::vector<double> rounds = pairs.rounds(pairs_a_round);
  const Interval interval = interval_of_median(rounds);
  const bool good = interval.lo >= least, slow = interval.hi < least;
  const char* const verdict = good ? "good" : slow ? "TOO SLOW" : "UNDECIDED";
  fmt::print(
      "{:<28} bare {:9.4f} {}, cardwise {:9.4f} {}, bare/cardwise {:.4f} [{:.4f}, {:.4f}] "
      "{} rounds of {} pairs: {}\n",
      what, median(pairs.bare) / unit, unit_name, median(pairs.ours) / unit, unit_name,
      median(rounds), interval.lo, interval.hi, rounds.size(), pairs_a_round, verdict);
  return good;
}

std::string first_line_with(const char* path, const std::string& start) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(start)) return line;
  return "";
}

int run(const Options& options) {
  const Found found = backend(options.backend).list();
  const auto wanted =
      std::find_if(found.devices.begin(), found.devices.end(), [&](const DeviceInfo& info) {
        return info.platform.find(options.platform) != std::string::npos &&
               info.name.find(options.card) != std::string::npos;
      });
  if (wanted == found.devices.end()) {
    fmt::print("SKIPPED: no such {} device {}\n", options.backend, found.why_none);
    return 77;
  }
  const DeviceInfo& info = *wanted;
  const Work work = work_for(info, options);
  fmt::print(
      "machine: {}; load {}\ncard: {}, {} ({})\ntriad f64, {} elements an array, {} "
      "launches a window; {} round trips a sample\n",
      first_line_with("/proc/cpuinfo", "model name"), first_line_with("/proc/loadavg", ""),
      info.name, info.platform, info.platform_version, work.n, options.launches, options.trips);
  Samples samples;
  for (int round = 0; round < options.rounds; ++round)
    round_of(info, work, options, round % 2 == 0, samples);
  const auto pairs = std::size_t(options.pairs);
  bool good = report("triad, card's clock", samples.device, pairs, 1e6, "ms", 0.995);
  good &= report("triad, host's clock", samples.host, pairs, 1e6, "ms", 0.995);
  good &= report("empty kernel, round trip", samples.trips, pairs, 1e3, "us", 0.98);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace cardwise

int main(int argc, char** argv) {
  cardwise::Options options;
  CLI::App app("What cardwise's Device and Queue cost over bare OpenCL calls");
  app.add_option("--backend", options.backend, "opencl or cuda")
      ->check(CLI::IsMember({"opencl", "cuda"}));
  app.add_option("--platform", options.platform, "Part of the platform's name");
  app.add_option("--device", options.card, "Part of the card's name");
  app.add_option("--bytes", options.bytes, "Of one array")->transform(CLI::AsSizeValue(false));
  app.add_option("--launches", options.launches, "Of triad in a window")
      ->check(CLI::PositiveNumber);
  app.add_option("--trips", options.trips, "Round trips a sample")->check(CLI::PositiveNumber);
  app.add_option("--pairs", options.pairs, "Pairs a round")->check(CLI::PositiveNumber);
  app.add_option("--rounds", options.rounds, "Fresh contexts")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  fmt::print("command:");
  for (int i = 0; i < argc; ++i) fmt::print(" {}", argv[i]);
  fmt::print("\n");
  try {
    return cardwise::run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "harness_cost: {}\n", error.what());
    return 2;
  }
}
