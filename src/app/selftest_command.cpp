// SPDX-License-Identifier: Apache-2.0
// `cardwise selftest`: the main job with one planted fault after the other; did each alarm ring?
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "app/alarms.hpp"
#include "app/commands.hpp"
#include "app/main_job.hpp"
#include "app/mpi_process.hpp"
#include "app/start.hpp"
#include "core/case_key.hpp"
#include "core/error.hpp"
#include "core/host_name.hpp"
#include "device/fault_device.hpp"
#include "ranks/stop_signal.hpp"

namespace cardwise {
namespace {

/// A short run of two cases that every card can do, an exact one and one with a tolerance.
Options rehearsal_options(const Options& given, const std::string& file) {
  Options options = given;
  options.command = Command::run;
  options.profile = Profile::quick;
  options.filters = {"mem/saxpy.*dtype=f32|compute/gemm.*dtype=f32"};
  options.max_bytes = std::uint64_t{4} << 20;
  options.rounds = 3;
  options.tag = "selftest";
  options.progress = Progress::none;
  options.output = file;
  return options;
}

/// Sets or clears CARDWISE_FAULT on this rank. The decorator reads it when the card is opened.
void plant(const std::string& fault) {
  if (fault.empty())
    unsetenv("CARDWISE_FAULT");
  else
    setenv("CARDWISE_FAULT", fault.c_str(), 1);
}

std::string fault_of(const Alarm& alarm, int rank) {
  std::string text = fmt::format("rank={},{}", rank, alarm.fault);
  if (std::string(alarm.name) == "same-card")  // a second rank has that card, too
    text += fmt::format(";rank={},{}", rank == 0 ? 1 : 0, alarm.fault);
  return text;
}

/// Collective: one run. What rank 0 would have printed goes to `log`.
Heard rehearse(Comm& comm, const Options& options, const std::string& command_line,
               const std::string& fault, std::FILE* log) {
  plant(fault);
  Heard heard;
  std::mutex mutex;
  std::string words;
  JobSetting setting{.command_line = command_line, .out = log, .on_hang = {}};
  setting.on_hang = [&](const std::string& said) {
    {
      const std::lock_guard lock(mutex);
      words = said;
    }
    release_planted_hangs();
  };
  try {
    heard.job = main_job(comm, options, setting);
  } catch (const StartError& error) {
    heard.job.code = int(error.code);
    heard.refusal = error.text;
  }
  plant("");
  {
    const std::lock_guard lock(mutex);
    heard.hangs = comm.gather(words);
  }
  const auto spoke = [](const std::string& text) { return !text.empty(); };
  if (std::any_of(heard.hangs.begin(), heard.hangs.end(), spoke))
    heard.job.code = int(ExitCode::ended_early);  // MPI_Abort's, had this been `cardwise run`
  return heard;
}

std::string silent(const Alarm& alarm, const Scene& scene, const Heard& heard) {
  if (heard.job.code != alarm.code)
    return fmt::format("exit code {} instead of {}{}{}", heard.job.code, alarm.code,
                       heard.refusal.empty() ? "" : ": ", heard.refusal);
  return alarm.silent(scene, heard);
}

bool wanted(const Options& options, const Alarm& alarm) {
  return options.alarms.empty() || std::find(options.alarms.begin(), options.alarms.end(),
                                             alarm.name) != options.alarms.end();
}

/// A folder of its own, so that nothing is ever overwritten.
std::string folder_for(const Options& options) {
  namespace fs = std::filesystem;
  const fs::path path = fs::path(options.output) / ("selftest-" + uuid7().substr(28));
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    throw UsageError(fmt::format("cannot make the folder {}: {}; choose another by --output",
                                 path.string(), error.message()));
  return path.string();
}

/// All of a selftest on one rank.
class Selftest {
 public:
  Selftest(Comm& comm, const Options& options, std::string command_line)
      : comm_(comm), options_(options), command_line_(std::move(command_line)) {}

