// SPDX-License-Identifier: Apache-2.0
// Collects versions and the named parts of the environment.
#include "app/provenance.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "app/commands.hpp"
#include "app/recorded_environment.hpp"
#include "core/case_key.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "device/backends.hpp"
#include "device/telemetry/sensors.hpp"
#include "ranks/comm.hpp"

namespace cardwise {
namespace {

std::string uname_text() {
  utsname u{};
  uname(&u);
  return std::string(u.sysname) + " " + u.nodename + " " + u.release + " " + u.version + " " +
         u.machine;
}

std::string os_release() {
  std::ifstream file("/etc/os-release");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string version_of(const char* name) {
  for (const Backend& b : backends())
    if (std::string(b.name) == name) return b.version();
  return "";
}

}  // namespace

std::string now_utc() { return iso_utc(std::chrono::system_clock::now()); }

std::string system_name(const Options& options, const std::string& host) {
  if (!options.system.empty()) return options.system;
  for (const char* name : {"CARDWISE_SYSTEM", "SLURM_CLUSTER_NAME"})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  return host;
}

RunRecord begin_record(const Options& options, const std::string& command_line,
                       const std::string& host, std::uint64_t seed) {
  const BuildInfo& build = build_info();
  RunRecord run;
  run.run_id = uuid7();
  run.created_utc = now_utc();
  run.cardwise_version = build.version;
  run.git_revision = build.git_revision;
  run.git_dirty = build.git_dirty;
  run.system = system_name(options, host);
  run.tag = options.tag;
  run.profile = name_of(options.profile);
  run.seed = std::int64_t(seed);
  const char* const planted = std::getenv("CARDWISE_FAULT");
  run.provenance = {
      {"command_line", command_line},
      {"options_json", to_json(options)},
      {"uname", uname_text()},
      {"os_release", os_release()},
      {"compiler", build.compiler},
      {"compiler_flags", build.compiler_flags},
      {"build_type", build.build_type},
      {"cmake_cache", fmt::format("cuda_headers={:d} nvml_headers={:d}", build.cuda_headers,
                                  build.nvml_headers)},
      {"google_benchmark", build.google_benchmark},
      {"hdf5", build.hdf5},
      {"mpi_library", Comm::library_version()},
      {"mpi_standard", Comm::standard_version()},
      {"opencl_loader", version_of("opencl")},
      {"nvrtc", version_of("cuda")},
      {"nvml", nvml_version()},
      {"slurm_env", recorded_slurm_environment()},
      {"env", recorded_environment()},
      {"planted_faults", planted == nullptr ? "" : planted}};
  return run;
}

std::string version_text() {
  const BuildInfo& build = build_info();
  std::string text = "cardwise " + build.version + " (" + build.git_revision +
                     (build.git_dirty ? ", modified" : "") + ")\n";
  text += "built " + build.build_type + " by " + build.compiler + "; Google Benchmark " +
          build.google_benchmark + ", HDF5 " + build.hdf5 + ", CUDA backend " +
          (build.cuda_headers ? "yes" : "no") + ", NVML sensors " +
          (build.nvml_headers ? "yes" : "no") + "\n";
  const std::string mpi = Comm::library_version();
  text += "MPI " + mpi.substr(0, mpi.find_first_of(",\n")) + "\n";
  for (const char* name : {"opencl", "cuda"})
    if (const std::string version = version_of(name); !version.empty())
      text += std::string(name) + " " + version + "\n";
  return text;
}

}  // namespace cardwise
