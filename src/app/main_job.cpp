// SPDX-License-Identifier: Apache-2.0
// All of a run but the process around it.
#include "app/main_job.hpp"

#include <atomic>

#include "app/images.hpp"
#include "app/provenance.hpp"
#include "app/run_output.hpp"
#include "app/start.hpp"
#include "core/host_name.hpp"
#include "core/pack_row.hpp"
#include "device/telemetry/telemetry.hpp"
#include "ranks/stop_signal.hpp"
#include "run/recheck.hpp"
#include "run/run_loop.hpp"
#include "run/verify.hpp"

namespace cardwise {
namespace {

using Clock = std::chrono::steady_clock;

/// Collective: this rank's card at the end; `judged` holds what only rank 0 knows of each.
std::vector<RankRow> final_rows(const Comm& comm, const RunContext& run, RankRow mine,
                                const std::vector<RankRow>& judged) {
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
  for (std::size_t r = 0; r < rows.size() && r < judged.size(); ++r)
    rows[r].shared = judged[r].shared;
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

/// Collective: the slowest cards once more, in at most 15 % of the time since `began`.
RoundsEnd measure_again(RunContext& run, std::vector<PlannedCase>& cases, RunOutput* out,
                        Clock::time_point began) {
  const double most_s = 0.15 * std::chrono::duration<double>(Clock::now() - began).count();
  const auto found = recheck(
      run, cases, out != nullptr ? out->recheck_orders(most_s) : std::vector<RecheckOrder>(),
      most_s, out != nullptr ? out->hooks().changed : std::function<void(int)>());
  if (out != nullptr) out->store(found);
  return run.lost_agreed   ? RoundsEnd::card_lost
         : run.stop_agreed ? RoundsEnd::signal
                           : RoundsEnd::done;
}

/// Collective: why rank 0 has no card.
std::string first_text(const Comm& comm, const Start& started) {
  return comm.broadcast(started.mine.status_text);
}

/// Clears what others may reach before the object behind it is gone.
class Unpublish {
 public:
  explicit Unpublish(std::function<void()> clear) : clear_(std::move(clear)) {}
  ~Unpublish() { clear_(); }
  Unpublish(const Unpublish&) = delete;
  Unpublish& operator=(const Unpublish&) = delete;

 private:
  std::function<void()> clear_;
};

}  // namespace

JobResult main_job(Comm& comm, const Options& options, const JobSetting& setting) {
  const Clock::time_point began = Clock::now();
  std::atomic<RunOutput*> output{nullptr};
  Watchdog watchdog(
      {.rank = comm.rank(), .host = host_name()}, options.timeout_s,
      [&] {
        if (RunOutput* out = output.load()) out->write_last_image();
      },
      [&](const std::string& words) {
        if (!setting.on_hang) comm.abort(int(ExitCode::ended_early));
        setting.on_hang(words);
      });
  comm.on_wait([&](const char* what) { watchdog.waiting(what); });
  const Unpublish forget_watchdog{[&] { comm.on_wait({}); }};

  std::unique_ptr<RunLoop> loop;
  together(comm, [&] {
    loop = std::make_unique<RunLoop>(comm.root() ? options.json_file : std::string());
  });
  References references;
  RunContext run{.comm = comm, .watchdog = watchdog, .loop = *loop, .references = references};
  Start started = start(comm, options, run);

  if (started.backends.empty())  // --allow-missing, and nobody has a card
    throw StartError{ExitCode::binding, "no rank has a card: " + first_text(comm, started)};

  take_images(comm, options, run, started);
  std::vector<PlannedCase> cases;
  together(comm,
           [&] { cases = plan_cases(options, run.sizes, started.backends, run.variants); });
  skip_what_missing_members_break(comm, run, cases);

  std::unique_ptr<RunOutput> out;
  const Unpublish forget_output{[&] { output = nullptr; }};
  watchdog.step("", "make the result file");
  together(comm, [&] {
    if (!comm.root()) return;
    out = std::make_unique<RunOutput>(
        options, begin_record(options, setting.command_line, run.host, *options.seed), started,
        cases, run, setting.out);
    output = out.get();
  });
  run.stop = [] { return !stop_signal().empty(); };
  if (out) run.checkpoint_due = [&] { return out->checkpoint_due(); };

  Telemetry telemetry(*run.sensors);
  if (options.telemetry && !run.missing) telemetry.start(began);
  RoundsEnd end = run_rounds(run, cases,
                             {.rounds = rounds_of(options),
                              .seed = *options.seed,
                              .time_budget_s = time_budget_of(options),
                              .until_budget = options.profile == Profile::burn_in},
                             out ? out->hooks() : RoundsHooks{});
  if (recheck_of(options) && comm.size() > 1 && end == RoundsEnd::done)
    end = measure_again(run, cases, out.get(), began);

  watchdog.step("", "finish");
  const std::vector<RankRow> rows = final_rows(comm, run, started.mine, started.ranks);
  const auto samples = gather_telemetry(comm, telemetry);
  JobResult result;
  if (out) {
    result.code = out->finish(end, rows, samples,
                              std::chrono::duration<double>(Clock::now() - began).count());
    out->tell(result);
  }
  watchdog.step("", "agree on the exit code");
  result.code = agreed_exit_code(comm, result.code);
  return result;
}

}  // namespace cardwise
