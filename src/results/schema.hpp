// SPDX-License-Identifier: Apache-2.0
// What the result file holds beside its tables: root attributes, provenance, arrays of a case.
#pragma once

#include <array>
#include <span>
#include <tuple>

#include "core/record_fields.hpp"

namespace cardwise::schema {

/// Patch: documentation; minor: new optional objects; major: a changed meaning.
inline constexpr const char* name = "cardwise.run";
inline constexpr const char* version = "1.0.0";

/// Samples of cards are left out of /telemetry above this many ranks.
inline constexpr std::size_t telemetry_ranks_max = 1024;

/// The root's attributes, after schema_name and schema_version.
inline auto root_attributes() {
  using R = RunRecord;
  return std::tuple{
      Field{"run_id", &R::run_id, "", "UUID version 7"},
      Field{"created_utc", &R::created_utc, "", "start, ISO 8601"},
      Field{"finished_utc", &R::finished_utc, "", "end; empty before it"},
      Field{"cardwise_version", &R::cardwise_version, "", "of the program"},
      Field{"git_revision", &R::git_revision, "", "of the program's source"},
      Field{"system", &R::system, "", "name of the machine, as --system or the host name says"},
      Field{"tag", &R::tag, "", "the user's word for the run"},
      Field{"profile", &R::profile, "", "quick, standard, full"},
      Field{"exit_reason", &R::exit_reason, "",
            "killed (until the end), then done, time_budget, signal, card_lost, error"},
      Field{"complete", &R::complete, "", "1: every planned visit is stored"},
      Field{"git_dirty", &R::git_dirty, "", "1: the source had changes"},
      Field{"exit_code", &R::exit_code, "", "-1 until the end"},
      Field{"checkpoint_no", &R::checkpoint_no, "", "times the file has been made whole"},
      Field{"ranks", &R::ranks, "", "MPI ranks"},
      Field{"nodes", &R::nodes, "", "nodes"},
      Field{"seed", &R::seed, "", "of all that is random"},
      Field{"wall_s", &R::wall_s, "s", "start to now, on rank 0"},
      Field{"timed_s", &R::timed_s, "s", "between marks, on rank 0"},
      Field{"agree_s", &R::agree_s, "s", "in reductions, on rank 0"},
      Field{"verify_s", &R::verify_s, "s", "verifying, on rank 0"},
      Field{"gather_s", &R::gather_s, "s", "gathering, on rank 0"},
      Field{"write_s", &R::write_s, "s", "writing this file, on rank 0"}};
}

/// A scalar string of /provenance.
struct Text {
  const char* name;
  const char* meaning;
};
std::span<const Text> provenance();

/// Why an array of a case group exists or not, and what becomes of it in a `wrong` case.
enum class Kind { scale, samples, timing, state };

/// An array of a case group. `type` is one of i4 i8 u1 u2 u8 f4 f8; `axes` is "rank sample",
/// "round"...
struct CaseArray {
  const char* name;
  const char* axes;
  const char* type;
  const char* units;
  const char* meaning;
  Kind kind;
};
std::span<const CaseArray> case_arrays();
/// Of a case whose slowest cards were measured again only; `str` is a type here too.
std::span<const CaseArray> recheck_arrays();

/// An attribute of a case group or of one of its arrays.
struct CaseAttribute {
  const char* name;
  const char* type;
  const char* meaning;
};
std::span<const CaseAttribute> case_attributes();   ///< always there; the key's parameters follow
std::span<const CaseAttribute> wrong_attributes();  ///< of a `wrong` case only
std::span<const CaseAttribute> time_attributes();   ///< of time_ns
std::span<const CaseAttribute> flag_attributes();   ///< of flags

/// Arrays of /telemetry, [rank, tick] f4.
struct TelemetryArray {
  const char* name;
  const char* units;
  const char* meaning;
};
std::span<const TelemetryArray> telemetry_arrays();

}  // namespace cardwise::schema
