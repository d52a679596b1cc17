// SPDX-License-Identifier: Apache-2.0
// What the result file holds beside its tables: root attributes, provenance, arrays of a case.
#include "results/schema.hpp"

namespace cardwise::schema {

std::span<const Text> provenance() {
  static constexpr std::array texts = {
      Text{"command_line", "as started"},
      Text{"options_json", "all options in force, JSON"},
      Text{"uname", "uname -a of rank 0's node"},
      Text{"os_release", "/etc/os-release of rank 0's node"},
      Text{"compiler", "name and version"},
      Text{"compiler_flags", "flags of the build"},
      Text{"build_type", "CMAKE_BUILD_TYPE"},
      Text{"cmake_cache", "options of the build"},
      Text{"google_benchmark", "version"},
      Text{"hdf5", "version"},
      Text{"mpi_library", "MPI_Get_library_version"},
      Text{"mpi_standard", "MPI_Get_version"},
      Text{"opencl_loader", "version of the ICD loader"},
      Text{"nvrtc", "version; empty where there is none"},
      Text{"nvml", "version; empty where there is none"},
      Text{"slurm_env", "SLURM_ variables of the job, its tasks and its binding, a line each"},
      Text{"env",
           "variables that steer MPI, CUDA, OpenCL and OpenMP, a line each; never all of "
           "the environment"},
      Text{"planted_faults",
           "CARDWISE_FAULT: the run was spoiled on purpose and is no "
           "measurement; empty otherwise"}};
  return texts;
}

std::span<const CaseArray> case_arrays() {
  using enum Kind;
  static constexpr std::array arrays = {
      CaseArray{"rank", "rank", "i4", "", "world ranks that took part", scale},
      CaseArray{"sample", "sample", "i4", "", "0, 1, 2, ...", scale},
      CaseArray{"round", "round", "i4", "", "round of each visit", scale},
      CaseArray{"time_ns", "rank sample", "i8", "ns",
                "the whole window of launches_per_sample launches; -1 where flag 0 is set",
                samples},
      CaseArray{"flags", "rank sample", "u2", "", "bits, see below", samples},
      CaseArray{"sample_round", "sample", "u1", "", "the round of a sample", samples},
      CaseArray{"host_ns", "rank round", "i8", "ns",
                "the block's windows by the host's clock; device-clocked cases only", timing},
      CaseArray{"result_checksum", "rank round", "u8", "", "of deterministic outputs, else 0",
                state},
      CaseArray{"median_ns", "rank round", "f8", "ns", "median window of the valid samples",
                timing},
      CaseArray{"sm_mhz_before", "rank round", "f4", "MHz", "core clock before the block", state},
      CaseArray{"sm_mhz", "rank round", "f4", "MHz", "core clock after it", state},
      CaseArray{"mem_mhz", "rank round", "f4", "MHz", "memory clock after it", state},
      CaseArray{"power_w", "rank round", "f4", "W", "power after it", state},
      CaseArray{"temp_c", "rank round", "f4", "Cel", "temperature after it", state},
      CaseArray{"reasons", "rank round", "u8", "", "NVML's mask of clock event reasons", state},
      CaseArray{"start_utc_ns", "round", "i8", "ns", "start of the visit, UTC since 1970", state},
      CaseArray{"warmup_s", "round", "f8", "s", "warm-up of the visit, rank 0", state},
      CaseArray{"warmup_stable", "round", "u1", "", "1: the warm-up met its criterion", state}};
  return arrays;
}

std::span<const CaseAttribute> case_attributes() {
  static constexpr std::array attributes = {
      CaseAttribute{"case_key", "str", "as in /index"},
      CaseAttribute{"case_id", "str", "as in /index"},
      CaseAttribute{"status", "str", "as in /index"},
      CaseAttribute{"status_text", "str", "as in /index"},
      CaseAttribute{"gate", "str", "how launches were held back until all were queued"},
      CaseAttribute{"build_options", "str", "defines and options of the kernel's compiler"}};
  return attributes;
}

std::span<const CaseAttribute> wrong_attributes() {
  static constexpr std::array attributes = {
      CaseAttribute{"wrong_rank", "i4", "world rank that saw it"},
      CaseAttribute{"wrong_host", "str", "its host"},
      CaseAttribute{"wrong_index", "i8", "first wrong element; -1 unknown"},
      CaseAttribute{"wrong_count", "i8", "wrong elements"},
      CaseAttribute{"wrong_expected", "f8", "what it should be"},
      CaseAttribute{"wrong_found", "f8", "what it is"}};
  return attributes;
}

std::span<const CaseArray> recheck_arrays() {
  using enum Kind;
  static constexpr std::array arrays = {
      CaseArray{"recheck", "recheck", "i4", "", "0, 1, 2, ...", scale},
      CaseArray{"recheck_ns", "recheck", "i8", "ns", "a window of launches_per_sample launches",
                timing},
      CaseArray{"recheck_rank", "recheck", "i4", "", "world rank of the card that it is of", state},
      CaseArray{"recheck_mode", "recheck", "str", "",
                "alone, or pair: beside a middling card that works as well", state}};
  return arrays;
}

std::span<const CaseAttribute> time_attributes() {
  static constexpr std::array attributes = {
      CaseAttribute{"launches_per_sample", "i4", "B: time_ns / B is the time of a launch"},
      CaseAttribute{"resolution_ns", "f8", "of the clock"},
      CaseAttribute{"clock", "str", "device, host"},
      CaseAttribute{"coordinates", "str", "sample_round: read by xarray"}};
  return attributes;
}

std::span<const CaseAttribute> flag_attributes() {
  static constexpr std::array attributes = {
      CaseAttribute{"flag_masks", "u2", "CF convention: one mask a bit"},
      CaseAttribute{"flag_meanings", "str", "CF convention: the names, blanks between"}};
  return attributes;
}

std::span<const TelemetryArray> telemetry_arrays() {
  static constexpr std::array arrays = {TelemetryArray{"sm_mhz", "MHz", "core clock"},
                                        TelemetryArray{"power_w", "W", "power"},
                                        TelemetryArray{"temp_c", "Cel", "temperature"}};
  return arrays;
}

}  // namespace cardwise::schema