  int go() {
    together(comm_, [&] {
      if (comm_.root()) folder_ = folder_for(options_);
      const int last = comm_.size() - 1;
      scene_.rank = options_.fault_rank < 0 ? last : options_.fault_rank;
      scene_.ranks = comm_.size();
      if (scene_.rank > last)
        throw UsageError(fmt::format("--rank {}: there are ranks 0 to {}", scene_.rank, last));
    });
    scene_.host = comm_.broadcast(host_name(), scene_.rank);
    say(fmt::format("Planting faults on rank {} ({}); files and logs in {}\n", scene_.rank,
                    scene_.host, folder_));
    if (!quiet_run()) return agreed(scene_.quiet.code);  // that run's: 3 says that there is no card
    for (const Alarm& alarm : alarms())
      if (wanted(options_, alarm) && stop_signal().empty()) ring(alarm);
    return verdict();
  }

 private:
  void say(const std::string& text) const {
    if (!comm_.root()) return;
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }

  Heard run(const std::string& name, const std::string& fault, double timeout_s) {
    Options options = rehearsal_options(options_, folder_ + "/" + name + ".h5");
    options.timeout_s = timeout_s;
    const std::string log_path = folder_ + "/" + name + ".txt";
    std::FILE* log = comm_.root() ? std::fopen(log_path.c_str(), "w") : nullptr;
    Heard heard = rehearse(comm_, options, command_line_, fault, log == nullptr ? stdout : log);
    if (log != nullptr) std::fclose(log);
    return heard;
  }

  /// Without a fault nothing may ring; it fills the compilers' caches, too.
  bool quiet_run() {
    const Heard heard = run("quiet", "", 120);
    scene_.quiet = heard.job;
    const bool quiet = comm_.broadcast(heard.job.code == 0 ? "quiet" : "loud") == "quiet";
    say(quiet
            ? "Without a fault no alarm rings.\n"
            : fmt::format("Without any fault the run ends with exit code {}: {}. Mend that first "
                          "(cardwise run --profile quick).\n",
                          heard.job.code,
                          heard.refusal.empty() ? "see " + folder_ + "/quiet.txt" : heard.refusal));
    return quiet;
  }

  void ring(const Alarm& alarm) {
    if (comm_.size() < alarm.least_ranks) {
      add(alarm, "-", fmt::format("not tried: it takes {} ranks", alarm.least_ranks));
      return;
    }
    // Enough for every step of a small run whose kernels are compiled.
    const double patience = std::string(alarm.name) == "hang" ? 5 : 120;
    const Heard heard = run(alarm.name, fault_of(alarm, scene_.rank), patience);
    if (!comm_.root()) return;
    const std::string missing = silent(alarm, scene_, heard);
    if (!missing.empty()) ++silent_;
    ++rung_;
    add(alarm, missing.empty() ? "yes" : "NO",
        missing.empty() ? alarm.expected : missing.substr(0, 300));
  }

  void add(const Alarm& alarm, const std::string& rang, const std::string& text) {
    say(fmt::format("{:<10} exit code {}  {:<4} {}\n", alarm.name, alarm.code, rang, text));
  }

  int verdict() {
    if (!comm_.root()) return agreed(0);
    if (!stop_signal().empty()) {
      say("Ended by a signal before every alarm was tried.\n");
      return agreed(int(ExitCode::ended_early));
    }
    say(silent_ == 0 ? fmt::format("Every alarm rang ({} of {}).\n", rung_, rung_)
                     : fmt::format("{} of {} alarms did NOT ring: do not trust a run on these "
                                   "cards; their logs are in {}\n",
                                   silent_, rung_, folder_));
    return agreed(silent_ == 0 && rung_ > 0 ? 0 : int(ExitCode::bad_case));
  }

  int agreed(int code) {
    double reduced[1] = {double(code)};
    comm_.agree(reduced);
    return int(reduced[0]);
  }

  Comm& comm_;
  const Options& options_;
  const std::string command_line_;
  std::string folder_;
  Scene scene_;
  int rung_ = 0, silent_ = 0;
};

}  // namespace

int selftest_command(const Options& given, int argc, char** argv) {
  const std::string command_line = joined_command_line(argc, argv);
  return in_mpi_process(given, argc, argv, [&](Comm& comm, const Options& options) {
    return Selftest(comm, options, command_line).go();
  });
}

}  // namespace cardwise
