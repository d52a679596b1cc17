// SPDX-License-Identifier: Apache-2.0
// The main job, in reading order: start, plan, rounds with checkpoints, figures, exit code.
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "app/commands.hpp"
#include "app/provenance.hpp"
#include "app/run_output.hpp"
#include "app/start.hpp"
#include "core/json.hpp"
#include "core/pack_row.hpp"
#include "device/telemetry/telemetry.hpp"
#include "ranks/stop_signal.hpp"
#include "run/run_loop.hpp"
#include "run/verify.hpp"

extern char** environ;

namespace cardwise {
namespace {

using Clock = std::chrono::steady_clock;

/// What changes the measurement behind our back is set before any library looks. Google Benchmark
/// reads BENCHMARK_* before main() begins, so with one of them set the program starts itself anew.
void settle_environment(char** argv) {
  setenv("CUDA_MODULE_LOADING", "EAGER", 1);  // a kernel loaded lazily would be timed
  std::vector<std::string> theirs;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (const std::string line = *entry; line.starts_with("BENCHMARK_"))
      theirs.push_back(line.substr(0, line.find('=')));
  if (theirs.empty()) return;
  for (const std::string& name : theirs) unsetenv(name.c_str());
  execv("/proc/self/exe", argv);
  throw Error("cannot start anew without BENCHMARK_* in the environment: unset them");
}

std::string joined(int argc, char** argv) {
  std::string line;
  for (int i = 0; i < argc; ++i) line += (i == 0 ? "" : " ") + std::string(argv[i]);
  return line;
}

/// Collective: rank 0's options, with a seed drawn where none was given.
Options agreed_options(const Comm& comm, Options options) {
  if (comm.root() && !options.seed) options.seed = std::random_device{}() % 1'000'000'007;
  return options_from_json(comm.broadcast(to_json(options)));
}

/// Collective: this rank's card at the end.
std::vector<RankRow> final_rows(const Comm& comm, const RunContext& run, RankRow mine) {
  const SensorReading reading = run.sensors->read();
  mine.ecc_corrected_end = reading.ecc_corrected;
  mine.ecc_uncorrected_end = reading.ecc_uncorrected;
  mine.pcie_replays_end = reading.pcie_replays;
  mine.pcie_gen_load = reading.pcie_gen;
  mine.pcie_width_load = reading.pcie_width;
  mine.verify_failures = run.verify_failures;
  std::vector<RankRow> rows;
  for (const std::string& bytes : comm.gather(pack_row(mine)))
    rows.push_back(unpack_row<RankRow>(bytes));
  return rows;
}

/// Collective: every rank's 1 Hz samples, on rank 0.
std::vector<std::vector<TelemetrySample>> gather_telemetry(const Comm& comm, Telemetry& telemetry) {
  telemetry.stop();
  Packer packer;
  packer.put(telemetry.take());
  std::vector<std::vector<TelemetrySample>> all;
  for (const std::string& bytes : comm.gather(packer.take()))
    Unpacker(bytes).get(all.emplace_back());
  return all;
}

int agreed_exit_code(const Comm& comm, int code) {
  double reduced[1] = {double(code)};
  comm.agree(reduced);
  return int(reduced[0]);
}

/// Collective: why rank 0 has no card.
std::string first_text(const Comm& comm, const Start& started) {
  return comm.broadcast(started.mine.status_text);
}

/// Clears what the watchdog may reach before the object behind it is gone.
struct Unpublish {
  std::atomic<RunOutput*>& output;
  ~Unpublish() { output = nullptr; }
};

int measure_all(Comm& comm, const Options& options, const std::string& command_line) {
  const Clock::time_point began = Clock::now();
  std::atomic<RunOutput*> output{nullptr};
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  Watchdog watchdog(
      {.rank = comm.rank(), .host = host.data()}, options.timeout_s,
      [&] {
        if (RunOutput* out = output.load()) out->write_last_image();
      },
      [&] { comm.abort(int(ExitCode::ended_early)); });
  comm.on_wait([&](const char* what) { watchdog.waiting(what); });

  std::unique_ptr<RunLoop> loop;
  together(comm, [&] {
    loop = std::make_unique<RunLoop>(comm.root() ? options.json_file : std::string());
  });
  References references;
  RunContext run{.comm = comm, .watchdog = watchdog, .loop = *loop, .references = references};
  Start started = start(comm, options, run);

  if (started.backends.empty())  // --allow-missing, and nobody has a card
    throw StartError{ExitCode::binding, "no rank has a card: " + first_text(comm, started)};

  std::vector<PlannedCase> cases;
  together(comm, [&] { cases = plan_cases(options, run.sizes, started.backends); });
  skip_what_missing_members_break(comm, run, cases);

  std::unique_ptr<RunOutput> out;
  const Unpublish unpublish{output};
  together(comm, [&] {
    if (!comm.root()) return;
    out = std::make_unique<RunOutput>(
        options, begin_record(options, command_line, run.host, *options.seed), started, cases, run);
    output = out.get();
  });
  run.stop = [] { return !stop_signal().empty(); };
  if (out) run.checkpoint_due = [&] { return out->checkpoint_due(); };

  Telemetry telemetry(*run.sensors);
  if (options.telemetry && !run.missing) telemetry.start(began);
  const RoundsEnd end = run_rounds(run, cases,
                                   {.rounds = rounds_of(options),
                                    .seed = *options.seed,
                                    .time_budget_s = time_budget_of(options)},
                                   out ? out->hooks() : RoundsHooks{});

  watchdog.step("", "finish");
  const std::vector<RankRow> rows = final_rows(comm, run, started.mine);
  const auto samples = gather_telemetry(comm, telemetry);
  int code = 0;
  if (out)
    code = out->finish(end, rows, samples,
                       std::chrono::duration<double>(Clock::now() - began).count());
  watchdog.step("", "agree on the exit code");
  code = agreed_exit_code(comm, code);
  return code;
}

}  // namespace

int run_command(const Options& given, int argc, char** argv) {
  refuse_what_is_not_there(given);
  settle_environment(argv);
  const std::string command_line = joined(argc, argv);
  install_stop_signals();
  Comm comm(&argc, &argv);
  const Options options = agreed_options(comm, given);
  try {
    return measure_all(comm, options, command_line);
  } catch (const StartError& error) {
    if (comm.root()) std::fprintf(stderr, "cardwise: %s\n", error.text.c_str());
    return int(error.code);
  } catch (const std::exception& error) {
    // Not agreed on: the other ranks may wait for this one for ever.
    std::fprintf(stderr, "cardwise: rank %d: internal error: %s\n", comm.rank(), error.what());
    comm.abort(int(ExitCode::ended_early));
  }
}

}  // namespace cardwise
