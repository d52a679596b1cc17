// SPDX-License-Identifier: Apache-2.0
// Linux's accounting of CPU time, and what of it is not ours.
#include "run/host_load.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>

namespace cardwise {
namespace {

double process_cpu_seconds() {
  timespec used{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0) return -1;
  return double(used.tv_sec) + 1e-9 * double(used.tv_nsec);
}

}  // namespace

std::optional<double> busy_seconds(std::string_view stat, int cpu, double ticks_per_s) {
  const std::string name = "cpu" + std::to_string(cpu) + " ";
  const std::size_t at = stat.starts_with(name) ? 0 : stat.find("\n" + name);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = stat.substr(stat.find(' ', at));
  // user nice system idle iowait irq softirq steal; guests are part of user
  std::array<std::uint64_t, 8> ticks{};
  for (std::uint64_t& value : ticks) {
    rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(' ')));
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error != std::errc{}) return std::nullopt;
    rest.remove_prefix(std::size_t(end - rest.data()));
  }
  double busy = 0;
  for (const std::size_t i : {0, 2, 5, 6, 7}) busy += double(ticks[i]);
  return busy / ticks_per_s;
}

HostLoad read_host_load() {
  HostLoad load{.when = std::chrono::steady_clock::now()};
  cpu_set_t mine;
  const long ticks = sysconf(_SC_CLK_TCK);
  if (sched_getaffinity(getpid(), sizeof mine, &mine) != 0 || ticks <= 0) return load;
  std::ostringstream text;
  text << std::ifstream("/proc/stat").rdbuf();
  const std::string stat = text.str();
  double busy = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &mine)) continue;
    const std::optional<double> one = busy_seconds(stat, cpu, double(ticks));
    if (!one) return load;
    busy += *one;
    ++load.cpus;
  }
  load.busy_s = busy;
  load.own_s = process_cpu_seconds();
  return load;
}

double others_share(const HostLoad& before, const HostLoad& after) {
  if (before.busy_s < 0 || after.busy_s < 0 || before.own_s < 0 || after.own_s < 0) return 0;
  const double wall = std::chrono::duration<double>(after.when - before.when).count();
  if (before.cpus != after.cpus || wall <= 0) return 0;
  const double others = (after.busy_s - before.busy_s) - (after.own_s - before.own_s);
  return std::clamp(others / (wall * double(after.cpus)), 0.0, 1.0);
}

}  // namespace cardwise
